// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "core/wire/http_frames.h"
#include "core/wire/varint.h"

namespace adit::wire {
namespace {

constexpr std::uint64_t kLastKnownType = static_cast<std::uint64_t>(FrameType::Trailers);
constexpr std::size_t kKeptCapacity = 4 * 1024;  // a pooled stream does not keep the buffer of a giant head

/// Type and length at the front of `data`; 0 where they are not complete.
std::size_t readFrameHeader(ByteView data, std::uint64_t& type, std::uint64_t& length) noexcept {
  const std::size_t typeSize = readVarint(data, type);
  if (typeSize == 0) return 0;
  const std::size_t lengthSize = readVarint(data.subspan(typeSize), length);
  return lengthSize == 0 ? 0 : typeSize + lengthSize;
}

}  // namespace

std::size_t writeFrameHeader(FrameType type, std::uint64_t length, std::uint8_t* room) noexcept {
  room[0] = static_cast<std::uint8_t>(type);
  return 1 + writeVarint(length, room + 1);
}

void FrameReader::reset() noexcept {
  m_partial.clear();
  if (m_partial.capacity() > kKeptCapacity) m_partial.shrink_to_fit();
  m_remaining = 0;
  m_unknownFrames = 0;
  m_state = State::Header;
  m_phase = Phase::Start;
  m_headerSize = 0;
}

Result<> FrameReader::feed(ByteView data, Handler& handler) {
  while (!data.empty()) {
    if (m_state != State::Header) {
      if (auto result = feedPayload(data, handler); !result) return result;
      continue;
    }
    std::uint64_t type = 0;
    std::uint64_t length = 0;
    if (m_headerSize == 0) {
      if (const std::size_t size = readFrameHeader(data, type, length); size != 0) {
        data = data.subspan(size);
        if (auto result = beginFrame(type, length); !result) return result;
        // A payload that is all there, or empty, is handed over now: an empty one has no byte to come.
        if (m_state == State::Payload && m_remaining <= data.size()) {
          if (auto result = feedPayload(data, handler); !result) return result;
        }
        continue;
      }
    }
    // The header comes in pieces: byte by byte until it is whole.
    m_header[m_headerSize++] = data.front();
    data = data.subspan(1);
    if (readFrameHeader({m_header, m_headerSize}, type, length) == 0) continue;
    m_headerSize = 0;
    if (auto result = beginFrame(type, length); !result) return result;
    if (m_state == State::Payload && m_remaining == 0) {
      if (auto result = feedPayload(data, handler); !result) return result;
    }
  }
  return {};
}

Result<> FrameReader::beginFrame(std::uint64_t type, std::uint64_t length) {
  m_remaining = length;
  if (type > kLastKnownType) {
    if (length > kMaxHeadPayload) return fail(ErrorCode::LimitExceeded, "an unknown frame that is too long");
    if (++m_unknownFrames > kMaxUnknownFrames)
      return fail(ErrorCode::LimitExceeded, "too many unknown frames");
    m_state = length == 0 ? State::Header : State::Skip;
    return {};
  }
  m_type = static_cast<FrameType>(type);
  bool ordered = false;
  switch (m_type) {
    case FrameType::Data:
      ordered = m_phase == Phase::Content;
      break;
    case FrameType::InterimHead:
      ordered = m_phase <= Phase::Interim;
      m_phase = Phase::Interim;
      break;
    case FrameType::ResponseHead:
      ordered = m_phase <= Phase::Interim;
      m_phase = Phase::Content;
      break;
    case FrameType::RequestHead:
      ordered = m_phase == Phase::Start;
      m_phase = Phase::Content;
      break;
    case FrameType::Trailers:
      ordered = m_phase == Phase::Content;
      m_phase = Phase::Trailers;
      break;
  }
  if (!ordered) return fail(ErrorCode::ProtocolViolation, "a frame out of order", static_cast<long>(type));
  if (m_type == FrameType::Data) {
    m_state = length == 0 ? State::Header : State::Body;
    return {};
  }
  if (length > kMaxHeadPayload) return fail(ErrorCode::LimitExceeded, "a head that is too long");
  m_state = State::Payload;
  return {};
}

Result<> FrameReader::feedPayload(ByteView& data, Handler& handler) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(m_remaining, data.size()));
  const ByteView piece = data.first(count);
  data = data.subspan(count);
  m_remaining -= count;
  const State state = m_state;
  if (m_remaining == 0) m_state = State::Header;
  if (state == State::Skip) return {};
  if (state == State::Body) return handler.onBody(piece);
  if (m_remaining == 0 && m_partial.empty()) return handler.onFrame(m_type, piece);
  m_partial.append(asText(piece));
  if (m_remaining != 0) return {};
  Result<> result = handler.onFrame(m_type, asBytes(m_partial));
  m_partial.clear();
  if (m_partial.capacity() > kKeptCapacity) m_partial.shrink_to_fit();
  return result;
}

}  // namespace adit::wire
