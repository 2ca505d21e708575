// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keeps a connection at the rate of its congestion control, on paths long enough to be paced. After each
// burst ngtcp2 says when the next may be sent, but event loops wake up a millisecond or two late. The library
// makes up for every delay, whatever its reason, by sending later packets without pacing; if the congestion
// window caused the delay, that fills the network's queue. The pacer therefore expires the library's timers
// with the time at which they were due, and credits the delay only if data was waiting for nothing but the
// timer. While there is a standing queue in the network it credits less, so that the queue drains. Part of a
// ConnectionImpl; its thread.

#include <cstddef>

#include "core/base/clock.h"
#include "core/quic/congestion.h"
#include "core/quic/ngtcp2_compat.h"
#include "core/quic/standing_queue.h"

namespace adit::quic {

class Pacer {
 public:
  /// Whether the path is paced: if its round trip is longer than 2 ms. Below that, pacing would need finer
  /// timers than a loop has. The minimum round trip counts, because a busy machine increases the mean, and
  /// pacing would then slow down a path that does not need it.
  [[nodiscard]] bool isActive() const noexcept;
  /// Must be called with each new `now` before other calls to `connection`. Returns 0, or the error of
  /// ngtcp2_conn_handle_expiry with which the connection ends.
  int catchUp(ngtcp2_conn* connection, Timestamp now) noexcept;
  /// Whether catchUp expired a timer since the last call: then there may be something to write.
  [[nodiscard]] bool takeExpired() noexcept;
  /// Bytes after which the library is asked again whether more may leave now.
  [[nodiscard]] std::size_t burst(ngtcp2_conn* connection, Congestion congestion) const noexcept;
  /// As many packets as possible were written. `dataWaits`: there is more to send; `packet`: the size of a
  /// full packet.
  void wrote(ngtcp2_conn* connection, bool dataWaits, std::size_t packet, Timestamp now) noexcept;

 private:
  [[nodiscard]] Duration credit(Duration late, Timestamp now) noexcept;

  Duration m_minRtt{};
  StandingQueue m_queue;
  Timestamp m_last{};        // the latest time the library was told
  Timestamp m_lastCredit{};  // when a delay was last considered for credit
  Duration m_debt{};         // delay that is not to be credited, while there is a standing queue
  bool m_waitsForTimer = false;
  bool m_expired = false;
};

}  // namespace adit::quic
