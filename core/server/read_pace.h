// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether a visitor reads fast enough what waits for it; see Pace. The clocks run only while bytes wait: a
// stream with nothing to say is idle, not slow. Part of a visitor's connection or request; one thread.

#include <cstdint>
#include <optional>
#include <utility>

#include "core/net/stream_socket.h"
#include "core/server/limits.h"
#include "core/server/pace.h"

namespace adit::server {

class ReadPace {
 public:
  /// How often to look within the time over which a rate is judged, and with that how late an end may come.
  static constexpr unsigned kLooks = 8;
  /// How often that is; never more than writeIdleTimeout / kLooks.
  [[nodiscard]] static Duration interval(const ServerLimits& limits) noexcept {
    return std::min(termsOf(limits).span(), limits.busyWriteTimeout) / kLooks;
  }

  /// Bytes begin to wait, or waited for somebody else so far.
  void begin(Timestamp now, const ServerLimits& limits) noexcept { m_pace.begin(now, termsOf(limits)); }
  /// The visitor took `count` bytes.
  void took(std::uint64_t count, Timestamp now, const ServerLimits& limits) noexcept {
    m_pace.moved(count, now, termsOf(limits));
  }
  [[nodiscard]] bool isTooSlow(Timestamp now) const noexcept { return m_pace.isTooSlow(now); }
  /// When it took something last, or bytes began to wait.
  [[nodiscard]] Timestamp last() const noexcept { return m_pace.last(); }

 private:
  static PaceTerms termsOf(const ServerLimits& limits) noexcept {
    return {limits.writeIdleTimeout, limits.readRate};
  }
  Pace m_pace;
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
  /// To be asked every ReadPace::interval() while bytes wait.
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
  /// As of the last look.
  [[nodiscard]] Timestamp last() const noexcept { return m_pace.last(); }

 private:
  ReadPace m_pace;
  std::optional<std::uint64_t> m_held;  ///< In the system's hands at the last look.
  std::uint64_t m_given = 0;            ///< Since then.
};

}  // namespace adit::server
