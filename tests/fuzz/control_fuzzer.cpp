// SPDX-License-Identifier: Apache-2.0
// Control messages as they come in on the control stream. The first byte chooses the limit and the size of
// the pieces. What is accepted can be encoded and read again, the same.
#include <algorithm>

#include "core/wire/control_messages.h"
#include "tests/fuzz/fuzzing.h"

using namespace adit;
using namespace adit::fuzz;

namespace {

void encodeAgain(const wire::ControlMessage& message) {
  const std::string text = wire::encode(message);
  wire::ControlReader reader;
  require(reader.feed(asBytes(text)).has_value(), "an encoded message can be fed");
  wire::ControlMessage back;
  const auto more = reader.next(back);
  require(more && *more, "an encoded message can be read");
  require(wire::encode(back) == text, "and is the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Exact input(asText({data + 1, size - 1}));
  wire::ControlReader reader;
  if ((data[0] & 1U) != 0) reader.setLimit(wire::kMaxLoginMessage);
  const std::size_t step = 1 + (data[0] >> 1) * 16U;
  ByteView rest = input.bytes();
  wire::ControlMessage message;
  while (!rest.empty()) {
    const std::size_t count = std::min({step, rest.size(), reader.room()});
    require(count != 0, "a reader without a message has room");
    if (!reader.feed(rest.first(count))) return 0;
    rest = rest.subspan(count);
    for (;;) {
      const auto more = reader.next(message);
      if (!more) return 0;
      if (!*more) break;
      encodeAgain(message);
    }
  }
  return 0;
}
