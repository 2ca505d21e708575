// SPDX-License-Identifier: Apache-2.0
#include "core/quic/stop_sending_scan.h"

#include <cstring>

namespace adit::quic {

namespace {

class Cursor {
 public:
  explicit Cursor(ByteView bytes) noexcept : m_at(bytes.data()), m_end(bytes.data() + bytes.size()) {}
  [[nodiscard]] bool atEnd() const noexcept { return m_at == m_end; }
  [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(m_end - m_at); }
  std::uint8_t byte() noexcept { return *m_at++; }
  bool skip(std::uint64_t count) noexcept {
    if (count > left()) return false;
    m_at += count;
    return true;
  }
  bool varint(std::uint64_t& value) noexcept {
    if (atEnd()) return false;
    const std::size_t length = std::size_t{1} << (*m_at >> 6);
    if (length > left()) return false;
    value = *m_at & 0x3fU;
    for (std::size_t i = 1; i < length; ++i) value = (value << 8) | m_at[i];
    m_at += length;
    return true;
  }
  bool skipVarints(std::uint64_t count) noexcept {
    for (std::uint64_t value = 0; count > 0; --count) {
      if (!varint(value)) return false;
    }
    return true;
  }
  /// A length and that many bytes.
  bool skipBlock() noexcept {
    std::uint64_t length = 0;
    return varint(length) && skip(length);
  }

 private:
  const std::uint8_t* m_at;
  const std::uint8_t* m_end;
};

bool skipAck(Cursor& cursor, bool withEcn) noexcept {
  std::uint64_t ranges = 0;
  return cursor.skipVarints(2) && cursor.varint(ranges) && ranges <= cursor.left() &&
         cursor.skipVarints(1 + 2 * ranges) && (!withEcn || cursor.skipVarints(3));
}

bool skipStream(Cursor& cursor, std::uint8_t type) noexcept {
  constexpr std::uint8_t kOffsetBit = 0x04, kLengthBit = 0x02;
  if (!cursor.skipVarints((type & kOffsetBit) != 0 ? 2 : 1)) return false;
  return (type & kLengthBit) != 0 ? cursor.skipBlock() : cursor.skip(cursor.left());
}

bool skipFrame(Cursor& cursor, std::uint8_t type) noexcept {
  switch (type) {
    case 0x00:  // PADDING
    case 0x01:  // PING
    case 0x1e:  // HANDSHAKE_DONE
      return true;
    case 0x02:
      return skipAck(cursor, false);
    case 0x03:
      return skipAck(cursor, true);
    case 0x04:
      return cursor.skipVarints(3);  // RESET_STREAM
    case 0x06:
      return cursor.skipVarints(1) && cursor.skipBlock();  // CRYPTO
    case 0x07:
      return cursor.skipBlock();  // NEW_TOKEN
    case 0x10:                    // MAX_DATA
    case 0x12:                    // MAX_STREAMS
    case 0x13:
    case 0x14:  // DATA_BLOCKED
    case 0x16:  // STREAMS_BLOCKED
    case 0x17:
    case 0x19:  // RETIRE_CONNECTION_ID
      return cursor.skipVarints(1);
    case 0x11:  // MAX_STREAM_DATA
    case 0x15:  // STREAM_DATA_BLOCKED
      return cursor.skipVarints(2);
    case 0x18: {  // NEW_CONNECTION_ID
      constexpr std::uint64_t kResetToken = 16;
      if (!cursor.skipVarints(2) || cursor.atEnd()) return false;
      return cursor.skip(cursor.byte() + kResetToken);
    }
    case 0x1a:  // PATH_CHALLENGE
    case 0x1b:  // PATH_RESPONSE
      return cursor.skip(8);
    default:
      return (type & 0xf8U) == 0x08U && skipStream(cursor, type);
  }
}

}  // namespace

void scanStopSending(ByteView payload, std::vector<StopSendingFrame>& found) {
  Cursor cursor(payload);
  while (!cursor.atEnd()) {
    const std::uint8_t type = cursor.byte();
    if (type != 0x05) {
      if (!skipFrame(cursor, type)) return;
      continue;
    }
    std::uint64_t stream = 0, code = 0;
    if (!cursor.varint(stream) || !cursor.varint(code)) return;
    found.push_back({static_cast<std::int64_t>(stream), code});
  }
}

}  // namespace adit::quic
