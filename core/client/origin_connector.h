// SPDX-License-Identifier: Apache-2.0
#pragma once
// Makes a connection to an origin: resolves its name, uses the first address that answers, and does the TLS
// handshake if the target has TLS. Destroying it cancels; inside its own callback give it to
// EventLoop::dispose instead. The client's thread.

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
    bool slow = false;    ///< It took too long: 504 instead of 502.
    bool refused = true;  ///< Nothing answers; false: something answers, but not as it should.
    std::string detail;   ///< A sentence for visitors, which reveals nothing internal.
    [[nodiscard]] http::Problem problem() const noexcept;
  };
  class Handler {
   public:
    /// The socket has no handler of the owner's yet: set one inside the call.
    virtual void onConnected(std::unique_ptr<net::StreamSocket> socket) = 0;
    virtual void onConnectFailed(const Failure& failure) = 0;

   protected:
    ~Handler() = default;
  };
  /// The handler is not called inside. `target` and `settings` must outlive the connector.
  static std::unique_ptr<OriginConnector> start(net::EventLoop& loop, net::Resolver& resolver,
                                                const Target& target, const OriginSettings& settings,
                                                Handler& handler);
};

}  // namespace adit::client
