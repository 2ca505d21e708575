// SPDX-License-Identifier: Apache-2.0
#pragma once
// Limits the control frames of an HTTP/2 peer: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, frames of unknown
// types and empty DATA frames, which cost work and carry no content. An honest peer sends most of them in
// response to something: it acknowledges SETTINGS and PING, opens its windows again for content that it was
// sent, and measures bandwidth with a PING for each DATA frame it receives (gRPC). Such frames are paid from
// an allowance that grows with what the peer has to respond to; the others are paid from a token bucket. Part
// of an H2Guard (visitors) or an H2ClientSession (origins); one thread.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/base/clock.h"
#include "core/base/token_bucket.h"

namespace adit::http {

class H2ControlBudget {
 public:
  /// Beside the allowance: `burst` frames at once and `ratePerSecond` in the long run.
  H2ControlBudget(double burst, double ratePerSecond) noexcept : m_bucket(burst, ratePerSecond) {}

  /// The peer may respond to what happened with `frames` control frames.
  void allow(std::uint32_t frames) noexcept { m_allowance = std::min(m_allowance + frames, kMaxAllowance); }
  /// A request was opened, by either side: the peer may send priorities, a first window and a PING.
  void allowForRequest() noexcept { allow(kPerFrame); }
  /// The peer was sent a DATA frame with `bytes` of content.
  void allowForData(std::size_t bytes) noexcept {
    allow(kPerFrame + static_cast<std::uint32_t>(bytes / kBytesPerFrame));
  }
  /// Pays for one control frame; false if it exceeds the budget.
  bool take(Timestamp now) noexcept {
    if (m_allowance > 0) {
      --m_allowance;
      return true;
    }
    return m_bucket.take(now);
  }

 private:
  /// Window updates for the stream and for the connection, and PINGs that measure the path.
  static constexpr std::uint32_t kPerFrame = 4;
  /// A receiver that reads in small pieces may open both windows after each of them: Go's HTTP/2 library does
  /// so every 4 KiB, its older versions after each read.
  static constexpr std::size_t kBytesPerFrame = 256;
  /// The largest allowance that a peer can save up: that many frames take a few milliseconds to handle.
  static constexpr std::uint32_t kMaxAllowance = 16'384;

  TokenBucket m_bucket;
  std::uint32_t m_allowance = 0;
};

}  // namespace adit::http
