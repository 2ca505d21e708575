// SPDX-License-Identifier: Apache-2.0
// A chunked body, whole and in pieces of the size the first byte gives: the same content, end and trailers.
#include <string>

#include "core/http/h1_parser.h"
#include "tests/fuzz/fuzzing.h"

using namespace adit;
using namespace adit::fuzz;
using Event = http::ChunkedDecoder::Event;

namespace {

struct Decoded {
  Event last = Event::NeedMore;
  std::string body;
  std::size_t consumed = 0;
};

Decoded decode(http::ChunkedDecoder& decoder, std::string_view text, std::size_t step) {
  Decoded decoded;
  while (decoded.consumed < text.size()) {
    const Exact piece(text.substr(decoded.consumed, step));
    std::string_view input = piece.text();
    do {
      const auto result = decoder.next(input);
      require(result.consumed <= input.size(), "no more is consumed than there is");
      require(result.event != Event::NeedMore || result.consumed == input.size(), "NeedMore leaves nothing");
      require(result.event != Event::Data || !result.data.empty(), "data is not empty");
      decoded.last = result.event;
      decoded.body += result.data;
      decoded.consumed += result.consumed;
      input.remove_prefix(result.consumed);
    } while (decoded.last == Event::Data);
    if (decoded.last != Event::NeedMore) break;
  }
  return decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = asText({data + 1, size - 1});
  http::ChunkedDecoder whole;
  http::ChunkedDecoder pieces;
  const Decoded a = decode(whole, text, size);
  const Decoded b = decode(pieces, text, 1 + data[0] % 32U);
  require(a.last == b.last && a.body == b.body, "pieces do not matter");
  require(a.last == Event::Invalid || a.consumed == b.consumed, "nor for what is used");
  if (a.last == Event::End) {
    require(sameFields(whole.trailers(), pieces.trailers()) && isClean(whole.trailers()),
            "trailers are the same");
  }
  return 0;
}
