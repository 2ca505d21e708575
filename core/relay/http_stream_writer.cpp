// SPDX-License-Identifier: Apache-2.0
#include "core/relay/http_stream_writer.h"

#include <cstring>
#include <memory>
#include <utility>

namespace adit::relay {

namespace {

/// Less content than this is copied behind its frame header, so that thousands of small waiting frames take
/// the memory of their bytes only, and not that of as many slices and of the slabs they lie in.
constexpr std::size_t kWorthASlice = 512;

/// Encodes prefix, frame header and payload. A head larger than a slab is rare (large cookies): it is built
/// on the heap and copied in pieces.
template <typename WritePayload>
bool sendFrame(transport::Stream& stream, SlabWriter& writer, ByteView prefix, wire::FrameType type,
               std::size_t payloadSize, WritePayload&& writePayload) {
  if (payloadSize > wire::kMaxHeadPayload) return false;
  const std::size_t most = prefix.size() + wire::kMaxFrameHeader + payloadSize;
  const auto fill = [&](std::uint8_t* room) {
    std::size_t at = prefix.size();
    if (at > 0) std::memcpy(room, prefix.data(), at);
    at += wire::writeFrameHeader(type, payloadSize, room + at);
    writePayload(room + at);
    return at + payloadSize;
  };
  if (most <= kSlabSize) {
    std::uint8_t* room = writer.reserve(most).data();
    stream.send(writer.commit(fill(room)));
    return true;
  }
  const auto large = std::make_unique<std::uint8_t[]>(most);
  const std::size_t size = fill(large.get());
  writer.copyAll({large.get(), size}, [&](Slice piece) { stream.send(std::move(piece)); });
  return true;
}

}  // namespace

bool sendRequestHead(transport::Stream& stream, SlabWriter& writer, const wire::StreamHead& streamHead,
                     const wire::RequestHeadFrame& frame) {
  std::uint8_t prefix[wire::kMaxStreamHead];
  const std::size_t prefixSize = wire::writeStreamHead(streamHead, prefix);
  return sendFrame(stream, writer, {prefix, prefixSize}, wire::FrameType::RequestHead,
                   wire::requestHeadSize(frame),
                   [&](std::uint8_t* room) { wire::writeRequestHead(frame, room); });
}

bool sendResponseHead(transport::Stream& stream, SlabWriter& writer, wire::FrameType type,
                      const wire::ResponseHeadFrame& frame) {
  return sendFrame(stream, writer, {}, type, wire::responseHeadSize(frame),
                   [&](std::uint8_t* room) { wire::writeResponseHead(frame, room); });
}

void sendData(transport::Stream& stream, SlabWriter& writer, Slice data) {
  if (data.empty()) return;
  const bool join = data.size() < kWorthASlice;
  std::uint8_t* room = writer.reserve(wire::kMaxFrameHeader + (join ? data.size() : 0)).data();
  const std::size_t header = wire::writeFrameHeader(wire::FrameType::Data, data.size(), room);
  if (join) {
    std::memcpy(room + header, data.data(), data.size());
    stream.send(writer.commit(header + data.size()));
    return;
  }
  stream.send(writer.commit(header));
  stream.send(std::move(data));
}

bool sendTrailers(transport::Stream& stream, SlabWriter& writer, std::span<const http::Field> fields) {
  const std::size_t size = wire::trailersSize(fields);
  if (size == 0) return true;
  return sendFrame(stream, writer, {}, wire::FrameType::Trailers, size,
                   [&](std::uint8_t* room) { wire::writeTrailers(fields, room); });
}

}  // namespace adit::relay
