// SPDX-License-Identifier: Apache-2.0
#pragma once
// HTTP streams as a test wants to see them: a request or an answer as its frames' bytes, and frames back as a
// message.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/relay/http_stream_writer.h"
#include "core/wire/http_frames.h"
#include "core/wire/stream_head.h"
#include "core/wire/varint.h"
#include "tests/core/support/fake_stream.h"

namespace adit::test {

using Fields = std::vector<std::pair<std::string, std::string>>;

inline http::Framing noBody() { return {}; }
inline http::Framing lengthOf(std::uint64_t length) { return {http::BodyFraming::Length, length}; }
inline http::Framing chunked() { return {http::BodyFraming::Chunked, 0}; }

inline std::vector<http::Field> viewsOf(const Fields& fields) {
  std::vector<http::Field> views;
  for (const auto& [name, value] : fields) views.push_back({name, value});
  return views;
}

/// One frame of any type, well-formed outside.
inline std::string frame(std::uint64_t type, std::string_view payload) {
  std::uint8_t room[16];
  std::size_t size = wire::writeVarint(type, room);
  size += wire::writeVarint(payload.size(), room + size);
  return std::string(asText({room, size})) + std::string(payload);
}
inline std::string dataFrame(std::string_view content) { return frame(0, content); }

inline std::string trailers(const Fields& fields) {
  const auto views = viewsOf(fields);
  std::vector<std::uint8_t> payload(wire::trailersSize(views));
  wire::writeTrailers(views, payload.data());
  return frame(4, asText(payload));
}

/// An answer without what it gets on its way through the server: Date and Via.
inline std::string withoutPassage(std::string text) {
  constexpr std::string_view kDate = "Date: ", kVia = "Via: 1.1 adit\r\n";
  if (const auto at = text.find(kDate); at != std::string::npos)
    text.erase(at, text.find("\r\n", at) + 2 - at);
  if (const auto at = text.find(kVia); at != std::string::npos) text.erase(at, kVia.size());
  return text;
}

struct RequestSpec {
  std::string method = "GET", target = "/", authority = "shop.localhost:8080";
  Fields fields = {};
  http::Framing framing = {};
  bool webSocket = false, expectContinue = false;
  http::Version version = http::Version::Http11;
};

inline std::string requestHead(const RequestSpec& spec) {
  http::RequestHead head;
  head.method = spec.method;
  head.target = spec.target;
  head.authority = spec.authority;
  head.version = spec.version;
  head.fields = viewsOf(spec.fields);
  const wire::RequestHeadFrame request{&head, spec.framing, spec.webSocket, spec.expectContinue};
  std::vector<std::uint8_t> payload(wire::requestHeadSize(request));
  wire::writeRequestHead(request, payload.data());
  return frame(1, asText(payload));
}

inline std::string responseHead(std::uint16_t status, http::Framing framing, const Fields& fields = {},
                                wire::FrameType type = wire::FrameType::ResponseHead) {
  http::ResponseHead head;
  head.status = status;
  head.fields = viewsOf(fields);
  const wire::ResponseHeadFrame answer{&head, framing};
  std::vector<std::uint8_t> payload(wire::responseHeadSize(answer));
  wire::writeResponseHead(answer, payload.data());
  return frame(static_cast<std::uint64_t>(type), asText(payload));
}

inline std::string httpStreamHead(std::uint64_t tunnel, const net::SocketAddress& visitor) {
  std::uint8_t room[wire::kMaxStreamHead];
  return std::string(asText(
      {room, wire::writeStreamHead({wire::StreamKind::Http, tunnel, visitor, http::Scheme::Http}, room)}));
}

/// What the frames of one direction say. Fields in lower case.
class Message final : private wire::FrameReader::Handler {
 public:
  RequestSpec request;
  std::uint16_t status = 0;
  http::Framing framing;
  Fields fields, trailing;
  std::vector<std::uint16_t> interim;
  std::string body;
  bool hasHead = false, wellFormed = true;

  void feed(ByteView bytes) { wellFormed = wellFormed && m_reader.feed(bytes, *this).has_value(); }
  [[nodiscard]] std::string field(std::string_view name) const {
    for (const auto& [key, value] : fields) {
      if (http::equalsIgnoreCase(key, name)) return value;
    }
    return "(none)";
  }

 private:
  Result<> onFrame(wire::FrameType type, ByteView payload) override {
    if (type == wire::FrameType::RequestHead) {
      http::RequestHead head;
      wire::RequestHeadFrame read{&head, {}, false, false};
      if (auto ok = wire::readRequestHead(payload, read); !ok) return ok;
      request = {
          std::string(head.method), std::string(head.target), std::string(head.authority), {}, read.framing,
          read.webSocket,           read.expectContinue};
      framing = read.framing;
      take(head.fields, fields);
      hasHead = true;
    } else if (type == wire::FrameType::Trailers) {
      std::vector<http::Field> read;
      if (auto ok = wire::readTrailers(payload, read); !ok) return ok;
      take(read, trailing);
    } else {
      http::ResponseHead head;
      wire::ResponseHeadFrame read{&head, {}};
      if (auto ok = wire::readResponseHead(payload, read); !ok) return ok;
      if (type == wire::FrameType::InterimHead) {
        interim.push_back(head.status);
        return {};
      }
      status = head.status;
      framing = read.framing;
      take(head.fields, fields);
      hasHead = true;
    }
    return {};
  }
  Result<> onBody(ByteView bytes) override {
    body += asText(bytes);
    return {};
  }
  static void take(const std::vector<http::Field>& from, Fields& to) {
    for (const http::Field& field : from) to.emplace_back(field.name, field.value);
  }
  wire::FrameReader m_reader;
};

/// What was sent on a stream, decoded.
inline Message decoded(std::string_view bytes) {
  Message message;
  message.feed(asBytes(bytes));
  return message;
}

}  // namespace adit::test
