// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether a visitor reads fast enough what waits for it: each byte it takes buys time, never more than
// writeIdleTimeout ahead, so that both a stop and a byte now and then come to an end. The clock runs only
// while bytes wait; a stream with nothing to say is idle, not slow. Part of a visitor's connection or
// request; one thread.

#include <cstdint>
#include <optional>
#include <utility>

#include "core/base/clock.h"
#include "core/net/stream_socket.h"
#include "core/server/limits.h"

namespace adit::server {

class ReadPace {
 public:
  /// How often within writeIdleTimeout to look, and with that how far beyond it an end may come.
  static constexpr unsigned kLooks = 8;

  /// Bytes begin to wait, or waited for somebody else so far.
  void begin(Timestamp now, const ServerLimits& limits) noexcept { m_until = now + limits.writeIdleTimeout; }
  /// The visitor took `count` bytes.
  void took(std::uint64_t count, Timestamp now, const ServerLimits& limits) noexcept {
    if (count == 0) return;
    const Timestamp most = now + limits.writeIdleTimeout;
    // A rate of 0: whatever it takes is enough. In floating point, as a count times a second may overflow.
    const double bought =
        limits.readRate == 0 ? 0 : static_cast<double>(count) / static_cast<double>(limits.readRate);
    const double needed = std::chrono::duration<double>(most - m_until).count();
    if (limits.readRate == 0 || bought >= needed) {
      m_until = most;
    } else {
      m_until += std::chrono::duration_cast<Duration>(std::chrono::duration<double>(bought));
    }
  }
  [[nodiscard]] bool isTooSlow(Timestamp now) const noexcept { return now >= m_until; }

 private:
  Timestamp m_until{};
};

/// The pace of a socket's reader. The system takes bytes in steps as large as its buffer, which a slow
/// visitor may need minutes for, so what counts is what has reached the visitor (where the system tells).
class SocketReadPace {
 public:
  void begin(Timestamp now, const ServerLimits& limits) noexcept {
    m_pace.begin(now, limits);
    m_held.reset();
    m_given = 0;
  }
  /// `count` bytes went to the system.
  void sent(std::size_t count) noexcept { m_given += count; }
  /// To be asked ReadPace::kLooks times in writeIdleTimeout while bytes wait.
  [[nodiscard]] bool isTooSlow(const net::StreamSocket& socket, Timestamp now,
                               const ServerLimits& limits) noexcept {
    const std::optional<std::size_t> held = socket.undeliveredBytes();
    const std::uint64_t given = std::exchange(m_given, 0);
    const std::optional<std::uint64_t> before = std::exchange(m_held, held);
    if (!held || !before) {
      m_pace.took(given, now, limits);
    } else if (*before + given > *held) {
      m_pace.took(*before + given - *held, now, limits);
    }
    return m_pace.isTooSlow(now);
  }

 private:
  ReadPace m_pace;
  std::optional<std::uint64_t> m_held;  ///< In the system's hands at the last look.
  std::uint64_t m_given = 0;            ///< Since then.
};

}  // namespace adit::server
