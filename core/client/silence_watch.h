// SPDX-License-Identifier: Apache-2.0
#pragma once
// Decides from when the server was last heard whether a connection is still good. A client's connection is
// never silent for long, as its keep-alive packets are acknowledged; so silence beyond that means that the
// path, or the server, is gone, long before a heartbeat is missed. Sans-I/O: time is handed in. Owned by
// ServerLink; one thread.

#include "core/base/clock.h"

namespace adit::client {

class SilenceWatch {
 public:
  enum class Step : std::uint8_t {
    None,     ///< The server was heard.
    Move,     ///< It was not: send from another local address, which also ends the back-off of lost packets.
    Replace,  ///< Nor since then: begin a connection beside this one. Said again every second.
  };
  /// `keepAlive`: after so much silence the client sends something that the server acknowledges.
  explicit SilenceWatch(Duration keepAlive) noexcept : m_keepAlive(keepAlive) {}

  /// A connection is in use from now on.
  void start(Timestamp now) noexcept;
  /// What to do now. To be called at `deadline`, or whenever.
  Step look(Timestamp lastHeard, Duration roundTrip, Timestamp now) noexcept;
  /// Whether the server was heard lately enough, as `look` judges.
  [[nodiscard]] bool isHeard(Timestamp lastHeard, Duration roundTrip, Timestamp now) const noexcept;
  [[nodiscard]] Timestamp deadline() const noexcept { return m_deadline; }

 private:
  [[nodiscard]] Duration patience(Duration roundTrip) const noexcept;

  Duration m_keepAlive;
  Timestamp m_since{};  ///< Silence is not counted from before this.
  Timestamp m_deadline = kNever;
  bool m_moved = false;
};

}  // namespace adit::client
