// SPDX-License-Identifier: Apache-2.0
#pragma once
// A visitor's connection as its worker knows it, whatever protocol it speaks, and the factories that make one
// of each kind. Owned by the worker, which destroys it at the end of the turn in which it called
// VisitorHost::forget. One loop's thread.

#include <memory>
#include <string>
#include <string_view>

#include "core/http/message.h"
#include "core/net/address.h"
#include "core/net/event_loop.h"
#include "core/net/stream_socket.h"

namespace adit::server {

struct VisitorServices;

class Visitor : public net::Disposable {
 public:
  [[nodiscard]] virtual const net::SocketAddress& peer() const noexcept = 0;
  /// Bytes that were read before the connection came to this object; they come before what it reads itself.
  virtual void resumeWith(std::string_view received) = 0;
  /// Draining: ends as soon as the requests in progress are answered.
  virtual void drain() = 0;
  virtual void closeNow() = 0;
};

class VisitorFactory;

/// A connection that becomes a visitor: a new one, one that another worker sends, or one that turned out to
/// speak another protocol.
struct VisitorArrival {
  std::unique_ptr<net::DetachedSocket> socket;
  const VisitorFactory* factory = nullptr;  ///< Must outlive the server's workers.
  http::Scheme scheme = http::Scheme::Http;
  net::SocketAddress peer;
  std::string received = {};  ///< Read from it already.
};

/// Makes the visitors of one kind: what a listener is given, and what a connection keeps when it moves to
/// another worker. Shared by all workers, so it is immutable or thread-safe.
class VisitorFactory {
 public:
  virtual ~VisitorFactory() = default;
  /// Attaches the arrival's socket to the worker's loop. `services` outlive the visitor. Called on the
  /// worker's thread; resumeWith() follows where bytes were received already.
  [[nodiscard]] virtual std::unique_ptr<Visitor> create(VisitorServices& services,
                                                        VisitorArrival& arrival) const = 0;
};

}  // namespace adit::server
