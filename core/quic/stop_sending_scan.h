// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finds STOP_SENDING frames (RFC 9000 section 19.5) in the plaintext of a 1-RTT packet. ngtcp2 responds to
// the frame by itself but does not report it or its code to the application; a relay must learn at once that
// a visitor is gone. Pure.

#include <cstdint>
#include <vector>

#include "core/base/slab.h"

namespace adit::quic {

struct StopSendingFrame {
  std::int64_t stream = -1;
  std::uint64_t code = 0;
};

/// Appends the frames found in `payload`. Stops at the first frame that it does not know, which ngtcp2 will
/// reject.
void scanStopSending(ByteView payload, std::vector<StopSendingFrame>& found);

}  // namespace adit::quic
