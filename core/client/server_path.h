// SPDX-License-Identifier: Apache-2.0
#pragma once
// One connection to the server, or an attempt at one. Owned by ServerLink, which hands it to
// EventLoop::dispose when it is over, as it must not go away inside its own callbacks. ServerLink's thread.

#include <memory>

#include "core/net/event_loop.h"
#include "core/transport/dialer.h"

namespace adit::client {

class ServerPath final : public net::Disposable {
 public:
  /// After so much silence it sends something that the server acknowledges.
  static constexpr Duration kKeepAlive = std::chrono::seconds(1);

  /// Starts a handshake; `handler` hears of its end. It outlives the path, or `abandon` is called before.
  /// `addressIndex`: which of the server's addresses `params.peer` is.
  static Result<std::unique_ptr<ServerPath>> open(transport::Dialer& dialer,
                                                  const transport::DialParams& params,
                                                  std::size_t addressIndex, transport::LinkHandler& handler);
  ~ServerPath() override;

  /// Null once the connection is over.
  [[nodiscard]] transport::Link* link() const noexcept { return m_link; }
  [[nodiscard]] std::size_t addressIndex() const noexcept { return m_addressIndex; }
  [[nodiscard]] const transport::DialParams& params() const noexcept { return m_params; }
  /// When the server was last heard; the epoch where it never was.
  [[nodiscard]] Timestamp lastHeard() const;
  [[nodiscard]] Duration roundTrip() const;
  /// Goes on from another local port (RFC 9000 section 9). Lost packets are not waited for any more.
  void move();
  /// The connection is over: onLinkClosed was called.
  void noteClosed() noexcept { m_link = nullptr; }
  /// Closes the connection without another call to the handler.
  void abandon();

 private:
  ServerPath(transport::DialParams params, std::size_t addressIndex,
             std::unique_ptr<transport::DialedLink> dialed);

  transport::DialParams m_params;
  std::size_t m_addressIndex;
  std::unique_ptr<transport::DialedLink> m_dialed;
  transport::Link* m_link;
};

}  // namespace adit::client
