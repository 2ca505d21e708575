// SPDX-License-Identifier: Apache-2.0
// The message model's way through everything: field lines as HTTP/2 delivers them become a request, pass the
// server, cross the tunnel as a frame and are written as HTTP/1.1. Whatever is accepted on the way must be
// read by the HTTP/1.1 parser as the same message, and one only. Answers go the other half of the way.
//
// Input: a byte of flags, then lines of [name length][value length][name][value]; name lengths from 0xe0 on
// stand for a name that matters.
#include <algorithm>
#include <string>

#include "core/http/forwarding.h"
#include "core/http/h1_parser.h"
#include "core/http/h2_fields.h"
#include "core/http/semantics.h"
#include "core/wire/http_frames.h"
#include "tests/fuzz/fuzzing.h"

using namespace adit;
using namespace adit::fuzz;

namespace {

constexpr std::string_view kNames[] = {
    ":method",        ":scheme",  ":path",  ":authority",   ":protocol",         "host",
    "content-length", "te",       "cookie", "connection",   "transfer-encoding", "content_length",
    "expect",         "priority", "via",    "max-forwards", "x-forwarded-for",   "upgrade",
    "trailer",        "date",     "x",      "set-cookie"};
constexpr unsigned kFirstNamed = 0xe0;
constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

std::vector<http::Field> readLines(std::string_view input) {
  std::vector<http::Field> lines;
  while (input.size() >= 2) {
    const auto nameSize = static_cast<unsigned char>(input[0]);
    const auto valueSize = static_cast<unsigned char>(input[1]);
    input.remove_prefix(2);
    const bool named = nameSize >= kFirstNamed;
    const std::string_view name =
        named ? kNames[(nameSize - kFirstNamed) % std::size(kNames)] : input.substr(0, nameSize);
    if (!named) input.remove_prefix(name.size());
    const std::string_view value = input.substr(0, valueSize);
    input.remove_prefix(value.size());
    lines.push_back({name, value});
  }
  return lines;
}

void writeFields(std::string& text, const std::vector<http::Field>& fields) {
  for (const http::Field& field : fields)
    text.append("\r\n").append(field.name).append(": ").append(field.value);
}

void writeFraming(std::string& text, const http::Framing& framing) {
  if (framing.body == http::BodyFraming::Length)
    text += "\r\nContent-Length: " + std::to_string(framing.length);
  if (framing.body == http::BodyFraming::Chunked) text += "\r\nTransfer-Encoding: chunked";
  text += "\r\n\r\n";
}

/// White space around a value is no part of it.
std::string_view trimmed(std::string_view value) {
  const std::size_t begin = std::min(value.find_first_not_of(" \t"), value.size());
  value.remove_prefix(begin);
  return value.substr(0, value.find_last_not_of(" \t") + 1);
}

/// Everything of `expected` is in `seen`, in order, and nothing else but fields the writer added.
void requireFields(const std::vector<http::Field>& seen, const std::vector<http::Field>& expected) {
  std::size_t at = 0;
  for (const http::Field& field : seen) {
    if (at < expected.size() && field.name == expected[at].name &&
        field.value == trimmed(expected[at].value)) {
      ++at;
      continue;
    }
    const bool ours = field.name == "Host" || field.name == "Content-Length" ||
                      field.name == "Transfer-Encoding" || field.name == "Connection" ||
                      field.name == "Upgrade";
    require(ours, "a field appeared");
  }
  require(at == expected.size(), "a field was lost");
}

void followRequest(const std::vector<http::Field>& lines, bool endStream) {
  http::H2FieldBlock block({});
  block.begin(http::H2FieldBlock::Kind::Request);
  for (const http::Field& line : lines) block.add(line.name, line.value);
  http::H2ServerRequest request;
  if (!block.finishRequest(endStream, request) || request.refusedWith != 0) return;
  require(isClean(request.head.fields), "accepted fields are clean");

  http::removeHopByHop(request.head.fields, http::Direction::Request);
  const http::HopNames names("0123456789abcdef");
  http::MaxForwardsText maxForwards;
  if (http::passRequest(request.head, names, maxForwards) != http::Passage::Onward) return;
  const wire::RequestHeadFrame frame{&request.head, request.framing, request.webSocket,
                                     request.expectContinue};
  std::vector<std::uint8_t> payload(wire::requestHeadSize(frame));
  wire::writeRequestHead(frame, payload.data());
  http::RequestHead received;
  wire::RequestHeadFrame back;
  back.head = &received;
  require(wire::readRequestHead(payload, back).has_value(), "what is accepted crosses the tunnel");
  require(received.method == request.head.method && received.target == request.head.target &&
              received.authority == request.head.authority,
          "the tunnel keeps the request line");
  require(back.framing.body == request.framing.body && back.framing.length == request.framing.length,
          "the tunnel keeps the framing");

  std::string text(received.method);
  text.append(" ").append(received.target).append(" HTTP/1.1\r\nHost: ").append(received.authority);
  writeFields(text, received.fields);
  if (back.webSocket) text += "\r\nConnection: Upgrade\r\nUpgrade: websocket";
  writeFraming(text, back.framing);
  http::RequestHead seen;
  http::RequestTraits traits;
  std::size_t scanned = 0;
  const Exact exact(text);
  const auto result =
      http::parseRequestHead(exact.text(), {1 << 20, 1 << 20, 1 << 10}, scanned, seen, traits);
  require(result.status == http::ParseStatus::Complete, "the origin can read it");
  require(result.consumed == text.size(), "it is one message");
  require(seen.method == received.method && seen.target == received.target, "with the same request line");
  require(seen.authority == received.authority, "for the same host");
  require(traits.framing.body == back.framing.body && traits.framing.length == back.framing.length,
          "with the same framing");
  require(traits.webSocket == back.webSocket, "with the same upgrade");
  requireFields(seen.fields, received.fields);
}

void followAnswer(const std::vector<http::Field>& lines, unsigned flags) {
  http::ResponseHead head;
  head.status = static_cast<std::uint16_t>(200 + flags % 400);
  head.fields = lines;
  http::Framing framing;
  if (flags % 3 == 1) framing = {http::BodyFraming::Length, flags * 7919ULL};
  if (flags % 3 == 2) framing = {http::BodyFraming::Chunked, 0};
  const wire::ResponseHeadFrame frame{&head, framing};
  std::vector<std::uint8_t> payload(wire::responseHeadSize(frame));
  wire::writeResponseHead(frame, payload.data());
  http::ResponseHead received;
  wire::ResponseHeadFrame back{&received, {}};
  if (!wire::readResponseHead(payload, back)) return;
  require(isClean(received.fields), "accepted fields are clean");
  require(received.status == head.status, "the tunnel keeps the status");
  http::passResponse(received, kDate);

  std::string text = "HTTP/1.1 " + std::to_string(received.status) + " ";
  text.append(received.reason);
  std::vector<http::Field> written;
  for (const http::Field& field : received.fields) {
    if (!http::equalsIgnoreCase(field.name, "content-length")) written.push_back(field);
  }
  writeFields(text, written);
  writeFraming(text, back.framing);
  http::ResponseHead seen;
  http::ResponseTraits traits;
  std::size_t scanned = 0;
  const Exact exact(text);
  const auto result =
      http::parseResponseHead(exact.text(), {1 << 20, 1 << 20, 1 << 10}, scanned, "GET", seen, traits);
  require(result.status == http::ParseStatus::Complete, "a visitor can read it");
  require(result.consumed == text.size(), "it is one message");
  requireFields(seen.fields, written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Exact input(asText({data + 1, size - 1}));
  const std::vector<http::Field> lines = readLines(input.text());
  if ((data[0] & 1) != 0) {
    followAnswer(lines, data[0] >> 1U);
  } else {
    followRequest(lines, (data[0] & 2) != 0);
  }
  return 0;
}
