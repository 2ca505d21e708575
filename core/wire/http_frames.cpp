// SPDX-License-Identifier: Apache-2.0
// Heads as bytes. Sizes and bytes come from one description of each head, run with two sinks, so they cannot
// disagree.
#include "core/wire/http_frames.h"

#include <array>
#include <cstring>

#include "core/http/field_names.h"
#include "core/http/h1_writer.h"
#include "core/http/scan.h"
#include "core/http/semantics.h"
#include "core/wire/varint.h"

namespace adit::wire {
namespace {

using http::BodyFraming;
using http::Field;
using http::FieldId;

constexpr std::uint8_t kFramingMask = 0x03;
constexpr std::uint8_t kFlagWebSocket = 0x04;
constexpr std::uint8_t kFlagExpectContinue = 0x08;
constexpr std::uint8_t kFlagReason = 0x04;
constexpr unsigned kVersionShift = 4;
constexpr std::uint8_t kVersionMask = 0x03;
constexpr std::uint8_t kReservedRequest = 0xc0;
constexpr std::uint8_t kReservedResponse = 0xc8;
constexpr std::uint8_t kLowerCase = 0x80;
constexpr std::size_t kMaxMethod = 64;

constexpr std::array<std::string_view, 9> kMethods = {"",       "GET",     "HEAD",  "POST", "PUT",
                                                      "DELETE", "OPTIONS", "PATCH", "TRACE"};

enum class Section : std::uint8_t { Request, Response, ResponseWithoutContent, Trailers };

/// Whether a field may travel in the section. The head says by itself what the others would.
bool travels(FieldId id, std::string_view name, Section section) noexcept {
  if (section == Section::Trailers) return !http::isForbiddenTrailer(name);
  switch (id) {
    case FieldId::Connection:
    case FieldId::KeepAlive:
    case FieldId::ProxyConnection:
    case FieldId::TransferEncoding:
    case FieldId::Upgrade:
      return false;
    case FieldId::Expect:
    case FieldId::Host:
      return section != Section::Request;
    case FieldId::ContentLength:
      return section == Section::ResponseWithoutContent;
    default:
      return true;
  }
}

Section sectionOf(std::uint16_t status, BodyFraming framing) noexcept {
  return framing == BodyFraming::None && status >= 200 && status != 204 ? Section::ResponseWithoutContent
                                                                        : Section::Response;
}

struct Counter {
  std::size_t size = 0;
  void byte(std::uint8_t) noexcept { ++size; }
  void varint(std::uint64_t value) noexcept { size += varintSize(value); }
  void text(std::string_view text) noexcept { size += varintSize(text.size()) + text.size(); }
};

struct Writer {
  std::uint8_t* at;
  void byte(std::uint8_t value) noexcept { *at++ = value; }
  void varint(std::uint64_t value) noexcept { at += writeVarint(value, at); }
  void text(std::string_view text) noexcept {
    varint(text.size());
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    at += text.size();
  }
};

template <typename Sink>
void putName(FieldId id, std::string_view name, Sink& sink) noexcept {
  if (id != FieldId::Unknown && name == http::fieldName(id)) {
    sink.byte(static_cast<std::uint8_t>(id));
  } else if (id != FieldId::Unknown && name == http::fieldNameLower(id)) {
    sink.byte(static_cast<std::uint8_t>(static_cast<std::uint8_t>(id) | kLowerCase));
  } else {
    sink.byte(0);
    sink.text(name);
  }
}

template <typename Sink>
void putFields(std::span<const Field> fields, Section section, Sink& sink) noexcept {
  for (const Field& field : fields) {
    if (field.name.empty()) continue;
    const FieldId id = http::fieldId(field.name);
    if (!travels(id, field.name, section)) continue;
    putName(id, field.name, sink);
    sink.text(field.value);
  }
}

std::uint8_t framingBits(BodyFraming framing) noexcept {
  return framing == BodyFraming::None ? 0 : framing == BodyFraming::Length ? 1 : 2;
}
std::uint8_t versionBits(http::Version version) noexcept {
  return static_cast<std::uint8_t>(static_cast<unsigned>(version) << kVersionShift);
}

template <typename Sink>
void putRequestHead(const RequestHeadFrame& frame, Sink& sink) noexcept {
  const http::RequestHead& head = *frame.head;
  unsigned flags = framingBits(frame.framing.body) | versionBits(head.version);
  if (frame.webSocket) flags |= kFlagWebSocket;
  if (frame.expectContinue) flags |= kFlagExpectContinue;
  sink.byte(static_cast<std::uint8_t>(flags));
  if (frame.framing.body == BodyFraming::Length) sink.varint(frame.framing.length);
  std::uint8_t code = 0;
  for (std::size_t i = 1; i < kMethods.size(); ++i) {
    if (kMethods[i] == head.method) code = static_cast<std::uint8_t>(i);
  }
  sink.byte(code);
  if (code == 0) sink.text(head.method);
  sink.text(head.target);
  sink.text(head.authority);
  putFields(head.fields, Section::Request, sink);
}

template <typename Sink>
void putResponseHead(const ResponseHeadFrame& frame, Sink& sink) noexcept {
  const http::ResponseHead& head = *frame.head;
  const bool ownReason = head.reason != http::reasonPhrase(head.status);
  unsigned flags = framingBits(frame.framing.body) | versionBits(head.version);
  if (ownReason) flags |= kFlagReason;
  sink.byte(static_cast<std::uint8_t>(flags));
  sink.varint(head.status);
  if (frame.framing.body == BodyFraming::Length) sink.varint(frame.framing.length);
  if (ownReason) sink.text(head.reason);
  putFields(head.fields, sectionOf(head.status, frame.framing.body), sink);
}

/// Reads from the front of a payload; false at its end.
struct Reader {
  ByteView data;

  bool byte(std::uint8_t& value) noexcept {
    if (data.empty()) return false;
    value = data.front();
    data = data.subspan(1);
    return true;
  }
  bool varint(std::uint64_t& value) noexcept {
    const std::size_t size = readVarint(data, value);
    data = data.subspan(size);
    return size != 0;
  }
  bool text(std::string_view& value) noexcept {
    std::uint64_t size = 0;
    if (!varint(size) || size > data.size()) return false;
    value = asText(data.first(static_cast<std::size_t>(size)));
    data = data.subspan(static_cast<std::size_t>(size));
    return true;
  }
};

tl::unexpected<Error> malformed(const char* what) { return fail(ErrorCode::Malformed, what); }

/// The name with its number; empty where the bytes give none.
std::string_view takeName(Reader& reader, FieldId& id) noexcept {
  std::uint8_t code = 0;
  if (!reader.byte(code)) return {};
  if (code == 0) {
    std::string_view name;
    if (!reader.text(name) || !http::scan::isAll(name, http::scan::kToken)) return {};
    id = http::fieldId(name);
    return name;
  }
  const std::size_t number = code & ~static_cast<unsigned>(kLowerCase);
  if (number == 0 || number >= http::kFieldIdCount) return {};
  id = static_cast<FieldId>(number);
  return (code & kLowerCase) != 0 ? http::fieldNameLower(id) : http::fieldName(id);
}

Result<> takeFields(Reader& reader, Section section, std::vector<Field>& fields) {
  while (!reader.data.empty()) {
    FieldId id = FieldId::Unknown;
    Field field;
    field.name = takeName(reader, id);
    if (field.name.empty()) return malformed("a field without a valid name");
    if (!reader.text(field.value)) return malformed("a field that ends early");
    if (!http::scan::isFieldValue(field.value)) return malformed("a field value with a control character");
    if (!travels(id, field.name, section)) {
      if (section == Section::Trailers) continue;
      return malformed("a field that the head says by itself");
    }
    if (fields.size() == kMaxWireFields) return fail(ErrorCode::LimitExceeded, "too many fields");
    fields.push_back(field);
  }
  return {};
}

bool takeFraming(std::uint8_t flags, http::Framing& framing) noexcept {
  switch (flags & kFramingMask) {
    case 0:
      framing = {BodyFraming::None, 0};
      return true;
    case 1:
      framing = {BodyFraming::Length, 0};
      return true;
    case 2:
      framing = {BodyFraming::Chunked, 0};
      return true;
    default:
      return false;
  }
}

bool takeVersion(std::uint8_t flags, http::Version& version) noexcept {
  const unsigned bits = (flags >> kVersionShift) & kVersionMask;
  version = static_cast<http::Version>(bits);
  return bits <= static_cast<unsigned>(http::Version::Http2);
}

bool takeMethod(Reader& reader, std::string_view& method) noexcept {
  std::uint8_t code = 0;
  if (!reader.byte(code) || code >= kMethods.size()) return false;
  method = kMethods[code];
  if (code != 0) return true;
  return reader.text(method) && method.size() <= kMaxMethod &&
         http::scan::isAll(method, http::scan::kToken) && method != "CONNECT";
}

}  // namespace

std::size_t requestHeadSize(const RequestHeadFrame& frame) noexcept {
  Counter counter;
  putRequestHead(frame, counter);
  return counter.size;
}
void writeRequestHead(const RequestHeadFrame& frame, std::uint8_t* room) noexcept {
  Writer writer{room};
  putRequestHead(frame, writer);
}
std::size_t responseHeadSize(const ResponseHeadFrame& frame) noexcept {
  Counter counter;
  putResponseHead(frame, counter);
  return counter.size;
}
void writeResponseHead(const ResponseHeadFrame& frame, std::uint8_t* room) noexcept {
  Writer writer{room};
  putResponseHead(frame, writer);
}
std::size_t trailersSize(std::span<const Field> fields) noexcept {
  Counter counter;
  putFields(fields, Section::Trailers, counter);
  return counter.size;
}
void writeTrailers(std::span<const Field> fields, std::uint8_t* room) noexcept {
  Writer writer{room};
  putFields(fields, Section::Trailers, writer);
}

Result<> readRequestHead(ByteView payload, RequestHeadFrame& frame) {
  Reader reader{payload};
  http::RequestHead& head = *frame.head;
  head.clear();
  std::uint8_t flags = 0;
  if (!reader.byte(flags)) return malformed("an empty request head");
  if ((flags & kReservedRequest) != 0 || !takeFraming(flags, frame.framing) ||
      !takeVersion(flags, head.version)) {
    return malformed("a request head with unknown flags");
  }
  frame.webSocket = (flags & kFlagWebSocket) != 0;
  frame.expectContinue = (flags & kFlagExpectContinue) != 0;
  if (frame.framing.body == BodyFraming::Length && !reader.varint(frame.framing.length)) {
    return malformed("a request head that ends early");
  }
  if (!takeMethod(reader, head.method)) return malformed("a request head without a valid method");
  if (!reader.text(head.target) || !http::scan::isTarget(head.target) ||
      (head.target.front() != '/' && head.target != "*")) {
    return malformed("a request head without a valid target");
  }
  if (!reader.text(head.authority) || (!head.authority.empty() && http::hostOf(head.authority).empty())) {
    return malformed("a request head without a valid authority");
  }
  const bool bare = frame.framing.body == BodyFraming::None;
  if (frame.webSocket && (head.method != "GET" || !bare))
    return malformed("an upgrade request that cannot be one");
  if (frame.expectContinue && bare) return malformed("an expectation without content");
  return takeFields(reader, Section::Request, head.fields);
}

Result<> readResponseHead(ByteView payload, ResponseHeadFrame& frame) {
  Reader reader{payload};
  http::ResponseHead& head = *frame.head;
  head.clear();
  std::uint8_t flags = 0;
  std::uint64_t status = 0;
  if (!reader.byte(flags)) return malformed("an empty response head");
  if ((flags & kReservedResponse) != 0 || !takeFraming(flags, frame.framing) ||
      !takeVersion(flags, head.version)) {
    return malformed("a response head with unknown flags");
  }
  if (!reader.varint(status) || status < 100 || status > 999)
    return malformed("a response head without a valid status");
  head.status = static_cast<std::uint16_t>(status);
  const bool neverContent = status < 200 || status == 204 || status == 304;
  if (neverContent && frame.framing.body != BodyFraming::None)
    return malformed("content where the status allows none");
  if (frame.framing.body == BodyFraming::Length && !reader.varint(frame.framing.length)) {
    return malformed("a response head that ends early");
  }
  if ((flags & kFlagReason) == 0) {
    head.reason = http::reasonPhrase(head.status);
  } else if (!reader.text(head.reason) || !http::scan::isFieldValue(head.reason)) {
    return malformed("a response head without a valid reason");
  }
  return takeFields(reader, sectionOf(head.status, frame.framing.body), head.fields);
}

Result<> readTrailers(ByteView payload, std::vector<Field>& fields) {
  Reader reader{payload};
  fields.clear();
  return takeFields(reader, Section::Trailers, fields);
}

}  // namespace adit::wire
