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

/// Stream head and RequestHead frame in one piece. False when the head is too large for a frame (> kSlabSize
/// encoded); nothing was sent then.
bool sendRequestHead(transport::Stream& stream, SlabWriter& writer, const wire::StreamHead& streamHead,
                     const wire::RequestHeadFrame& frame);
/// ResponseHead or InterimHead frame; false as above.
bool sendResponseHead(transport::Stream& stream, SlabWriter& writer, wire::FrameType type,
                      const wire::ResponseHeadFrame& frame);
/// One Data frame.
void sendData(transport::Stream& stream, SlabWriter& writer, Slice data);
/// Trailers frame; nothing for no fields.
void sendTrailers(transport::Stream& stream, SlabWriter& writer, std::span<const http::Field> fields);

}  // namespace adit::relay
