// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes the frames of an HTTP stream (PROTOCOL.md section 4) to a transport::Stream: heads are encoded once
// into a pooled slab, body slices go behind a small frame header without being copied. Free functions; one
// loop's thread.

#include <span>

#include "core/base/slab.h"
#include "core/transport/stream.h"
#include "core/wire/http_frames.h"
#include "core/wire/stream_head.h"

namespace adit::relay {

/// Stream head and RequestHead frame in one piece. False when the head's payload is larger than a frame may
/// be (wire::kMaxHeadPayload, 64 KiB); nothing was sent then.
[[nodiscard]] bool sendRequestHead(transport::Stream& stream, SlabWriter& writer,
                                   const wire::StreamHead& streamHead, const wire::RequestHeadFrame& frame);
/// ResponseHead or InterimHead frame; false as above.
[[nodiscard]] bool sendResponseHead(transport::Stream& stream, SlabWriter& writer, wire::FrameType type,
                                    const wire::ResponseHeadFrame& frame);
/// One Data frame.
void sendData(transport::Stream& stream, SlabWriter& writer, Slice data);
/// Trailers frame; nothing, and true, for no fields that trailers may carry. False when they are larger than
/// a frame may be; nothing was sent then, and the message cannot be completed: reset the stream.
[[nodiscard]] bool sendTrailers(transport::Stream& stream, SlabWriter& writer,
                                std::span<const http::Field> fields);

}  // namespace adit::relay
