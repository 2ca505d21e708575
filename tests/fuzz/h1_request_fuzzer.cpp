// SPDX-License-Identifier: Apache-2.0
// A request's whole way: parsed (the verdict must not depend on how the bytes were split), filtered, framed,
// read back, written as HTTP/1.1 for the origin, and parsed again: the origin must see what the parser saw.
#include <string>

#include "core/http/h1_parser.h"
#include "core/http/h1_writer.h"
#include "core/http/semantics.h"
#include "core/wire/http_frames.h"
#include "tests/fuzz/fuzzing.h"

using namespace adit;
using namespace adit::fuzz;

namespace {

std::string asHttp(const wire::RequestHeadFrame& frame) {
  const http::RequestHead& head = *frame.head;
  std::string text(head.method);
  text.append(" ")
      .append(head.target)
      .append(" HTTP/1.1\r\nHost: ")
      .append(head.authority.empty() ? "x" : head.authority);
  for (const http::Field& field : head.fields)
    text.append("\r\n").append(field.name).append(": ").append(field.value);
  if (frame.webSocket) text += "\r\nConnection: Upgrade\r\nUpgrade: websocket";
  if (frame.framing.body == http::BodyFraming::Length) {
    text += "\r\nContent-Length: " + std::to_string(frame.framing.length);
  }
  if (frame.framing.body == http::BodyFraming::Chunked) text += "\r\nTransfer-Encoding: chunked";
  return text + "\r\n\r\n";
}

void follow(http::RequestHead& head, const http::RequestTraits& traits) {
  require(isClean(head.fields), "parsed fields are clean");
  require(!head.target.empty() && (head.target[0] == '/' || head.target == "*"),
          "the target is in origin-form");
  http::removeHopByHop(head.fields, http::Direction::Request);
  const wire::RequestHeadFrame frame{&head, traits.framing, traits.webSocket, traits.expectContinue};
  std::vector<std::uint8_t> payload(wire::requestHeadSize(frame));
  wire::writeRequestHead(frame, payload.data());

  http::RequestHead received;
  wire::RequestHeadFrame back;
  back.head = &received;
  const auto read = wire::readRequestHead(payload, back);
  require(read.has_value(), "what the parser accepts can be framed");
  require(received.method == head.method && received.target == head.target &&
              received.authority == head.authority,
          "the frame keeps the request line");
  require(back.framing.body == traits.framing.body && back.framing.length == traits.framing.length,
          "the frame keeps the framing");

  const std::string text = asHttp(back);
  http::RequestHead seen;
  http::RequestTraits seenTraits;
  std::size_t scanned = 0;
  const auto result = http::parseRequestHead(text, {1 << 20, 1 << 20, 1 << 10}, scanned, seen, seenTraits);
  require(result.status == http::ParseStatus::Complete, "what is forwarded parses");
  require(result.consumed == text.size(), "it is one message");
  require(seen.method == head.method && seen.target == head.target, "the origin sees the same request line");
  require(
      seenTraits.framing.body == traits.framing.body && seenTraits.framing.length == traits.framing.length,
      "the origin sees the same framing");
  require(seenTraits.webSocket == traits.webSocket, "the origin sees the same upgrade");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Exact input(asText({data, size}));
  http::RequestHead head;
  http::RequestTraits traits;
  std::size_t scanned = 0;
  const auto whole = http::parseRequestHead(input.text(), {}, scanned, head, traits);

  // In pieces of a size the input gives.
  http::RequestHead other;
  http::RequestTraits otherTraits;
  http::ParseResult pieces;
  scanned = 0;
  const std::size_t step = 1 + (size * 7 + (size == 0 ? 0U : data[size / 2])) % 61;
  for (std::size_t end = std::min(step, size); size < 8192; end = std::min(end + step, size)) {
    const Exact part(input.text().substr(0, end));
    pieces = http::parseRequestHead(part.text(), {}, scanned, other, otherTraits);
    if (pieces.status != http::ParseStatus::NeedMore || end == size) {
      if (pieces.status == http::ParseStatus::NeedMore) break;  // not decided yet; see below
      require(pieces.status == whole.status && pieces.errorReason == whole.errorReason &&
                  pieces.errorStatus == whole.errorStatus && pieces.consumed == whole.consumed,
              "the verdict does not depend on the pieces");
      break;
    }
  }
  if (size < 8192 && pieces.status == http::ParseStatus::NeedMore) {
    require(whole.status != http::ParseStatus::Complete, "a complete head is recognized in pieces too");
  }
  if (whole.status == http::ParseStatus::Complete) {
    require(whole.consumed <= size, "no more is consumed than there is");
    follow(head, traits);
  }
  return 0;
}
