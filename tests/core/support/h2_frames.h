// SPDX-License-Identifier: Apache-2.0
#pragma once
// HTTP/2 frames as bytes, so that a test can say anything to a peer, and the frames of a peer as values
// (RFC 9113 section 4). Header blocks are written without tables and read with nghttp2's inflater.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nghttp2/nghttp2.h>

namespace adit::test::h2 {

using Headers = std::vector<std::pair<std::string, std::string>>;

enum Type : std::uint8_t {
  kData,
  kHeaders,
  kPriority,
  kRstStream,
  kSettings,
  kPushPromise,
  kPing,
  kGoAway,
  kWindowUpdate,
  kContinuation
};
inline constexpr std::uint8_t kEndStream = 1, kAck = 1, kEndHeaders = 4;

inline std::string number32(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

inline std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                         std::string_view payload) {
  std::string bytes = number32(static_cast<std::uint32_t>(payload.size()) << 8 | type);
  bytes += static_cast<char>(flags);
  bytes += number32(stream);
  return bytes.append(payload);
}

/// Literal fields without indexing; names and values shorter than 16,000 bytes.
inline std::string block(const Headers& headers) {
  const auto text = [](const std::string& value) {
    std::string bytes;
    if (value.size() < 127) {
      bytes += static_cast<char>(value.size());
    } else {
      const std::size_t rest = value.size() - 127;
      bytes += static_cast<char>(127);
      bytes += static_cast<char>(0x80 | (rest & 0x7f));
      bytes += static_cast<char>(rest >> 7);
    }
    return bytes + value;
  };
  std::string bytes;
  for (const auto& [name, value] : headers) bytes += '\0' + text(name) + text(value);
  return bytes;
}

inline std::string headers(std::uint32_t stream, const Headers& fields, bool end = false) {
  return frame(kHeaders, static_cast<std::uint8_t>(kEndHeaders | (end ? kEndStream : 0)), stream,
               block(fields));
}
inline std::string data(std::uint32_t stream, std::string_view content, bool end = false) {
  return frame(kData, end ? kEndStream : 0, stream, content);
}
inline std::string settings(const std::vector<std::pair<std::uint16_t, std::uint32_t>>& entries = {}) {
  std::string payload;
  for (const auto& [id, value] : entries) {
    payload += static_cast<char>(id >> 8);
    payload += static_cast<char>(id);
    payload += number32(value);
  }
  return frame(kSettings, 0, 0, payload);
}
inline std::string settingsAck() { return frame(kSettings, kAck, 0, ""); }
inline std::string reset(std::uint32_t stream, std::uint32_t code) {
  return frame(kRstStream, 0, stream, number32(code));
}
inline std::string goAway(std::uint32_t last, std::uint32_t code = 0) {
  return frame(kGoAway, 0, 0, number32(last) + number32(code));
}
inline std::string ping(bool ack = false) { return frame(kPing, ack ? kAck : 0, 0, "12345678"); }
inline std::string windowUpdate(std::uint32_t stream, std::uint32_t bytes) {
  return frame(kWindowUpdate, 0, stream, number32(bytes));
}

struct Frame {
  std::uint8_t type = 0, flags = 0;
  std::uint32_t stream = 0;
  std::string payload;
  Headers fields;  ///< Of HEADERS.
  [[nodiscard]] bool ends() const { return (type == kData || type == kHeaders) && (flags & kEndStream) != 0; }
  [[nodiscard]] std::uint32_t number(std::size_t at = 0) const {
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + 4 && i < payload.size(); ++i)
      value = value << 8 | static_cast<std::uint8_t>(payload[i]);
    return value;
  }
  [[nodiscard]] std::string field(std::string_view name) const {
    for (const auto& [key, value] : fields) {
      if (key == name) return value;
    }
    return "(none)";
  }
};

/// Takes a client's bytes, preface first, apart.
class Reader {
 public:
  Reader() { nghttp2_hd_inflate_new(&m_inflater); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { nghttp2_hd_inflate_del(m_inflater); }

  std::vector<Frame> frames;
  bool sawPreface = false;

  void feed(std::string_view bytes) {
    m_buffer += bytes;
    constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    if (!sawPreface) {
      if (m_buffer.size() < kPreface.size()) return;
      sawPreface = m_buffer.starts_with(kPreface);
      m_buffer.erase(0, kPreface.size());
    }
    while (m_buffer.size() >= 9) {
      const auto byte = [this](std::size_t at) { return static_cast<std::uint8_t>(m_buffer[at]); };
      const std::size_t size = std::size_t{byte(0)} << 16 | std::size_t{byte(1)} << 8 | byte(2);
      if (m_buffer.size() < 9 + size) return;
      Frame next;
      next.type = byte(3);
      next.flags = byte(4);
      next.stream = (std::uint32_t{byte(5)} << 24 | std::uint32_t{byte(6)} << 16 |
                     std::uint32_t{byte(7)} << 8 | byte(8)) &
                    0x7fffffffU;
      next.payload = m_buffer.substr(9, size);
      m_buffer.erase(0, 9 + size);
      if (next.type == kHeaders) inflate(next);
      frames.push_back(std::move(next));
    }
  }
  [[nodiscard]] std::size_t count(std::uint8_t type, std::uint32_t stream = 0, bool anyStream = true) const {
    std::size_t found = 0;
    for (const Frame& each : frames)
      found += each.type == type && (anyStream || each.stream == stream) ? 1 : 0;
    return found;
  }
  /// The newest of its kind, or null.
  [[nodiscard]] const Frame* last(std::uint8_t type) const {
    for (auto at = frames.rbegin(); at != frames.rend(); ++at) {
      if (at->type == type) return &*at;
    }
    return nullptr;
  }
  [[nodiscard]] std::string content(std::uint32_t stream) const {
    std::string all;
    for (const Frame& each : frames) {
      if (each.type == kData && each.stream == stream) all += each.payload;
    }
    return all;
  }
  [[nodiscard]] bool ended(std::uint32_t stream) const {
    for (const Frame& each : frames) {
      if (each.stream == stream && each.ends()) return true;
    }
    return false;
  }

 private:
  void inflate(Frame& next) {
    std::string_view rest = next.payload;
    for (;;) {
      nghttp2_nv pair{};
      int flags = 0;
      const auto used = nghttp2_hd_inflate_hd2(
          m_inflater, &pair, &flags, reinterpret_cast<const std::uint8_t*>(rest.data()), rest.size(), 1);
      if (used < 0) return;
      rest.remove_prefix(static_cast<std::size_t>(used));
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        next.fields.emplace_back(std::string(reinterpret_cast<const char*>(pair.name), pair.namelen),
                                 std::string(reinterpret_cast<const char*>(pair.value), pair.valuelen));
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
        nghttp2_hd_inflate_end_headers(m_inflater);
        return;
      }
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0 && rest.empty()) return;
    }
  }

  nghttp2_hd_inflater* m_inflater = nullptr;
  std::string m_buffer;
};

}  // namespace adit::test::h2
