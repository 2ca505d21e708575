// SPDX-License-Identifier: Apache-2.0
#pragma once
// Host names to addresses, off the loop's thread (libuv's pool), answered on it. One loop's thread.

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
  /// A question under way; destroying it cancels and the callback does not come.
  class Query {
   public:
    virtual ~Query() = default;
  };
  using Callback = std::function<void(Result<std::vector<SocketAddress>>)>;
  explicit Resolver(EventLoop& loop) noexcept : m_loop(loop) {}
  /// Literal addresses and "localhost" (both loopbacks, RFC 6761) are answered without the system, still not inside the call.
  std::unique_ptr<Query> resolve(const std::string& host, std::uint16_t port, Callback callback);

 private:
  EventLoop& m_loop;
};

}  // namespace adit::net
