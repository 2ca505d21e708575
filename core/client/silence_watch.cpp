// SPDX-License-Identifier: Apache-2.0
#include "core/client/silence_watch.h"

#include <algorithm>

namespace adit::client {

namespace {

/// An acknowledgement may take this many round trips: one may be lost, and what asks for it repeated.
constexpr int kRoundTrips = 4;
constexpr Duration kLeastWait = std::chrono::milliseconds(800);
constexpr Duration kMostWait = std::chrono::seconds(4);
constexpr Duration kStep = std::chrono::seconds(1);
/// A look that comes so late comes from a process that was stopped: what it waits for may have arrived.
constexpr Duration kLate = std::chrono::milliseconds(500);

}  // namespace

Duration SilenceWatch::patience(Duration roundTrip) const noexcept {
  return m_keepAlive + std::clamp<Duration>(kRoundTrips * roundTrip, kLeastWait, kMostWait);
}

void SilenceWatch::start(Timestamp now) noexcept {
  m_since = now;
  m_moved = false;
  m_deadline = now + patience(Duration::zero());
}

bool SilenceWatch::isHeard(Timestamp lastHeard, Duration roundTrip, Timestamp now) const noexcept {
  return now - std::max(lastHeard, m_since) < patience(roundTrip);
}

SilenceWatch::Step SilenceWatch::look(Timestamp lastHeard, Duration roundTrip, Timestamp now) noexcept {
  if (now > m_deadline && now - m_deadline > kLate) m_since = now;
  if (isHeard(lastHeard, roundTrip, now)) {
    m_moved = false;
    m_deadline = std::max(lastHeard, m_since) + patience(roundTrip);
    return Step::None;
  }
  if (now < m_deadline) return Step::None;  // the last step was a moment ago
  m_deadline = now + kStep;
  if (m_moved) return Step::Replace;
  m_moved = true;
  return Step::Move;
}

}  // namespace adit::client
