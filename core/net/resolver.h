// SPDX-License-Identifier: Apache-2.0
#pragma once
// Resolves host names on threads of its own and delivers the answers on the loop's thread. A look-up that
// hangs delays neither other loops nor a shutdown: its thread is left behind and its answer is dropped.
// Queries for a name that is being looked up share that look-up and its outcome. One loop's thread.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/net/address.h"
#include "core/net/event_loop.h"

namespace adit::net {

class Resolver {
 public:
  /// A query under way. Destroying it cancels it: the callback is not called.
  class Query {
   public:
    virtual ~Query() = default;
  };
  using Callback = std::function<void(Result<std::vector<SocketAddress>>)>;
  /// Finds a name's addresses (with port 0). Blocks; called on any thread.
  using Lookup = std::function<Result<std::vector<SocketAddress>>(const std::string& host)>;
  /// Asks the system's resolver; the result alternates between address families (RFC 8305, section 4).
  static Result<std::vector<SocketAddress>> systemLookup(const std::string& host);

  explicit Resolver(EventLoop& loop, Lookup lookup = &Resolver::systemLookup);
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  ~Resolver();
  /// Literal addresses and "localhost" (both loopback addresses, RFC 6761) are answered without the system's
  /// resolver. The callback never comes inside the call.
  std::unique_ptr<Query> resolve(const std::string& host, std::uint16_t port, Callback callback);

 private:
  struct State;
  std::shared_ptr<State> m_state;
};

}  // namespace adit::net
