// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a worker knows of a visitor's connection, whatever protocol it speaks. Owned by its worker, which
// destroys it at the end of the turn in which it asked to be forgotten. One loop's thread.

#include <cstdint>
#include <string_view>

#include "core/net/address.h"
#include "core/net/event_loop.h"

namespace adit::server {

enum class VisitorProtocol : std::uint8_t {
  Http1,  ///< HTTP/1.1, or by its first bytes HTTP/2 with prior knowledge.
  Http2,
};

class Visitor : public net::Disposable {
 public:
  [[nodiscard]] virtual const net::SocketAddress& peer() const noexcept = 0;
  /// Bytes read before the connection came here.
  virtual void resumeWith(std::string_view received) = 0;
  /// Draining: ends as soon as what was asked is answered.
  virtual void drain() = 0;
  virtual void closeNow() = 0;
};

}  // namespace adit::server
