// SPDX-License-Identifier: Apache-2.0
// A stream head: every prefix needs more or gives the same answer, and what is read can be written and read
// again.
#include "core/wire/error_codes.h"
#include "core/wire/stream_head.h"
#include "tests/fuzz/fuzzing.h"

using namespace adit;
using namespace adit::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Exact input(asText({data, size}));
  wire::StreamHead head;
  const auto used = wire::readStreamHead(input.bytes(), head);
  for (std::size_t part = 0; part < std::min<std::size_t>(size, 100); ++part) {
    const Exact prefix(input.text().substr(0, part));
    wire::StreamHead early;
    const auto earlyUsed = wire::readStreamHead(prefix.bytes(), early);
    if (earlyUsed && *earlyUsed == 0) continue;
    require(earlyUsed.has_value() == used.has_value(), "a prefix is not judged otherwise");
    if (used) require(*earlyUsed == *used, "nor used otherwise");
  }
  if (!used || *used == 0) return 0;
  require(*used <= size, "no more is used than there is");
  std::uint8_t room[wire::kMaxStreamHead];
  const std::size_t written = wire::writeStreamHead(head, room);
  require(written <= sizeof(room), "a head fits its room");
  wire::StreamHead back;
  const auto again = wire::readStreamHead({room, written}, back);
  require(again && *again == written, "a head can be written again");
  require(back.kind == head.kind && back.tunnel == head.tunnel && back.visitor == head.visitor,
          "and is the same");
  (void)wire::toError(head.tunnel, input.text());
  return 0;
}
