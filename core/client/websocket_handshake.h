// SPDX-License-Identifier: Apache-2.0
#pragma once
// The part of a WebSocket handshake by which an origin proves that it understood it (RFC 6455 section 4).
// Pure, except that keys are random; any thread.

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
  /// Sets a key for a request that has none.
  void setKey(std::string key) { m_key = std::move(key); }
  [[nodiscard]] const std::string& key() const noexcept { return m_key; }
  /// Null if a 101 with these fields accepts the offer (RFC 6455 section 4.1): it has the right
  /// Sec-WebSocket-Accept once and passes refuseChoices. Otherwise a sentence about what is wrong.
  [[nodiscard]] const char* refuseAnswer(const std::vector<http::Field>& fields) const;
  /// Null if the answer chooses at most one of the offered protocols and only offered extensions. Otherwise a
  /// sentence about what is wrong.
  [[nodiscard]] const char* refuseChoices(const std::vector<http::Field>& fields) const;

 private:
  std::string m_key;
  std::string m_protocols;   ///< Comma-separated.
  std::string m_extensions;  ///< Comma-separated, with parameters.
};

}  // namespace adit::client
