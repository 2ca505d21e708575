// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keeps a connection at the rate its congestion control asks for, on paths long enough to be paced. ngtcp2
// says after each burst when the next may leave, but event loops wake up a millisecond or two late, and the
// library makes up for every delay, whatever its reason, by letting later packets go unpaced: after a time
// in which the congestion window was the limit that fills the network's queue. The pacer therefore lets the
// library's timers expire as of when they were due, and credits the delay only where the timer alone was
// what data waited for. While a queue stands in the network it credits less, so that the queue drains. Part
// of a ConnectionImpl; its thread.

#include <cstddef>

#include "core/base/clock.h"
#include "core/quic/congestion.h"
#include "core/quic/ngtcp2_compat.h"
#include "core/quic/standing_queue.h"

namespace adit::quic {

class Pacer {
 public:
  /// Whether the path is paced: from a round trip of 2 ms on. Below that it would need finer timers than a
  /// loop has. It is the least round trip that counts: a mean swollen by a busy machine would slow down a
  /// path that could do without.
  [[nodiscard]] bool isActive() const noexcept;
  /// To be called with each new `now` before anything else is asked of `connection`. Returns what
  /// ngtcp2_conn_handle_expiry does: 0, or why the connection ends.
  int catchUp(ngtcp2_conn* connection, Timestamp now) noexcept;
  /// Whether catchUp let a timer expire since the last call: then there may be something to write.
  [[nodiscard]] bool takeExpired() noexcept;
  /// Bytes after which the library is asked again whether more may leave now.
  [[nodiscard]] std::size_t burst(ngtcp2_conn* connection, Congestion congestion) const noexcept;
  /// Packets were written as far as possible. `dataWaits`: there are streams with more to send; `packet`: the
  /// size of a full one.
  void wrote(ngtcp2_conn* connection, bool dataWaits, std::size_t packet, Timestamp now) noexcept;

 private:
  [[nodiscard]] Duration credit(Duration late, Timestamp now) noexcept;

  Duration m_minRtt{};
  StandingQueue m_queue;
  Timestamp m_last{};        // the latest time the library was told
  Timestamp m_lastCredit{};  // when a delay was last looked at
  Duration m_debt{};         // of what is not credited, while a queue stands
  bool m_waitsForTimer = false;
  bool m_expired = false;
};

}  // namespace adit::quic
