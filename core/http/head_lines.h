// SPDX-License-Identifier: Apache-2.0
#pragma once
// What requests, responses and trailer sections share: parsing of field lines, and a record of the fields
// that frame and route a message. Internal to the folder. Pure; any thread.

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/http/h1_parser.h"
#include "core/http/message.h"

namespace adit::http::detail {

/// The position of a parser; `at` moves over what was accepted.
struct Cursor {
  const char* at = nullptr;
  const char* end = nullptr;
  ParseStatus status = ParseStatus::Complete;
  std::uint16_t errorStatus = 0;
  const char* errorReason = nullptr;

  [[nodiscard]] bool more() noexcept {
    status = ParseStatus::NeedMore;
    return false;
  }
  [[nodiscard]] bool refuse(std::uint16_t code, const char* reason) noexcept {
    status = ParseStatus::Invalid;
    errorStatus = code;
    errorReason = reason;
    return false;
  }
};

/// The fields that concern framing, routing and the connection: collected while lines are read, and judged
/// when all of them are there.
struct Facts {
  std::string_view host;
  std::string_view contentLength;     ///< With the blanks around it.
  std::string_view transferEncoding;  ///< With the blanks around it.
  std::string_view upgrade;
  std::uint32_t hosts = 0;
  std::uint32_t contentLengths = 0;
  std::uint32_t transferEncodings = 0;
  std::uint32_t upgrades = 0;
  std::uint32_t connectionOptions = 0;
  bool contentLengthsDiffer = false;
  bool close = false;
  bool keepAlive = false;
  bool connectionUpgrade = false;
  bool expectContinue = false;
  bool otherExpectation = false;
};

inline constexpr std::uint32_t kMaxConnectionOptions = 32;

/// "\r\n" at the cursor. False: more is needed, or `reason` (400).
bool acceptLineEnd(Cursor& cursor, const char* reason) noexcept;
/// White space between a field's name and the colon: a request with it is refused, from an answer a proxy
/// removes it (RFC 9112 section 5.1).
enum class BlankBeforeColon : std::uint8_t { Refused, Removed };
/// Field lines up to and with the empty line. False: see the cursor's status. `facts` may be null (trailers).
bool acceptFieldLines(Cursor& cursor, std::size_t maxFields, std::vector<Field>& fields, Facts* facts,
                      BlankBeforeColon blank = BlankBeforeColon::Refused);
/// The value that a list such as "5, 5" repeats; the whole text if it is not such a list.
std::string_view repeatedValue(std::string_view text) noexcept;
/// 1*DIGIT with spaces around it, below 2^62.
bool parseContentLength(std::string_view text, std::uint64_t& length) noexcept;

enum class TransferCoding : std::uint8_t { Chunked, Unknown, Malformed };
TransferCoding parseTransferEncoding(std::string_view text) noexcept;

}  // namespace adit::http::detail
