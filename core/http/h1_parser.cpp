// SPDX-License-Identifier: Apache-2.0
// Heads are parsed in place as soon as they arrive, and once more when a head that came in pieces is complete
// (or certainly wrong). In between the parser only looks for line ends, at each byte once. Syntax errors are
// found in order of position and semantic errors afterwards, so the result does not depend on how the bytes
// were split.
#include "core/http/h1_parser.h"

#include <algorithm>
#include <utility>

#include "core/http/head_lines.h"
#include "core/http/scan.h"
#include "core/http/semantics.h"
#include "core/http/target.h"
#include "core/http/text.h"

namespace adit::http {
namespace {

using detail::Cursor;
using detail::Facts;
using detail::TransferCoding;

constexpr std::size_t kMaxMethod = 64;
constexpr std::size_t kMaxEmptyLines = 2;  // some old clients send an empty line after a body

/// Whether the bytes from `from` on can decide about an incomplete head: they have the end of its first line,
/// its empty line, or a line feed without a carriage return.
bool isDecided(std::string_view data, std::size_t from) noexcept {
  std::size_t start = 0;
  while (start < 2 * kMaxEmptyLines && data.substr(start).starts_with("\r\n")) start += 2;
  for (std::size_t at = data.find('\n', std::max(from, start)); at != std::string_view::npos;
       at = data.find('\n', at + 1)) {
    if (at == start || data[at - 1] != '\r' || data[at - 2] == '\n') return true;
    if (data.find('\n', start) == at) return true;
  }
  return false;
}

bool acceptEmptyLines(Cursor& cursor) noexcept {
  for (std::size_t lines = 0; cursor.at != cursor.end && *cursor.at == '\r'; ++lines) {
    if (lines == kMaxEmptyLines)
      return cursor.refuse(400, "There are too many empty lines before the request.");
    if (!detail::acceptLineEnd(cursor, nullptr)) return false;
  }
  return cursor.at != cursor.end || cursor.more();
}

/// "HTTP/" DIGIT "." DIGIT
bool acceptVersion(Cursor& cursor, Version& version) noexcept {
  constexpr std::string_view kShape = "HTTP/d.d";
  const char* const begin = cursor.at;
  for (std::size_t i = 0; i < kShape.size(); ++i, ++cursor.at) {
    if (cursor.at == cursor.end) return cursor.more();
    if (kShape[i] == 'd' ? !scan::is(*cursor.at, scan::kDigit) : *cursor.at != kShape[i]) {
      return cursor.refuse(400, "The HTTP version is not valid.");
    }
  }
  if (begin[5] == '1' && (begin[7] == '0' || begin[7] == '1')) {
    version = begin[7] == '1' ? Version::Http11 : Version::Http10;
    return true;
  }
  return begin[5] == '0' ? cursor.refuse(400, "HTTP/0.9 is not supported.")
                         : cursor.refuse(505, "Only HTTP/1.0 and HTTP/1.1 are supported.");
}

const char* targetProblem(char c) noexcept {
  switch (c) {
    case '\r':
    case '\n':
      return "The request line has no version.";
    case '#':
      return "The request target has a fragment.";
    default:
      return "The request target has a character that is not allowed.";
  }
}

/// The target and the space behind it. Raw UTF-8 in it is percent-encoded; `most` bounds the length after
/// that.
bool acceptTarget(Cursor& cursor, std::size_t most, RequestHead& head) {
  const char* const begin = cursor.at;
  const char* at = begin;
  std::size_t growth = 0;  // what percent-encoding adds
  const auto length = [&] { return static_cast<std::size_t>(at - begin) + growth; };
  for (;;) {
    const std::size_t room = std::min(static_cast<std::size_t>(cursor.end - at), most + 1 - length());
    at = scan::skipTarget(at, at + room);
    if (length() > most) return cursor.refuse(414, "The request target is too long.");
    if (at == cursor.end) return cursor.more();
    if (!isHighByte(*at)) break;
    const std::string_view rest(at, static_cast<std::size_t>(cursor.end - at));
    const std::size_t sequence = utf8Length(rest);
    if (sequence == 0) {
      if (isUtf8Prefix(rest)) return cursor.more();
      return cursor.refuse(400, "The request target has bytes that are not UTF-8.");
    }
    at += sequence;
    growth += 2 * sequence;
    if (length() > most) return cursor.refuse(414, "The request target is too long.");
  }
  if (at == begin) return cursor.refuse(400, "The request line has no target after one space.");
  if (*at != ' ') return cursor.refuse(400, targetProblem(*at));
  head.target = {begin, static_cast<std::size_t>(at - begin)};
  if (growth != 0) head.target = percentEncodeUtf8(head.target, head.encodedTarget).value_or(head.target);
  cursor.at = at + 1;
  return true;
}

/// Removes "http://authority" from an absolute-form target (RFC 9112 section 3.2.2).
bool reduceAbsoluteForm(Cursor& cursor, RequestHead& head) noexcept {
  constexpr std::string_view kHttp = "http://";
  constexpr std::string_view kHttps = "https://";
  std::string_view rest = head.target;
  if (equalsIgnoreCase(rest.substr(0, kHttp.size()), kHttp)) {
    rest.remove_prefix(kHttp.size());
  } else if (equalsIgnoreCase(rest.substr(0, kHttps.size()), kHttps)) {
    rest.remove_prefix(kHttps.size());
  } else {
    return cursor.refuse(400, "The request target is neither a path nor an http address.");
  }
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  head.authority = rest.substr(0, end);
  rest.remove_prefix(end);
  if (hostOf(head.authority).empty()) return cursor.refuse(400, "The request target's host is not valid.");
  if (rest.empty()) {
    head.target = head.method == "OPTIONS" ? "*" : "/";
  } else if (rest.front() == '/') {
    head.target = rest;
  } else {
    // "http://host?query" would need a "/" that is not in the buffer.
    return cursor.refuse(400, "The request target has a query without a path.");
  }
  return true;
}

bool acceptRequestLine(Cursor& cursor, const HeadLimits& limits, RequestHead& head) {
  const auto left = [&cursor] { return static_cast<std::size_t>(cursor.end - cursor.at); };
  const char* const method = cursor.at;
  const char* const methodEnd = scan::skip(method, method + std::min(left(), kMaxMethod + 1), scan::kToken);
  if (methodEnd == method + kMaxMethod + 1) return cursor.refuse(501, "The method is too long.");
  if (methodEnd == cursor.end) return cursor.more();
  if (methodEnd == method || *methodEnd != ' ') {
    return cursor.refuse(400, "The request line does not begin with a method and a space.");
  }
  head.method = {method, static_cast<std::size_t>(methodEnd - method)};

  cursor.at = methodEnd + 1;
  if (!acceptTarget(cursor, limits.targetBytes, head)) return false;
  if (!acceptVersion(cursor, head.version)) return false;
  if (!detail::acceptLineEnd(cursor, "The request line goes on after the version.")) return false;

  if (head.method == "CONNECT") return cursor.refuse(501, "CONNECT is not supported.");
  if (head.target.front() == '/') return true;
  if (head.target == "*") {
    return head.method == "OPTIONS" || cursor.refuse(400, "The target \"*\" is for OPTIONS only.");
  }
  return reduceAbsoluteForm(cursor, head);
}

/// HTTP-version SP status-code [ SP [ reason-phrase ] ]: the space before an empty reason is often forgotten.
bool acceptStatusLine(Cursor& cursor, ResponseHead& head) noexcept {
  if (!acceptVersion(cursor, head.version)) return false;
  const char* const begin = cursor.at;
  for (std::size_t i = 0; i < 4; ++i, ++cursor.at) {
    if (cursor.at == cursor.end) return cursor.more();
    if (i == 0 ? *cursor.at != ' ' : !scan::is(*cursor.at, scan::kDigit)) {
      return cursor.refuse(502, "The status line has no status code.");
    }
  }
  const int status = (begin[1] - '0') * 100 + (begin[2] - '0') * 10 + (begin[3] - '0');
  // 600 to 999 are not defined, but three digits are what the syntax asks for (RFC 9110 section 15).
  if (status < 100) return cursor.refuse(502, "The status code is out of range.");
  head.status = static_cast<std::uint16_t>(status);
  if (cursor.at == cursor.end) return cursor.more();
  head.reason = {};
  if (*cursor.at == ' ') {
    const char* const reason = cursor.at + 1;
    cursor.at = scan::skipFieldValue(reason, cursor.end);
    head.reason = {reason, static_cast<std::size_t>(cursor.at - reason)};
  }
  return detail::acceptLineEnd(cursor, "The status line has a character that is not allowed.");
}

bool decideKeepAlive(const Facts& facts, Version version) noexcept {
  return !facts.close && (version == Version::Http11 || facts.keepAlive);
}

/// The framing that Transfer-Encoding and Content-Length define; `none` if there is neither. An answer may
/// repeat its Content-Length (RFC 9112 section 6.3), a request may not.
bool decideFraming(Cursor& cursor, const Facts& facts, Version version, BodyFraming none,
                   Framing& framing) noexcept {
  framing = {none, 0};
  const bool isAnswer = none == BodyFraming::UntilClose;
  if (facts.transferEncodings != 0) {
    if (facts.contentLengths != 0) {
      return cursor.refuse(400, "Content-Length and Transfer-Encoding contradict each other.");
    }
    if (facts.transferEncodings > 1) return cursor.refuse(400, "There is more than one Transfer-Encoding.");
    if (version == Version::Http10) return cursor.refuse(400, "HTTP/1.0 has no Transfer-Encoding.");
    switch (detail::parseTransferEncoding(facts.transferEncoding)) {
      case TransferCoding::Chunked:
        framing.body = BodyFraming::Chunked;
        return true;
      case TransferCoding::Unknown:
        return cursor.refuse(501, "Only the transfer coding \"chunked\" is supported.");
      case TransferCoding::Malformed:
        break;
    }
    return cursor.refuse(400, "The Transfer-Encoding is not valid.");
  }
  if (facts.contentLengths == 0) return true;
  if (facts.contentLengths > 1 && (!isAnswer || facts.contentLengthsDiffer))
    return cursor.refuse(400, "There is more than one Content-Length.");
  framing.body = BodyFraming::Length;
  const std::string_view length = isAnswer ? detail::repeatedValue(facts.contentLength) : facts.contentLength;
  return detail::parseContentLength(length, framing.length) ||
         cursor.refuse(400, "The Content-Length is not valid.");
}

bool decideHost(Cursor& cursor, const Facts& facts, RequestHead& head) noexcept {
  if (facts.hosts > 1) return cursor.refuse(400, "There is more than one Host.");
  if (facts.hosts == 0) {
    return head.version == Version::Http10 || cursor.refuse(400, "There is no Host.");
  }
  if (hostOf(facts.host).empty()) return cursor.refuse(400, "The Host is not valid.");
  if (head.authority.empty()) head.authority = facts.host;
  return true;
}

bool decideRequest(Cursor& cursor, const Facts& facts, RequestHead& head, RequestTraits& traits) noexcept {
  if (!decideHost(cursor, facts, head)) return false;
  if (!decideFraming(cursor, facts, head.version, BodyFraming::None, traits.framing)) return false;
  if (facts.connectionOptions > detail::kMaxConnectionOptions) {
    return cursor.refuse(400, "Connection names too many options.");
  }
  const bool modern = head.version == Version::Http11;
  const bool hasContent = traits.framing.body == BodyFraming::Chunked || traits.framing.length != 0;
  if (facts.otherExpectation && modern)
    return cursor.refuse(417, "Only the expectation 100-continue is supported.");
  traits.expectContinue = facts.expectContinue && modern && hasContent;
  traits.keepAlive = decideKeepAlive(facts, head.version);
  traits.webSocket = false;
  if (facts.upgrades == 1 && facts.connectionUpgrade && equalsIgnoreCase(facts.upgrade, "websocket")) {
    if (hasContent) return cursor.refuse(400, "An upgrade request has a body.");
    traits.webSocket = modern && head.method == "GET";
    if (traits.webSocket) traits.framing = {};
  }
  return true;
}

bool decideResponse(Cursor& cursor, const Facts& facts, std::string_view method, const ResponseHead& head,
                    ResponseTraits& traits) noexcept {
  if (!decideFraming(cursor, facts, head.version, BodyFraming::UntilClose, traits.framing)) return false;
  if (facts.connectionOptions > detail::kMaxConnectionOptions) {
    return cursor.refuse(502, "Connection names too many options.");
  }
  const bool successToConnect = method == "CONNECT" && head.status / 100 == 2;
  if (head.status < 200 || head.status == 204 || head.status == 304 || method == "HEAD" || successToConnect) {
    traits.framing = {};
  }
  traits.switchingProtocols = head.status == 101;
  traits.interim = head.status < 200 && !traits.switchingProtocols;
  traits.keepAlive = decideKeepAlive(facts, head.version) && traits.framing.body != BodyFraming::UntilClose &&
                     !traits.switchingProtocols && !successToConnect;
  return true;
}

/// Leaves one Content-Length field with one value, because it may be passed on (answers to HEAD, 304).
void unifyContentLength(const Facts& facts, std::vector<Field>& fields) {
  const bool isList = facts.contentLength.find(',') != std::string_view::npos;
  if (facts.contentLengths <= 1 && !isList) return;
  bool found = false;
  std::erase_if(fields, [&](Field& field) {
    if (!equalsIgnoreCase(field.name, "content-length")) return false;
    field.value = detail::repeatedValue(field.value);
    return std::exchange(found, true);
  });
}

/// Runs `parse` over the head at the front of `data` if the new bytes can decide about it, and enforces the
/// limit on its size.
template <typename Parse>
ParseResult parseHead(std::string_view data, std::size_t headBytes, std::size_t& scanned, Parse&& parse) {
  const std::string_view view = data.substr(0, headBytes);
  Cursor cursor{view.data(), view.data() + view.size()};
  cursor.status = ParseStatus::NeedMore;
  if (scanned == 0 || isDecided(view, std::min(scanned, view.size())) || view.size() == headBytes) {
    if (parse(cursor)) cursor.status = ParseStatus::Complete;
  }
  if (cursor.status == ParseStatus::Complete) {
    return {ParseStatus::Complete, static_cast<std::size_t>(cursor.at - view.data()), 0, nullptr};
  }
  if (cursor.status == ParseStatus::NeedMore) {
    scanned = view.size();
    if (view.size() < headBytes) return {};
    (void)cursor.refuse(431, "The head is too large.");
  }
  return {ParseStatus::Invalid, 0, cursor.errorStatus, cursor.errorReason};
}

}  // namespace

ParseResult parseRequestHead(std::string_view data, const HeadLimits& limits, std::size_t& scanned,
                             RequestHead& head, RequestTraits& traits) {
  return parseHead(data, limits.headBytes, scanned, [&](Cursor& cursor) {
    Facts facts;
    head.clear();
    return acceptEmptyLines(cursor) && acceptRequestLine(cursor, limits, head) &&
           detail::acceptFieldLines(cursor, limits.fields, head.fields, &facts) &&
           decideRequest(cursor, facts, head, traits);
  });
}

ParseResult parseResponseHead(std::string_view data, const HeadLimits& limits, std::size_t& scanned,
                              std::string_view requestMethod, ResponseHead& head, ResponseTraits& traits) {
  ParseResult result = parseHead(data, limits.headBytes, scanned, [&](Cursor& cursor) {
    Facts facts;
    head.clear();
    return acceptStatusLine(cursor, head) &&
           detail::acceptFieldLines(cursor, limits.fields, head.fields, &facts,
                                    detail::BlankBeforeColon::Removed) &&
           decideResponse(cursor, facts, requestMethod, head, traits) &&
           (unifyContentLength(facts, head.fields), true);
  });
  if (result.status == ParseStatus::Invalid) result.errorStatus = 502;  // any error is the origin's
  return result;
}

}  // namespace adit::http
