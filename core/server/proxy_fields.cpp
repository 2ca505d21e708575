// SPDX-License-Identifier: Apache-2.0
#include "core/server/proxy_fields.h"

#include <algorithm>
#include <array>
#include <string>

#include "core/http/scan.h"
#include "core/http/semantics.h"

namespace adit::server {

namespace {

using http::Field;

/// The members of a list that may be spread over several fields; the last ones of very many.
class Members {
 public:
  static constexpr std::size_t kMost = 32;
  void add(std::string_view member) noexcept { m_members[m_count++ % kMost] = member; }
  [[nodiscard]] bool empty() const noexcept { return m_count == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return std::min(m_count, kMost); }
  /// 0 is the rightmost one.
  [[nodiscard]] std::string_view fromRight(std::size_t i) const noexcept {
    return m_members[(m_count - 1 - i) % kMost];
  }
  /// The one that stands for the same hop as number `i` of another list; the leftmost where this one is
  /// shorter.
  [[nodiscard]] std::string_view matching(std::size_t i) const noexcept {
    return empty() ? std::string_view() : fromRight(std::min(i, size() - 1));
  }

 private:
  std::array<std::string_view, kMost> m_members;
  std::size_t m_count = 0;
};

/// Whether the text ends inside a quoted string.
bool endsInQuotes(std::string_view text) noexcept {
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (quoted && text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      quoted = !quoted;
    }
  }
  return quoted;
}

/// Cuts `rest` at the first `separator` and returns what is before it, trimmed. `quotes`: a separator in a
/// quoted string does not count.
std::string_view takePart(std::string_view& rest, char separator, bool quotes) noexcept {
  bool quoted = false;
  std::size_t at = 0;
  for (; at < rest.size(); ++at) {
    if (quoted && rest[at] == '\\') {
      ++at;
    } else if (rest[at] == '"') {
      quoted = quotes && !quoted;
    } else if (!quoted && rest[at] == separator) {
      break;
    }
  }
  const std::string_view part = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return http::scan::trim(part);
}

Members membersOf(const std::vector<Field>& fields, std::string_view name) noexcept {
  Members members;
  for (const Field& field : fields) {
    if (!http::equalsIgnoreCase(field.name, name)) continue;
    // A visitor may send a quoted string that does not end. It must not hide what proxies append to the
    // field.
    const bool quotes = !endsInQuotes(field.value);
    for (std::string_view rest = field.value; !rest.empty();) {
      const std::string_view member = takePart(rest, ',', quotes);
      if (!member.empty()) members.add(member);
    }
  }
  return members;
}

std::string_view unquoted(std::string_view value) noexcept {
  return value.size() >= 2 && value.front() == '"' && value.back() == '"' ? value.substr(1, value.size() - 2)
                                                                          : value;
}

/// A parameter of a member of Forwarded, without quotes; empty where it is not there.
std::string_view parameterOf(std::string_view member, std::string_view name) noexcept {
  while (!member.empty()) {
    const std::string_view pair = takePart(member, ';', true);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && http::equalsIgnoreCase(pair.substr(0, equals), name))
      return unquoted(pair.substr(equals + 1));
  }
  return {};
}

/// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80"; anything else is not
/// known.
net::SocketAddress addressOf(std::string_view node) {
  constexpr std::size_t kLongest = 64;
  if (node.empty() || node.size() > kLongest) return {};
  std::string_view host = node;
  if (node.front() == '[') {
    const std::size_t close = node.find(']');
    if (close == std::string_view::npos) return {};
    if (close + 1 < node.size() && node[close + 1] != ':') return {};
    host = node.substr(1, close - 1);
  } else if (node.find(':') == node.rfind(':')) {
    host = node.substr(0, node.find(':'));
  }
  if (host.find_first_not_of("0123456789abcdefABCDEF.:") != std::string_view::npos) return {};
  const bool ipv6 = host.find(':') != std::string_view::npos;
  std::string text(ipv6 ? "[" : "");
  text.append(host).append(ipv6 ? "]:0" : ":0");
  return net::SocketAddress::parse(text).value_or(net::SocketAddress());
}

void believe(RequestOrigin& origin, std::string_view scheme, std::string_view host) noexcept {
  if (http::equalsIgnoreCase(scheme, "https")) origin.scheme = http::Scheme::Https;
  if (http::equalsIgnoreCase(scheme, "http")) origin.scheme = http::Scheme::Http;
  if (!http::hostOf(host).empty()) origin.authority = host;
}

}  // namespace

bool isTrusted(std::span<const net::Network> trusted, const net::SocketAddress& address) noexcept {
  return std::any_of(trusted.begin(), trusted.end(),
                     [&address](const net::Network& network) { return network.contains(address); });
}

RequestOrigin requestOrigin(const RequestOrigin& connection, const std::vector<Field>& fields,
                            std::span<const net::Network> trusted) {
  RequestOrigin origin = connection;
  if (trusted.empty() || !isTrusted(trusted, connection.address)) return origin;
  origin.isProxied = true;
  origin.address.setPort(0);  // the proxy's connection speaks for whoever it likes, one after the other
  const Members addresses = membersOf(fields, "X-Forwarded-For");
  const Members forwarded = addresses.empty() ? membersOf(fields, "Forwarded") : Members();
  const Members& nodes = addresses.empty() ? forwarded : addresses;
  std::size_t visitor = 0;
  for (; visitor < nodes.size(); ++visitor) {
    const std::string_view node = nodes.fromRight(visitor);
    origin.address = addressOf(addresses.empty() ? parameterOf(node, "for") : node);
    if (!isTrusted(trusted, origin.address)) break;
  }
  if (!forwarded.empty()) {
    const std::string_view member = forwarded.matching(visitor);
    believe(origin, parameterOf(member, "proto"), parameterOf(member, "host"));
  } else {
    believe(origin, membersOf(fields, "X-Forwarded-Proto").matching(visitor),
            membersOf(fields, "X-Forwarded-Host").matching(visitor));
  }
  return origin;
}

}  // namespace adit::server
