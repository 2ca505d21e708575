// SPDX-License-Identifier: Apache-2.0
// The file that keeps reserved names, after a crash or by somebody's hand. What is read can be written and
// read again, the same.
#include <string>

#include "core/routing/reservation_text.h"
#include "tests/fuzz/fuzzing.h"

using namespace adit;
using namespace adit::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Exact input(asText({data, size}));
  const Timestamp now(std::chrono::hours(1));
  const auto file = routing::parseReservations(asText(input.bytes()), now);
  if (!file) return 0;
  std::string text = routing::reservationHeader() + routing::timeLine(file->clock, now);
  for (const auto& each : file->reservations) text += routing::reservationLine({each, false}, file->clock);
  const auto again = routing::parseReservations(text, now);
  require(again.has_value(), "what was written can be read");
  require(again->damagedLines == 0, "without damage");
  require(again->reservations == file->reservations, "and is the same");
  return 0;
}
