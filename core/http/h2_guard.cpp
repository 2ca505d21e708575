// SPDX-License-Identifier: Apache-2.0
#include "core/http/h2_guard.h"

#include <algorithm>
#include <cstring>

namespace adit::http {

namespace {

/// How many complete answers count towards later resets at most.
constexpr std::uint32_t kMaxAnswered = 1000;
constexpr std::uint32_t kSettingSize = 6;
/// Huffman coding and a table of 4,096 bytes compress an honest head of 32 KiB by less than this factor.
constexpr std::size_t kBombFactor = 2;
constexpr std::uint32_t kMaxBombs = 2;

}  // namespace

std::size_t H2Guard::nextPiece(ByteView data, std::optional<H2FrameHeader>& header) noexcept {
  header.reset();
  if (m_prefaceSeen < kH2Preface) {
    const std::size_t count = std::min(kH2Preface - m_prefaceSeen, data.size());
    m_prefaceSeen += count;
    return count;
  }
  std::size_t used = 0;
  if (m_payloadLeft == 0) {
    used = std::min(kH2FrameHeader - m_headerSize, data.size());
    std::memcpy(m_header + m_headerSize, data.data(), used);
    m_headerSize += used;
    if (m_headerSize < kH2FrameHeader) return used;
    m_headerSize = 0;
    const std::uint8_t* h = m_header;
    header =
        H2FrameHeader{static_cast<std::uint32_t>(h[0]) << 16 | static_cast<std::uint32_t>(h[1]) << 8 | h[2],
                      static_cast<H2FrameType>(h[3]), h[4],
                      (static_cast<std::uint32_t>(h[5]) << 24 | static_cast<std::uint32_t>(h[6]) << 16 |
                       static_cast<std::uint32_t>(h[7]) << 8 | h[8]) &
                          0x7fffffffU};
    m_payloadLeft = header->length;
  }
  const std::size_t payload = std::min(m_payloadLeft, data.size() - used);
  m_payloadLeft -= payload;
  return used + payload;
}

const H2Guard::Closed* H2Guard::findClosed(std::uint32_t stream) const noexcept {
  const auto found = std::find_if(m_closed.begin(), m_closed.end(),
                                  [stream](const Closed& closed) { return closed.stream == stream; });
  return found == m_closed.end() ? nullptr : &*found;
}

void H2Guard::streamClosed(std::uint32_t stream, bool byUs) noexcept {
  if (findClosed(stream) != nullptr) return;  // noted already when we reset it
  m_closed[m_closedNext] = {stream, byUs};
  m_closedNext = (m_closedNext + 1) % m_closed.size();
}

void H2Guard::answered() noexcept { m_answered = std::min(m_answered + 1, kMaxAnswered); }

std::optional<H2Error> H2Guard::takeControl(Timestamp now) noexcept {
  if (m_control.take(now)) return std::nullopt;
  return H2Error::EnhanceYourCalm;
}

std::optional<H2Error> H2Guard::countReset(Timestamp now) noexcept {
  if (m_resets.take(now)) return std::nullopt;
  return H2Error::EnhanceYourCalm;
}

std::optional<H2Error> H2Guard::countOversizedBlock(std::size_t decodedBytes) noexcept {
  const bool isBomb = decodedBytes > m_limits.headerBlockBytes && decodedBytes / kBombFactor > m_blockBytes;
  if (!isBomb || ++m_bombs <= kMaxBombs) return std::nullopt;
  return H2Error::EnhanceYourCalm;
}

/// Resetting a stream that is over costs nothing: gRPC clients do so for each call whose answer was complete
/// before their request was, and their reset may cross ours.
std::optional<H2Error> H2Guard::checkReset(const H2FrameHeader& frame, bool streamIsOpen,
                                           Timestamp now) noexcept {
  if (!streamIsOpen && frame.stream != 0 && frame.stream <= m_lastStream) return takeControl(now);
  if (m_answered > 0) {
    --m_answered;
    return std::nullopt;
  }
  return countReset(now);
}

std::optional<H2Error> H2Guard::checkHeaders(const H2FrameHeader& frame, bool streamIsOpen) noexcept {
  if (frame.stream == 0) return H2Error::ProtocolError;
  if (frame.type == H2FrameType::Headers) {
    m_blockBytes = frame.length;
    m_blockFrames = 0;
    if (frame.stream > m_lastStream) {
      m_lastStream = frame.stream;
      m_control.allowForRequest();
    } else if (!streamIsOpen && frame.stream <= m_ignoreAfter) {
      // RFC 9113 section 5.1: trailers may cross our reset; nothing else is allowed.
      const Closed* closed = findClosed(frame.stream);
      if (closed == nullptr) return H2Error::ProtocolError;
      if (!closed->byUs) return H2Error::StreamClosed;
    }
  } else {
    m_blockBytes += frame.length;
    if (++m_blockFrames > m_limits.continuations) return H2Error::EnhanceYourCalm;
  }
  m_blockOpen = (frame.flags & kH2EndHeaders) == 0;
  if (m_blockBytes > m_limits.headerBlockBytes) return H2Error::EnhanceYourCalm;
  return std::nullopt;
}

std::optional<H2Error> H2Guard::check(const H2FrameHeader& frame, bool streamIsOpen, Timestamp now) noexcept {
  if (m_blockOpen && frame.type != H2FrameType::Continuation) return H2Error::ProtocolError;
  switch (frame.type) {
    case H2FrameType::Headers:
      return checkHeaders(frame, streamIsOpen);
    case H2FrameType::Continuation:
      if (!m_blockOpen) return H2Error::ProtocolError;
      return checkHeaders(frame, streamIsOpen);
    case H2FrameType::Data:
      if (!streamIsOpen && frame.stream <= m_ignoreAfter) {
        if (frame.stream == 0 || frame.stream > m_lastStream) return H2Error::ProtocolError;
        const Closed* closed = findClosed(frame.stream);
        if (closed == nullptr || !closed->byUs) return H2Error::StreamClosed;
      }
      if (frame.length == 0 && (frame.flags & kH2EndStream) == 0) return takeControl(now);
      return std::nullopt;
    case H2FrameType::RstStream:
      return checkReset(frame, streamIsOpen, now);
    case H2FrameType::Settings:
      if (frame.length > m_limits.settingsEntries * kSettingSize) return H2Error::EnhanceYourCalm;
      return takeControl(now);
    case H2FrameType::WindowUpdate:
    case H2FrameType::Ping:
      break;
    case H2FrameType::Priority:
      if (frame.stream == 0) return H2Error::ProtocolError;  // RFC 9113 section 6.3
      break;
    case H2FrameType::PushPromise:
    case H2FrameType::GoAway:
      break;
  }
  return takeControl(now);
}

}  // namespace adit::http
