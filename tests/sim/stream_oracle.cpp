// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/stream_oracle.h"

#include <algorithm>

#include "tests/sim/control_parser.h"

namespace adit::sim {

namespace {

constexpr std::uint64_t kData = 0, kRequestHead = 1, kResponseHead = 2, kInterimHead = 3, kTrailers = 4;
constexpr std::uint64_t kNone = 0, kLength = 1, kChunked = 2;
constexpr std::uint64_t kWebSocketFlag = 4;
constexpr std::uint8_t kHeadMethod = 2;

}  // namespace

void StreamOracle::onSent(ByteView data, bool fin) {
  if (m_finished || m_reset) blame("bytes behind the end (RFC 9000)");
  m_unread += asText(data);
  while (readFrame()) {
  }
  if (fin) onEnd();
}

bool StreamOracle::readFrame() {
  std::string_view rest = m_unread;
  std::uint64_t type = 0, length = 0;
  if (!takeVarint(rest, type) || !takeVarint(rest, length)) return false;
  if (rest.size() < length) return false;
  const std::string_view payload = rest.substr(0, length);
  if (m_phase == Phase::StreamHead && m_side == Side::Server) {
    if (type != 2) blame("section 3: a request's stream begins with kind 2");
    if (length > 62) blame("section 3: a stream head of more than 62 bytes");
    m_phase = Phase::Head;
  } else {
    if (m_phase == Phase::StreamHead) m_phase = Phase::Head;
    onFrame(type, payload);
  }
  m_unread.erase(0, m_unread.size() - rest.size() + length);
  return true;
}

void StreamOracle::onFrame(std::uint64_t type, std::string_view payload) {
  switch (type) {
    case kData:
      if (m_phase != Phase::Content) return blame("section 4.1: Data out of order");
      m_content += payload.size();
      if (m_upgraded || (m_side == Side::Server && m_webSocket)) return;
      if (m_framing == kNone && !payload.empty()) blame("section 4.1: Data with framing None");
      if (m_framing == kLength && m_content > m_length) blame("section 4.1: more Data than announced");
      return;
    case kRequestHead:
    case kResponseHead:
    case kInterimHead:
      return onHead(type, payload);
    case kTrailers:
      if (m_phase != Phase::Content) return blame("section 4.1: Trailers out of order");
      if (m_framing != kChunked || m_upgraded) blame("section 4.1: Trailers without framing Chunked");
      if (payload.size() > 65'536) blame("section 7: Trailers of more than 65,536 bytes");
      m_phase = Phase::Trailers;
      return;
    default:
      blame("section 4: a frame of an unknown type");
  }
}

void StreamOracle::onHead(std::uint64_t type, std::string_view payload) {
  if (m_phase != Phase::Head) return blame("section 4.1: a head out of order");
  if ((type == kRequestHead) != (m_side == Side::Server)) return blame("section 4: a head of the other side");
  if (payload.size() > 65'536) blame("section 7: a head of more than 65,536 bytes");
  if (payload.empty()) return blame("section 4: an empty head");
  const auto flags = static_cast<std::uint8_t>(payload[0]);
  payload.remove_prefix(1);
  std::uint64_t status = 0;
  if (type != kRequestHead && !takeVarint(payload, status)) return blame("section 4.3: no status");
  const std::uint64_t framing = flags & 3U;
  if (framing == 3) blame("section 4.2: framing 3");
  std::uint64_t length = 0;
  if (framing == kLength && !takeVarint(payload, length)) blame("section 4.2: no content length");
  if (type == kInterimHead) {
    if (status < 100 || status > 199 || status == 101) blame("section 4: an InterimHead of another status");
    if (framing != kNone) blame("section 4: an InterimHead with content");
    return;
  }
  if (type == kRequestHead) {
    m_webSocket = (flags & kWebSocketFlag) != 0;
    if (m_webSocket && framing != kNone) blame("section 4.2: an upgrade request with content");
    m_isHead = !payload.empty() && static_cast<std::uint8_t>(payload[0]) == kHeadMethod;
  } else {
    m_upgraded = status == 101;
    if (status < 200 && !m_upgraded) blame("section 4: a ResponseHead of an interim status");
    if (m_upgraded && peer != nullptr && !peer->m_webSocket) blame("section 4.1: 101 without a request");
    if ((status == 204 || status == 304) && framing != kNone) blame("section 4.3: content with 204 or 304");
  }
  m_framing = framing;
  m_length = length;
  m_started = true;
  m_phase = Phase::Content;
}

void StreamOracle::onEnd() {
  m_finished = true;
  if (!m_unread.empty()) blame("section 4.1: FIN inside a frame");
  if (!m_started) blame("section 4.1: FIN before the final head");
  const bool counts = m_framing == kLength && !m_upgraded && !(peer != nullptr && peer->m_isHead);
  if (counts && m_content != m_length) blame("section 4.1: FIN before the announced content is whole");
}

void StreamOracle::onSentReset(transport::AppErrorCode code) {
  if (m_reset) blame("two resets");
  m_reset = true;
  m_resetCode = code;
  if (peer != nullptr && peer->m_resetCode == code) return;  // it gives back what it was told
  const bool common = code <= 0x04 || code == 0x08;
  const bool servers = code == 0x20 || code == 0x25;
  const bool clients = code >= 0x20 && code <= 0x2b && code != 0x26;
  if (!common && !(m_side == Side::Server ? servers : clients))
    blame("section 6: RESET_STREAM with code " + std::to_string(code));
}

void StreamOracle::onSentStop(transport::AppErrorCode code) {
  if (code > 0x2b) blame("section 6: STOP_SENDING with code " + std::to_string(code));
}

}  // namespace adit::sim
