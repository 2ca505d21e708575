// SPDX-License-Identifier: Apache-2.0
#pragma once
// A connection to an origin being made: its name is resolved, the first address that answers is taken, and
// TLS is agreed upon where the target wants it.
// Destroying it cancels; inside its own callback hand it to EventLoop::dispose instead. The client's thread.

#include <memory>
#include <string>

#include "core/client/origin_settings.h"
#include "core/client/target.h"
#include "core/http/pages.h"
#include "core/net/resolver.h"
#include "core/net/stream_socket.h"

namespace adit::client {

class OriginConnector : public net::Disposable {
 public:
  /// Why there is no connection, for the visitor's page.
  struct Failure {
    Error error;          ///< For the log.
    bool slow = false;    ///< It took too long: 504, else 502.
    bool refused = true;  ///< Nothing answers at all; false: what answers is not what it should be.
    std::string detail;   ///< A sentence without anything of the inside.
    [[nodiscard]] http::Problem problem() const noexcept;
  };
  class Handler {
   public:
    /// The socket calls nobody yet: put a handler in its place inside.
    virtual void onConnected(std::unique_ptr<net::StreamSocket> socket) = 0;
    virtual void onConnectFailed(const Failure& failure) = 0;

   protected:
    ~Handler() = default;
  };
  /// The handler is not called inside. `target` and `settings` outlive the connector.
  static std::unique_ptr<OriginConnector> start(net::EventLoop& loop, net::Resolver& resolver,
                                                const Target& target, const OriginSettings& settings,
                                                Handler& handler);
};

}  // namespace adit::client
