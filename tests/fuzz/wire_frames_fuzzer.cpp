// SPDX-License-Identifier: Apache-2.0
// A stream's frames: the reader in two ways of splitting, and the decoders of every head. What is accepted is
// clean and survives being written and read again.
#include <string>

#include "core/http/semantics.h"
#include "core/wire/http_frames.h"
#include "tests/fuzz/fuzzing.h"

using namespace adit;
using namespace adit::fuzz;
using wire::FrameType;

namespace {

Result<> checkRequest(ByteView payload) {
  http::RequestHead head;
  wire::RequestHeadFrame frame;
  frame.head = &head;
  if (auto read = wire::readRequestHead(payload, frame); !read) return read;
  require(isClean(head.fields), "accepted fields are clean");
  require(head.authority.empty() || !http::hostOf(head.authority).empty(), "the authority is valid");
  std::vector<std::uint8_t> again(wire::requestHeadSize(frame));
  wire::writeRequestHead(frame, again.data());
  http::RequestHead second;
  wire::RequestHeadFrame secondFrame;
  secondFrame.head = &second;
  require(wire::readRequestHead(again, secondFrame).has_value(), "a head can be written again");
  require(sameFields(head.fields, second.fields) && head.method == second.method &&
              head.target == second.target && frame.framing.length == secondFrame.framing.length,
          "and is the same");
  return {};
}

Result<> checkResponse(ByteView payload) {
  http::ResponseHead head;
  wire::ResponseHeadFrame frame{&head, {}};
  if (auto read = wire::readResponseHead(payload, frame); !read) return read;
  require(isClean(head.fields), "accepted fields are clean");
  std::vector<std::uint8_t> again(wire::responseHeadSize(frame));
  wire::writeResponseHead(frame, again.data());
  http::ResponseHead second;
  wire::ResponseHeadFrame secondFrame{&second, {}};
  require(wire::readResponseHead(again, secondFrame).has_value(), "a head can be written again");
  require(
      sameFields(head.fields, second.fields) && head.status == second.status && head.reason == second.reason,
      "and is the same");
  return {};
}

Result<> checkTrailers(ByteView payload) {
  std::vector<http::Field> fields;
  if (auto read = wire::readTrailers(payload, fields); !read) return read;
  require(isClean(fields), "accepted trailers are clean");
  for (const http::Field& field : fields) {
    require(!http::isForbiddenTrailer(field.name), "forbidden trailers are dropped");
  }
  return {};
}

class Checker final : public wire::FrameReader::Handler {
 public:
  Result<> onFrame(FrameType type, ByteView payload) override {
    log += static_cast<char>('a' + static_cast<int>(type));
    log += asText(payload);
    switch (type) {
      case FrameType::RequestHead:
        return checkRequest(payload);
      case FrameType::ResponseHead:
      case FrameType::InterimHead:
        return checkResponse(payload);
      case FrameType::Trailers:
        return checkTrailers(payload);
      case FrameType::Data:
        break;
    }
    require(false, "Data is no frame for onFrame");
    return {};
  }
  Result<> onBody(ByteView data) override {
    require(!data.empty(), "content is not empty");
    log += asText(data);
    return {};
  }
  std::string log;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Exact input(asText({data, size}));
  wire::FrameReader whole;
  Checker a;
  const bool sound = whole.feed(input.bytes(), a).has_value();
  wire::FrameReader pieces;
  Checker b;
  bool alsoSound = true;
  const std::size_t step = 1 + size % 23;
  for (std::size_t at = 0; at < size && alsoSound; at += step) {
    const Exact piece(input.text().substr(at, step));
    alsoSound = pieces.feed(piece.bytes(), b).has_value();
  }
  require(sound == alsoSound && a.log == b.log, "pieces do not matter");
  if (sound) require(whole.atFrameBoundary() == pieces.atFrameBoundary(), "nor for the boundary");
  return 0;
}
