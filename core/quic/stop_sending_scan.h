// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finds STOP_SENDING frames (RFC 9000 section 19.5) in the plaintext of a 1-RTT packet. ngtcp2 answers the
// frame by itself but tells nobody that it came, nor its code; a relay must know at once that a visitor is
// gone. Pure.

#include <cstdint>
#include <vector>

#include "core/base/slab.h"

namespace adit::quic {

struct StopSendingFrame {
  std::int64_t stream = -1;
  std::uint64_t code = 0;
};

/// Appends the frames found in `payload`; stops at the first byte it does not understand, which ngtcp2 will
/// refuse.
void scanStopSending(ByteView payload, std::vector<StopSendingFrame>& found);

}  // namespace adit::quic
