// SPDX-License-Identifier: Apache-2.0
#pragma once
// The proof in a WebSocket handshake that an origin understood it (RFC 6455 section 4). Pure but for the
// key's randomness; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "core/base/random.h"
#include "core/http/message.h"

namespace adit::client {

/// The Sec-WebSocket-Accept for a Sec-WebSocket-Key.
std::string webSocketAccept(std::string_view key);
/// A key of 16 random bytes.
std::string webSocketKey(Random& random);

/// What a client asked for in its handshake; copies, because the answer comes later.
class WebSocketOffer {
 public:
  /// Reads the offer from a request's fields.
  void take(const std::vector<http::Field>& fields);
  /// Another key than the request's (which had none).
  void setKey(std::string key) { m_key = std::move(key); }
  [[nodiscard]] const std::string& key() const noexcept { return m_key; }
  /// Null when a 101 with these fields accepts the offer (RFC 6455 section 4.1): the right Accept once, and
  /// what refuseChoices asks for. Otherwise what is wrong.
  [[nodiscard]] const char* refuseAnswer(const std::vector<http::Field>& fields) const;
  /// Null when at most one protocol was chosen, of those offered, and no extension that was not offered.
  [[nodiscard]] const char* refuseChoices(const std::vector<http::Field>& fields) const;

 private:
  std::string m_key;
  std::string m_protocols;   ///< Comma-separated.
  std::string m_extensions;  ///< Comma-separated, with parameters.
};

}  // namespace adit::client
