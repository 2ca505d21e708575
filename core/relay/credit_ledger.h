// SPDX-License-Identifier: Apache-2.0
#pragma once
// Returns a stream's flow-control credit when its bytes have left the socket on which they were queued. The
// socket also carries bytes that did not come from the stream (heads, chunk framing), so the ledger is
// conservative: it counts all queued bytes as the stream's. Part of a relaying object; one thread.

#include <algorithm>
#include <cstddef>

#include "core/transport/stream.h"

namespace adit::relay {

class CreditLedger {
 public:
  /// `count` bytes of the stream were queued on the socket.
  void queued(std::size_t count) noexcept { m_uncredited += count; }
  /// The socket now has `stillQueued` bytes left: returns credit for the rest.
  void sent(transport::Stream* stream, std::size_t stillQueued) {
    const std::size_t held = std::min(m_uncredited, stillQueued);
    const std::size_t due = m_uncredited - held;
    m_uncredited = held;
    if (due > 0 && stream != nullptr) stream->consume(due);
  }
  /// The exchange is over: returns all credit.
  void settle(transport::Stream* stream) { sent(stream, 0); }

 private:
  std::size_t m_uncredited = 0;
};

}  // namespace adit::relay
