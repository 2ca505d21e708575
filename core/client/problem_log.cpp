// SPDX-License-Identifier: Apache-2.0
#include "core/client/problem_log.h"

#include <algorithm>
#include <utility>

namespace adit::client {

namespace {

/// Between two reports of one cause.
constexpr Duration kInterval = std::chrono::seconds(10);
/// Between two reports of one tunnel, whatever the causes: two that alternate are no news each time.
constexpr Duration kShortest = std::chrono::seconds(1);

}  // namespace

std::optional<OriginProblem> ProblemLog::add(OriginProblem problem, Timestamp now) {
  const auto [found, isFirst] = m_tunnels.try_emplace(problem.tunnel);
  Told& told = found->second;
  const bool isNews = told.code != problem.code || told.message != problem.message;
  told.last = std::move(problem);
  ++told.waiting;
  if (!isFirst && now - told.at < (isNews ? kShortest : kInterval)) return std::nullopt;
  return tell(told, now);
}

const OriginProblem& ProblemLog::tell(Told& told, Timestamp now) {
  told.at = now;
  told.code = told.last.code;
  told.message = told.last.message;
  told.last.requests = std::exchange(told.waiting, 0);
  return told.last;
}

Timestamp ProblemLog::due() const noexcept {
  Timestamp due = kNever;
  for (const auto& [tunnel, told] : m_tunnels) {
    if (told.waiting > 0) due = std::min(due, told.at + kInterval);
  }
  return due;
}

std::vector<OriginProblem> ProblemLog::takeDue(Timestamp now) {
  std::vector<OriginProblem> taken;
  for (auto& [tunnel, told] : m_tunnels) {
    if (told.waiting == 0 || now - told.at < kInterval) continue;
    taken.push_back(tell(told, now));
  }
  return taken;
}

}  // namespace adit::client
