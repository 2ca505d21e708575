// SPDX-License-Identifier: Apache-2.0
#include "core/http/h2_fields.h"

#include "core/http/head_lines.h"
#include "core/http/scan.h"
#include "core/http/semantics.h"
#include "core/http/target.h"

namespace adit::http {

namespace {

/// RFC 9113 section 6.5.2: what a field counts besides its characters.
constexpr std::size_t kFieldOverhead = 32;
constexpr std::size_t kMaxMethod = 64;
/// Cookie fields that are joined to one: an HTTP/2 client may send a field for each pair.
constexpr std::size_t kMaxCookies = 1000;
constexpr std::size_t kCookieSeparator = 2;  // "; "
constexpr std::size_t kMaxTrailerFields = 32;
constexpr std::size_t kMaxTrailerBytes = 8 * 1024;
/// A buffer that grew beyond this for a large head is freed.
constexpr std::size_t kKeepText = 8 * 1024;

/// RFC 9113 section 8.2.1: a token without upper-case letters.
bool isLowerToken(std::string_view name) noexcept {
  if (name.empty()) return false;
  for (const char c : name) {
    if (!scan::is(c, scan::kToken) || (c >= 'A' && c <= 'Z')) return false;
  }
  return true;
}

bool isCleanValue(std::string_view value) noexcept {
  if (value.empty()) return true;
  if (scan::isBlank(value.front()) || scan::isBlank(value.back())) return false;
  return scan::isFieldValue(value);
}

}  // namespace

void H2ServerRequest::clear() noexcept {
  head.clear();
  head.version = Version::Http2;
  framing = {};
  stream = 0;
  complete = webSocket = expectContinue = false;
  urgency = 3;
  refusedWith = 0;
}

bool isConnectionField(std::string_view name) noexcept {
  switch (name.size()) {
    case 7:
      return equalsIgnoreCase(name, "upgrade");
    case 10:
      return equalsIgnoreCase(name, "connection") || equalsIgnoreCase(name, "keep-alive");
    case 16:
      return equalsIgnoreCase(name, "proxy-connection");
    case 17:
      return equalsIgnoreCase(name, "transfer-encoding");
    default:
      return false;
  }
}

std::uint8_t parseUrgency(std::string_view value) noexcept {
  while (!value.empty()) {
    const std::size_t comma = value.find(',');
    const std::string_view item = scan::trim(value.substr(0, comma));
    if (item.size() == 3 && item.starts_with("u=") && item[2] >= '0' && item[2] <= '7')
      return static_cast<std::uint8_t>(item[2] - '0');
    if (comma == std::string_view::npos) break;
    value.remove_prefix(comma + 1);
  }
  return 3;
}

void H2FieldBlock::begin(Kind kind) noexcept {
  m_kind = kind;
  if (m_text.capacity() > kKeepText) std::string().swap(m_text);
  if (m_cookie.capacity() > kKeepText) std::string().swap(m_cookie);
  m_text.clear();
  m_cookie.clear();
  m_lines.clear();
  m_pseudo = {};
  m_length = 0;
  m_bytes = m_size = m_count = m_cookies = 0;
  m_reason = nullptr;
  m_refusedWith = 0;
  m_urgency = 3;
  m_seen = 0;
  m_regular = m_hasHost = m_hasLength = m_expectContinue = m_hasExpect = m_beyondLimits = false;
}

H2FieldBlock::Place H2FieldBlock::store(std::string_view text) {
  const Place place{static_cast<std::uint32_t>(m_text.size()), static_cast<std::uint32_t>(text.size())};
  m_text.append(text);
  return place;
}

void H2FieldBlock::add(std::string_view name, std::string_view value) {
  m_bytes += name.size() + value.size() + kFieldOverhead;
  if (!countLine(name, value)) {
    m_beyondLimits = true;
    if (m_kind == Kind::Trailers) return malformed("trailers beyond the limit");
    return refuse(431);
  }
  if (m_reason != nullptr) return;
  if (name.starts_with(':')) {
    addPseudo(name, value);
  } else {
    addRegular(name, value);
  }
}

/// False if the block exceeds its limits with this line.
bool H2FieldBlock::countLine(std::string_view name, std::string_view value) noexcept {
  const bool trailers = m_kind == Kind::Trailers;
  if (!trailers && name == "cookie" && m_cookies++ > 0) {
    m_size += value.size() + kCookieSeparator;
  } else {
    m_size += name.size() + value.size() + kFieldOverhead;
    if (!name.starts_with(':')) ++m_count;
  }
  return m_size <= (trailers ? kMaxTrailerBytes : m_limits.headBytes) &&
         m_count <= (trailers ? kMaxTrailerFields : m_limits.fields) && m_cookies <= kMaxCookies;
}

void H2FieldBlock::addPseudo(std::string_view name, std::string_view value) {
  if (m_kind == Kind::Trailers) return malformed("a pseudo-header field in trailers");
  if (m_regular) return malformed("a pseudo-header field after a regular field");
  if (!isCleanValue(value)) return malformed("a pseudo-header field's value with invalid characters");
  Pseudo which = kPseudoCount;
  if (name == ":method") which = kMethod;
  if (name == ":scheme") which = kScheme;
  if (name == ":authority") which = kAuthority;
  if (name == ":path") which = kPath;
  if (name == ":protocol") which = kProtocol;
  if (which == kPseudoCount) return malformed("an unknown pseudo-header field");
  if (has(which)) return malformed("a repeated pseudo-header field");
  m_seen |= static_cast<std::uint8_t>(1U << which);
  m_pseudo[which] = which == kPath ? storePath(value) : store(value);
}

/// Percent-encodes raw UTF-8. A path with other bytes above ASCII is replaced, and the request is refused
/// with a page, as by HTTP/1.1.
H2FieldBlock::Place H2FieldBlock::storePath(std::string_view path) {
  if (!hasHighBytes(path)) return store(path);
  if (path.size() > m_limits.targetBytes) {
    refuse(414);
    return store("/");
  }
  const std::optional<std::string_view> encoded = percentEncodeUtf8(path, m_encodedPath);
  if (!encoded) refuse(400);
  return store(encoded.value_or("/"));
}

void H2FieldBlock::addRegular(std::string_view name, std::string_view value) {
  m_regular = true;
  if (!isLowerToken(name)) return malformed("a field name with invalid characters");
  if (!isCleanValue(value)) return malformed("a field value with invalid characters");
  if (isConnectionField(name)) return malformed("a connection-specific field");
  if (m_kind == Kind::Trailers) {
    if (isForbiddenTrailer(name)) return;
  } else if (addSpecial(name, value)) {
    return;
  }
  const Place place = store(name);
  m_lines.push_back({place, store(value)});
}

/// True if the field was handled here and is not passed on as a field of the head.
bool H2FieldBlock::addSpecial(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 2:
      if (name == "te" && !equalsIgnoreCase(value, "trailers"))
        malformed("TE with a value other than trailers");
      return false;
    case 4:
      if (name != "host") return false;
      if (m_hasHost) malformed("more than one Host");
      m_hasHost = true;
      m_host = store(value);
      return true;
    case 6:
      if (name == "cookie") {
        if (!m_cookie.empty()) m_cookie.append("; ");
        m_cookie.append(value);
        return true;
      }
      if (name != "expect") return false;
      if (m_hasExpect || !equalsIgnoreCase(value, "100-continue")) refuse(417);
      m_hasExpect = m_expectContinue = true;
      return true;
    case 8:
      if (name == "priority") m_urgency = parseUrgency(value);
      return false;
    case 14:
      if (name != "content-length") return false;
      if (m_hasLength || !scan::isAll(value, scan::kDigit) || !detail::parseContentLength(value, m_length))
        malformed("an invalid or repeated Content-Length");
      m_hasLength = true;
      return true;
    default:
      return false;
  }
}

bool H2FieldBlock::finishRequest(bool endStream, H2ServerRequest& request) {
  request.clear();
  if (m_refusedWith == 431 && !has(kMethod)) malformed("no pseudo-header fields within the limit");
  if (m_reason != nullptr) return false;
  if (!has(kMethod)) malformed("no method");
  const std::string_view method = text(m_pseudo[kMethod]);
  if (!scan::isAll(method, scan::kToken) || method.size() > kMaxMethod) malformed("an invalid method");
  request.head.method = method;
  request.head.target = "/";
  if (!finishAuthority(request) || !finishTarget(request) || !finishFraming(endStream, request)) return false;
  request.complete = endStream;
  request.expectContinue = m_expectContinue && request.framing.body != BodyFraming::None;
  request.urgency = m_urgency;
  request.refusedWith = m_refusedWith;
  for (const Line& line : m_lines) request.head.fields.push_back({text(line.name), text(line.value)});
  if (!m_cookie.empty()) request.head.fields.push_back({"cookie", m_cookie});
  return m_reason == nullptr;
}

bool H2FieldBlock::finishAuthority(H2ServerRequest& request) {
  std::string_view authority = text(m_pseudo[kAuthority]);
  if (m_hasHost) {
    if (has(kAuthority) && !equalsIgnoreCase(authority, text(m_host)))
      malformed(":authority and Host differ");
    if (!has(kAuthority)) authority = text(m_host);
  }
  if (m_refusedWith != 431 && hostOf(authority).empty()) malformed("no valid authority");
  request.head.authority = authority;
  return m_reason == nullptr;
}

bool H2FieldBlock::finishTarget(H2ServerRequest& request) {
  const bool connect = request.head.method == "CONNECT";
  if (connect && !has(kProtocol)) {
    if (has(kScheme) || has(kPath) || !has(kAuthority))
      malformed("CONNECT with a scheme or path, or without an authority");
    refuse(501);
    return m_reason == nullptr;
  }
  if (has(kProtocol) && !connect) malformed(":protocol without CONNECT");
  if (!has(kScheme) || !has(kPath)) malformed("no scheme or no path");
  const std::string_view scheme = text(m_pseudo[kScheme]);
  if (!equalsIgnoreCase(scheme, "http") && !equalsIgnoreCase(scheme, "https")) refuse(400);
  const std::string_view path = text(m_pseudo[kPath]);
  if (m_reason == nullptr) {
    const bool asterisk = path == "*" && request.head.method == "OPTIONS";
    if (!asterisk && (path.empty() || path.front() != '/')) malformed("an invalid path");
    if (!scan::isTarget(path)) malformed("a path with invalid characters");
    if (path.size() > m_limits.targetBytes) refuse(414);
  }
  request.head.target = path;
  if (has(kProtocol)) {
    request.webSocket = true;
    request.head.method = "GET";
    if (!equalsIgnoreCase(text(m_pseudo[kProtocol]), "websocket")) refuse(501);
  }
  return m_reason == nullptr;
}

bool H2FieldBlock::finishFraming(bool endStream, H2ServerRequest& request) {
  if (request.webSocket) {
    if (m_hasLength || endStream) refuse(400);
    return true;
  }
  if (endStream) {
    if (m_hasLength && m_length != 0) malformed("a Content-Length without content");
    // Announce a length of 0 where an origin might otherwise wait for content.
    const std::string_view method = request.head.method;
    if (m_hasLength || method == "POST" || method == "PUT" || method == "PATCH")
      request.framing = {BodyFraming::Length, 0};
  } else if (m_hasLength) {
    request.framing = {BodyFraming::Length, m_length};
  } else {
    request.framing = {BodyFraming::Chunked, 0};
  }
  return m_reason == nullptr;
}

bool H2FieldBlock::finishTrailers(std::vector<Field>& fields) {
  fields.clear();
  if (m_reason != nullptr) return false;
  for (const Line& line : m_lines) fields.push_back({text(line.name), text(line.value)});
  return true;
}

}  // namespace adit::http
