// SPDX-License-Identifier: Apache-2.0
#include "core/client/problem_log.h"

#include <algorithm>
#include <utility>

namespace adit::client {

namespace {

/// Between two reports of one cause.
constexpr Duration kInterval = std::chrono::seconds(10);
/// Between two reports of one tunnel.
constexpr Duration kShortest = std::chrono::seconds(1);
/// Kept apart for each tunnel; requests of further causes count for the newest of them.
constexpr std::size_t kMaxCauses = 8;

bool isSameCause(const OriginProblem& one, const OriginProblem& other) {
  return one.status == other.status && one.code == other.code && one.message == other.message;
}

}  // namespace

ProblemLog::Cause& ProblemLog::causeOf(Tunnel& tunnel, OriginProblem problem) {
  std::vector<Cause>& causes = tunnel.causes;
  auto found = std::ranges::find_if(
      causes, [&problem](const Cause& cause) { return isSameCause(cause.newest, problem); });
  if (found == causes.end() && causes.size() == kMaxCauses) {
    // Replace the cause that was told the longest ago; all that wait are counted on.
    found = std::ranges::min_element(causes, {}, [](const Cause& cause) {
      return std::pair(cause.waiting > 0, cause.toldAt.value_or(kNever));
    });
    if (found->waiting == 0) found->toldAt.reset();
  }
  if (found == causes.end()) found = causes.insert(causes.end(), Cause{});
  found->newest = std::move(problem);
  ++found->waiting;
  return *found;
}

Timestamp ProblemLog::dueAt(const Tunnel& tunnel, const Cause& cause) noexcept {
  Timestamp due{};
  if (tunnel.toldAt) due = *tunnel.toldAt + kShortest;
  if (cause.toldAt) due = std::max(due, *cause.toldAt + kInterval);
  return due;
}

const OriginProblem& ProblemLog::tell(Tunnel& tunnel, Cause& cause, Timestamp now) {
  tunnel.toldAt = now;
  cause.toldAt = now;
  cause.newest.requests = std::exchange(cause.waiting, 0);
  return cause.newest;
}

std::optional<OriginProblem> ProblemLog::add(OriginProblem problem, Timestamp now) {
  Tunnel& tunnel = m_tunnels[problem.tunnel];
  Cause& cause = causeOf(tunnel, std::move(problem));
  if (now < dueAt(tunnel, cause)) return std::nullopt;
  return tell(tunnel, cause, now);
}

Timestamp ProblemLog::due() const noexcept {
  Timestamp due = kNever;
  for (const auto& [id, tunnel] : m_tunnels) {
    for (const Cause& cause : tunnel.causes) {
      if (cause.waiting > 0) due = std::min(due, dueAt(tunnel, cause));
    }
  }
  return due;
}

std::vector<OriginProblem> ProblemLog::takeDue(Timestamp now) {
  std::vector<OriginProblem> taken;
  for (auto& [id, tunnel] : m_tunnels) {
    for (Cause& cause : tunnel.causes) {
      // One report at a time: the next cause of this tunnel is due a second later.
      if (cause.waiting > 0 && now >= dueAt(tunnel, cause)) taken.push_back(tell(tunnel, cause, now));
    }
  }
  return taken;
}

}  // namespace adit::client
