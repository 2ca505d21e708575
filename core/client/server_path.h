// SPDX-License-Identifier: Apache-2.0
#pragma once
// One connection to the server, or an attempt at one, on a UDP socket of its own: attempts that run side by
// side, and moving one of them to another local address, do not disturb each other. Owned by ServerLink,
// which hands it to EventLoop::dispose when it is over, as it must not go away inside its own callbacks.
// ServerLink's thread.

#include <memory>
#include <optional>
#include <string>

#include "core/base/random.h"
#include "core/quic/endpoint_driver.h"

namespace adit::client {

class ServerPath final : public net::Disposable, private quic::EndpointDriver::Handler {
 public:
  struct Params {
    std::shared_ptr<const tls::Identity> identity;
    net::SocketAddress peer;
    std::string serverName;  ///< For SNI; empty where the host is a literal address.
    std::optional<tls::Pin> pin;
    std::size_t loopbackPayload = 0;
    std::optional<quic::Congestion> congestion;
    std::size_t addressIndex = 0;  ///< Which of the server's addresses `peer` is.
  };
  /// After so much silence it sends something that the server acknowledges.
  static constexpr Duration kKeepAlive = std::chrono::seconds(1);

  /// Starts a handshake; `handler` hears of its end. It outlives the path, or `abandon` is called before.
  static Result<std::unique_ptr<ServerPath>> open(net::EventLoop& loop, Random& random, const Params& params,
                                                  transport::LinkHandler& handler);
  ~ServerPath() override;

  /// Null once the connection is over.
  [[nodiscard]] transport::Link* link() const noexcept { return m_link; }
  [[nodiscard]] std::size_t addressIndex() const noexcept { return m_params.addressIndex; }
  [[nodiscard]] const Params& params() const noexcept { return m_params; }
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
  explicit ServerPath(Params params) : m_params(std::move(params)) {}
  void onAccepted(transport::Link&) override {}
  void onForeignDatagram(std::uint8_t, const net::ReceivedDatagram&) override {}

  Params m_params;
  std::unique_ptr<quic::EndpointDriver> m_driver;
  transport::Link* m_link = nullptr;
};

}  // namespace adit::client
