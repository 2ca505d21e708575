// SPDX-License-Identifier: Apache-2.0
#include "core/http/head_lines.h"

#include "core/http/scan.h"

namespace adit::http::detail {
namespace {

constexpr std::uint64_t kMaxContentLength =
    (std::uint64_t{1} << 62) - 1;  // what a varint of the tunnel holds

std::string_view trimSpaces(std::string_view text) noexcept {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

void noteConnection(std::string_view value, Facts& facts) noexcept {
  for (;;) {
    const std::size_t comma = value.find(',');
    const std::string_view option = scan::trim(value.substr(0, comma));
    if (!option.empty()) {
      ++facts.connectionOptions;
      if (scan::equalsLower(option, "close")) facts.close = true;
      if (scan::equalsLower(option, "keep-alive")) facts.keepAlive = true;
      if (scan::equalsLower(option, "upgrade")) facts.connectionUpgrade = true;
    }
    if (comma == std::string_view::npos) return;
    value.remove_prefix(comma + 1);
  }
}

/// `raw` is the value with the blanks around it.
void note(const Field& field, std::string_view raw, Facts& facts) noexcept {
  switch (field.name.size()) {
    case 4:
      if (scan::equalsLower(field.name, "host")) {
        facts.host = field.value;
        ++facts.hosts;
      }
      break;
    case 6:
      if (scan::equalsLower(field.name, "expect")) {
        (scan::equalsLower(field.value, "100-continue") ? facts.expectContinue : facts.otherExpectation) =
            true;
      }
      break;
    case 7:
      if (scan::equalsLower(field.name, "upgrade")) {
        facts.upgrade = field.value;
        ++facts.upgrades;
      }
      break;
    case 10:
      if (scan::equalsLower(field.name, "connection")) noteConnection(field.value, facts);
      break;
    case 14:
      if (scan::equalsLower(field.name, "content-length")) {
        if (facts.contentLengths > 0 && trimSpaces(raw) != trimSpaces(facts.contentLength))
          facts.contentLengthsDiffer = true;
        facts.contentLength = raw;
        ++facts.contentLengths;
      }
      break;
    case 17:
      if (scan::equalsLower(field.name, "transfer-encoding")) {
        facts.transferEncoding = raw;
        ++facts.transferEncodings;
      }
      break;
    default:
      break;
  }
}

const char* nameProblem(char c) noexcept {
  switch (c) {
    case ' ':
    case '\t':
      return "A header line begins with white space.";
    case ':':
      return "A header field has no name.";
    case '\n':
      return "A line ends without a carriage return.";
    default:
      return "A header field's name has a character that is not allowed.";
  }
}

const char* afterNameProblem(char c) noexcept {
  switch (c) {
    case ' ':
    case '\t':
      return "There is white space between a header field's name and the colon.";
    case '\r':
    case '\n':
      return "A header line has no colon.";
    default:
      return "A header field's name has a character that is not allowed.";
  }
}

}  // namespace

bool acceptLineEnd(Cursor& cursor, const char* reason) noexcept {
  if (cursor.at == cursor.end) return cursor.more();
  if (*cursor.at != '\r') {
    return cursor.refuse(400, *cursor.at == '\n' ? "A line ends without a carriage return." : reason);
  }
  if (cursor.at + 1 == cursor.end) return cursor.more();
  if (cursor.at[1] != '\n') return cursor.refuse(400, "A carriage return is not followed by a line feed.");
  cursor.at += 2;
  return true;
}

bool acceptFieldLines(Cursor& cursor, std::size_t maxFields, std::vector<Field>& fields, Facts* facts,
                      BlankBeforeColon blank) {
  for (;;) {
    if (cursor.at == cursor.end) return cursor.more();
    if (*cursor.at == '\r') return acceptLineEnd(cursor, nullptr);
    if (fields.size() == maxFields) return cursor.refuse(431, "There are too many header fields.");

    const char* const name = cursor.at;
    const char* const nameEnd = scan::skip(name, cursor.end, scan::kToken);
    if (nameEnd == cursor.end) return cursor.more();
    if (nameEnd == name) return cursor.refuse(400, nameProblem(*name));
    const char* colon = nameEnd;
    if (blank == BlankBeforeColon::Removed) {
      while (colon != cursor.end && (*colon == ' ' || *colon == '\t')) ++colon;
      if (colon == cursor.end) return cursor.more();
    }
    if (*colon != ':') return cursor.refuse(400, afterNameProblem(*nameEnd));

    const char* const raw = colon + 1;
    const char* const valueEnd = scan::skipFieldValue(raw, cursor.end);
    cursor.at = valueEnd;
    if (!acceptLineEnd(cursor, "A header field's value has a control character.")) return false;

    const std::string_view value(raw, static_cast<std::size_t>(valueEnd - raw));
    fields.push_back({{name, static_cast<std::size_t>(nameEnd - name)}, scan::trim(value)});
    if (facts != nullptr) note(fields.back(), value, *facts);
  }
}

std::string_view repeatedValue(std::string_view text) noexcept {
  const std::string_view first = trimSpaces(text.substr(0, text.find(',')));
  std::string_view rest = text;
  for (std::size_t comma = rest.find(','); comma != std::string_view::npos; comma = rest.find(',')) {
    rest.remove_prefix(comma + 1);
    if (trimSpaces(rest.substr(0, rest.find(','))) != first) return text;
  }
  return first;
}

bool parseContentLength(std::string_view text, std::uint64_t& length) noexcept {
  text = trimSpaces(text);  // not tabs: some readers do not take them for white space
  if (text.empty() || text.size() > 19) return false;
  std::uint64_t value = 0;  // 19 digits cannot overflow 64 bits
  for (const char c : text) {
    if (!scan::is(c, scan::kDigit)) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (value > kMaxContentLength) return false;
  length = value;
  return true;
}

TransferCoding parseTransferEncoding(std::string_view text) noexcept {
  text = trimSpaces(text);
  if (equalsIgnoreCase(text, "chunked")) return TransferCoding::Chunked;
  // A list of other codings is a sound message we do not implement, if chunked comes last or not at all.
  bool chunked = false;
  for (;;) {
    const std::size_t comma = text.find(',');
    const std::string_view coding = trimSpaces(text.substr(0, comma));
    if (chunked || !scan::isAll(coding, scan::kToken)) return TransferCoding::Malformed;
    chunked = equalsIgnoreCase(coding, "chunked");
    if (comma == std::string_view::npos) return TransferCoding::Unknown;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace adit::http::detail
