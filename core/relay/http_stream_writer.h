// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes the frames of an HTTP stream (PROTOCOL.md section 4) to a transport::Stream: heads are encoded
// directly into a pooled slab, and body slices follow a small frame header without being copied. Free
// functions; one loop's thread.

#include <span>

#include "core/base/slab.h"
#include "core/transport/stream.h"
#include "core/wire/http_frames.h"
#include "core/wire/stream_head.h"

namespace adit::relay {

/// Writes the stream head and a RequestHead frame. False, and nothing was sent, if the head's payload is
/// larger than a frame may be (wire::kMaxHeadPayload, 64 KiB).
[[nodiscard]] bool sendRequestHead(transport::Stream& stream, SlabWriter& writer,
                                   const wire::StreamHead& streamHead, const wire::RequestHeadFrame& frame);
/// Writes a ResponseHead or InterimHead frame; false as above.
[[nodiscard]] bool sendResponseHead(transport::Stream& stream, SlabWriter& writer, wire::FrameType type,
                                    const wire::ResponseHeadFrame& frame);
/// Writes one Data frame.
void sendData(transport::Stream& stream, SlabWriter& writer, Slice data);
/// Writes a Trailers frame; nothing (and returns true) if there are no fields that trailers may carry. False,
/// and nothing was sent, if they are larger than a frame may be: the message cannot be completed then, so
/// reset the stream.
[[nodiscard]] bool sendTrailers(transport::Stream& stream, SlabWriter& writer,
                                std::span<const http::Field> fields);

}  // namespace adit::relay
