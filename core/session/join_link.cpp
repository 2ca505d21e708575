// SPDX-License-Identifier: Apache-2.0
#include "core/session/join_link.h"

#include <algorithm>
#include <optional>

#include <spdlog/fmt/fmt.h>

#include "core/base/display_text.h"
#include "core/base/host_port.h"
#include "core/base/utf8.h"
#include "core/wire/control_messages.h"

namespace adit::session {

namespace {

constexpr std::string_view kPinKey = "pin=";
constexpr std::size_t kMaxLink = 1024;
constexpr std::size_t kMaxPasted = 4 * kMaxLink;  // with what is removed from around and inside it

constexpr bool isDigit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool isLetter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string lowered(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

/// Characters that people and programs put around a link: quotation marks of several languages, brackets, the
/// end of a sentence.
constexpr std::u32string_view kWrapping =
    U"\"'`<>()[].,;\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a\u300c\u300d\uff1c\uff1e";

/// The link as it was printed. Copying and pasting can add line breaks, no-break spaces and zero-width
/// characters, which no link contains.
std::string unwrapped(std::string_view text) {
  std::string link;
  std::size_t end = 0;  // after the last character that belongs to the link
  while (!text.empty()) {
    const std::size_t length = std::max<std::size_t>(utf8Length(text), 1);
    const std::string_view character = text.substr(0, length);
    text.remove_prefix(length);
    const char32_t point = codePointOf(character);
    if (isWhiteSpace(point) || isInvisible(point)) continue;
    const bool isWrapping = kWrapping.find(point) != std::u32string_view::npos;
    if (isWrapping && link.empty()) continue;
    link += character;
    if (!isWrapping) end = link.size();
  }
  link.resize(end);
  return link;
}

tl::unexpected<Error> bad(std::string_view problem) {
  return fail(ErrorCode::InvalidArgument, fmt::format("the join link {}", problem));
}

/// "host", "host:port" or "[address]:port".
Result<> readServer(std::string_view server, JoinLink& link) {
  const auto parsed = parseHostPort(server);
  if (!parsed) {
    switch (parsed.error()) {
      case HostPortError::Empty:
      case HostPortError::NoHost:
        return bad("names no server after the '@'");
      case HostPortError::BadHost:
        return bad("has a server name that is not valid");
      case HostPortError::NoClosingBracket:
        return bad("has a '[' without a ']' in the server's address");
      case HostPortError::NotIpv6:
        return bad("has something in brackets that is not an IPv6 address");
      case HostPortError::Ipv6WithoutBrackets:
        return bad("has an IPv6 address without brackets: write [address]:port");
      case HostPortError::BadPort:
        return bad("has a port that is not a number from 1 to 65535");
    }
  }
  if (parsed->port == 0) return bad("has a port that is not a number from 1 to 65535");
  const std::string host = lowered(parsed->host);
  // Private name servers have names with underscores, but none with a tilde or with hyphens at the end of a
  // label.
  const bool isOddName = parsed->kind == HostKind::Name &&
                         (host.front() == '-' || host.back() == '-' || host.find("-.") != std::string::npos ||
                          host.find(".-") != std::string::npos || host.find('~') != std::string::npos);
  if (parsed->kind == HostKind::Number || isOddName) return bad("has a server name that is not valid");
  link.host = host;
  if (parsed->port) link.port = *parsed->port;
  return {};
}

Result<tls::Pin> readPin(std::string_view query) {
  std::optional<std::string_view> text;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (!parameter.starts_with(kPinKey)) continue;
    if (text) return bad("has two pins");
    text = parameter.substr(kPinKey.size());
  }
  if (!text) return bad("has no pin: it must end in ?pin=sha256:... as the server printed it");
  auto pin = tls::Pin::parse(*text);
  if (!pin) return bad("has a pin that is not 'sha256:' and 43 characters; was it cut off?");
  return *pin;
}

}  // namespace

Result<JoinLink> JoinLink::parse(std::string_view pasted) {
  if (pasted.size() > kMaxPasted) return bad("is too long to be one");
  const std::string whole = unwrapped(pasted);
  std::string_view text = whole;
  if (text.empty()) return bad("is empty");
  if (text.size() > kMaxLink) return bad("is too long to be one");
  if (std::any_of(text.begin(), text.end(), [](char c) { return c < 0x21 || c > 0x7e; })) {
    return bad("has a character that does not belong there");
  }
  if (lowered(text.substr(0, JoinLink::kScheme.size())) != JoinLink::kScheme)
    return bad("does not begin with adit://");
  text.remove_prefix(JoinLink::kScheme.size());
  if (text.find('#') != std::string_view::npos) return bad("has a '#', which does not belong there");

  const std::size_t question = std::min(text.find('?'), text.size());
  const std::string_view query = question < text.size() ? text.substr(question + 1) : std::string_view{};
  std::string_view authority = text.substr(0, question);
  if (authority.ends_with('/')) authority.remove_suffix(1);  // some programs add it to links

  JoinLink link;
  const std::size_t at = authority.find('@');
  if (at == std::string_view::npos) return bad("has no token: it must begin with adit://TOKEN@");
  const std::string_view token = authority.substr(0, at);
  if (token.empty()) return bad("has an empty token");
  if (token.size() > wire::kMaxToken) return bad("has a token that is too long");
  const auto fits = [](char c) { return isLetter(c) || isDigit(c) || c == '-' || c == '_'; };
  if (!std::all_of(token.begin(), token.end(), fits))
    return bad("has a token with a character that does not belong there");
  link.token = token;

  const std::string_view server = authority.substr(at + 1);
  if (server.find('@') != std::string_view::npos) return bad("has two '@'");
  if (server.find('/') != std::string_view::npos) return bad("has a path, which does not belong there");
  if (auto read = readServer(server, link); !read) return fail(std::move(read.error()));
  auto pin = readPin(query);
  if (!pin) return fail(std::move(pin.error()));
  link.pin = *pin;
  return link;
}

std::string JoinLink::serverName() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

std::string JoinLink::toString() const {
  return fmt::format("{}{}@{}?{}{}", kScheme, token, serverName(), kPinKey, pin.toString());
}

}  // namespace adit::session
