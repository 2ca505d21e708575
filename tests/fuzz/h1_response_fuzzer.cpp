// SPDX-License-Identifier: Apache-2.0
// A response's way: parsed, filtered, framed, read back. The first byte chooses the request's method.
#include <string>

#include "core/http/h1_parser.h"
#include "core/http/semantics.h"
#include "core/wire/http_frames.h"
#include "tests/fuzz/fuzzing.h"

using namespace adit;
using namespace adit::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view methods[] = {"GET", "HEAD", "CONNECT", "POST"};
  const std::string_view method = methods[data[0] % 4];
  const Exact input(asText({data + 1, size - 1}));
  http::ResponseHead head;
  http::ResponseTraits traits;
  std::size_t scanned = 0;
  const auto whole = http::parseResponseHead(input.text(), {}, scanned, method, head, traits);

  http::ResponseHead other;
  http::ResponseTraits otherTraits;
  scanned = 0;
  const Exact part(input.text().substr(0, (size - 1) / 2));
  auto halves = http::parseResponseHead(part.text(), {}, scanned, method, other, otherTraits);
  if (halves.status == http::ParseStatus::NeedMore) {
    halves = http::parseResponseHead(input.text(), {}, scanned, method, other, otherTraits);
  }
  if (halves.status != http::ParseStatus::NeedMore) {
    require(halves.status == whole.status && halves.errorReason == whole.errorReason &&
                halves.consumed == whole.consumed,
            "the verdict does not depend on the pieces");
  } else {
    require(whole.status != http::ParseStatus::Complete, "a complete head is recognized in pieces too");
  }
  if (whole.status != http::ParseStatus::Complete) return 0;

  require(isClean(head.fields), "parsed fields are clean");
  http::removeHopByHop(head.fields, http::Direction::Response);
  const wire::ResponseHeadFrame frame{&head, traits.framing};
  std::vector<std::uint8_t> payload(wire::responseHeadSize(frame));
  wire::writeResponseHead(frame, payload.data());
  http::ResponseHead received;
  wire::ResponseHeadFrame back{&received, {}};
  const auto read = wire::readResponseHead(payload, back);
  require(read.has_value(), "what the parser accepts can be framed");
  require(received.status == head.status && received.reason == head.reason,
          "the frame keeps the status line");
  require(back.framing.length == traits.framing.length, "the frame keeps the framing");
  return 0;
}
