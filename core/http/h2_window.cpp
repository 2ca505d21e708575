// SPDX-License-Identifier: Apache-2.0
#include "core/http/h2_window.h"

namespace adit::http {

namespace {

/// Below this a window of a megabyte is good for 200 MB/s; and clocks of loops are too coarse to tell.
constexpr Duration kFar = std::chrono::milliseconds(5);

}  // namespace

bool H2WindowBudget::take(std::size_t bytes) noexcept {
  if (bytes > left()) return false;
  m_taken += bytes;
  return true;
}

void H2Window::start(std::uint32_t size) noexcept {
  m_size = size;
  m_consumed = 0;
  m_since = {};
}

bool H2Window::isShort(Timestamp now, Duration roundTrip) noexcept {
  if (m_since == Timestamp{}) m_since = now;
  if (m_consumed < m_size / 2) return false;
  const Duration took = now - m_since;
  m_consumed = 0;
  m_since = now;
  return roundTrip >= kFar && took < roundTrip;
}

}  // namespace adit::http
