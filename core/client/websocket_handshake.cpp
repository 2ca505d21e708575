// SPDX-License-Identifier: Apache-2.0
#include "core/client/websocket_handshake.h"

#include <algorithm>
#include <array>

#include <gnutls/crypto.h>

#include "core/base/encoding.h"
#include "core/http/scan.h"

namespace adit::client {

namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// RFC 4648 section 4, with padding.
std::string toBase64(ByteView bytes) {
  std::string text = toBase64Url(bytes);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  text.resize((text.size() + 3) / 4 * 4, '=');
  return text;
}

/// Calls `use` with each element of a comma-separated list, without blanks and parameters.
template <typename Use>
void forEachElement(std::string_view list, Use&& use) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view element = list.substr(0, comma);
    use(http::scan::trim(element.substr(0, element.find(';'))));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

bool isOffered(std::string_view list, std::string_view wanted, bool caseMatters) {
  bool found = false;
  forEachElement(list, [&](std::string_view element) {
    found = found || (caseMatters ? element == wanted : http::equalsIgnoreCase(element, wanted));
  });
  return found;
}

void join(std::string& list, std::string_view more) {
  if (!list.empty()) list.push_back(',');
  list.append(more);
}

}  // namespace

std::string webSocketAccept(std::string_view key) {
  std::string text(key);
  text.append(kGuid);
  std::array<std::uint8_t, 20> digest{};
  gnutls_hash_fast(GNUTLS_DIG_SHA1, text.data(), text.size(), digest.data());
  return toBase64(digest);
}

std::string webSocketKey(Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  return toBase64(bytes);
}

void WebSocketOffer::take(const std::vector<http::Field>& fields) {
  m_key.clear();
  m_protocols.clear();
  m_extensions.clear();
  for (const http::Field& field : fields) {
    if (http::equalsIgnoreCase(field.name, "sec-websocket-key")) {
      m_key.assign(field.value);
    } else if (http::equalsIgnoreCase(field.name, "sec-websocket-protocol")) {
      join(m_protocols, field.value);
    } else if (http::equalsIgnoreCase(field.name, "sec-websocket-extensions")) {
      join(m_extensions, field.value);
    }
  }
}

const char* WebSocketOffer::refuseChoices(const std::vector<http::Field>& fields) const {
  bool chosen = false;
  for (const http::Field& field : fields) {
    if (http::equalsIgnoreCase(field.name, "sec-websocket-protocol")) {
      if (chosen) return "it chose more than one WebSocket protocol";
      chosen = true;
      // The answer must choose one protocol, so a list matches none of those offered.
      if (field.value.find(',') != std::string_view::npos || !isOffered(m_protocols, field.value, true))
        return "it chose a WebSocket protocol that was not offered";
    } else if (http::equalsIgnoreCase(field.name, "sec-websocket-extensions")) {
      bool known = true;
      forEachElement(field.value, [&](std::string_view name) {
        known = known && (name.empty() || isOffered(m_extensions, name, false));
      });
      if (!known) return "it chose a WebSocket extension that was not offered";
    }
  }
  return nullptr;
}

const char* WebSocketOffer::refuseAnswer(const std::vector<http::Field>& fields) const {
  std::size_t accepts = 0;
  bool right = false;
  for (const http::Field& field : fields) {
    if (!http::equalsIgnoreCase(field.name, "sec-websocket-accept")) continue;
    ++accepts;
    right = !m_key.empty() && field.value == webSocketAccept(m_key);
  }
  if (accepts != 1 || !right) return "it did not accept the WebSocket handshake";
  return refuseChoices(fields);
}

}  // namespace adit::client
