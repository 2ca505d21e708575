// SPDX-License-Identifier: Apache-2.0
#pragma once
// The client's way to its server: resolves, connects, verifies the pin, logs in, and does so again when the
// connection is lost: at once first, then with growing, jittered delays; at once again when the network
// changed. A refusal that trying again cannot mend (wrong pin, token, version) ends in Failed. Allowed
// transitions are a table. Owned by Client; its thread.

#include <memory>
#include <optional>
#include <vector>

#include "core/base/backoff.h"
#include "core/base/random.h"
#include "core/client/status.h"
#include "core/net/network_watch.h"
#include "core/net/resolver.h"
#include "core/quic/endpoint_driver.h"
#include "core/session/client_session.h"
#include "core/session/join_link.h"

namespace adit::client {

struct ServerLinkParams {
  std::shared_ptr<const tls::Identity> identity;
  std::string clientName;
  std::string agent;
  std::size_t loopbackPayload = 16376;
};

class ServerLink final : private quic::EndpointDriver::Handler,
                         private transport::LinkHandler,
                         private transport::StreamHandler,
                         private session::ClientSession::Handler {
 public:
  class Handler {
   public:
    virtual void onLinkChanged() = 0;
    virtual void onDeclared(const wire::Declared& declared) = 0;
    /// The tunnels to declare, asked for after every login and by declare().
    virtual std::vector<wire::TunnelDeclaration> declarations() = 0;
    /// The server opened a stream for a visitor's request; a handler must be set inside.
    virtual void onRequestStream(transport::Stream& stream) = 0;

   protected:
    ~Handler() = default;
  };
  ServerLink(net::EventLoop& loop, ServerLinkParams params, Handler& handler);
  ~ServerLink();

  void connectTo(const session::JoinLink& link);
  /// The set of tunnels changed: tells the server, now or once logged in.
  void declare();
  void retryNow();
  /// Called by the link's own watch: moves the connection, or tries at once where there is none.
  void networkChanged();
  /// Tells the server that no new requests are wanted.
  void announceDrain(Duration deadline);
  /// Says good-bye and stays stopped.
  void close();

  [[nodiscard]] LinkState state() const noexcept { return m_state; }
  [[nodiscard]] const std::optional<Error>& error() const noexcept { return m_error; }
  /// Before the next attempt, while Waiting.
  [[nodiscard]] Duration retryIn() const;
  [[nodiscard]] Duration roundTrip() const;

 private:
  void onAccepted(transport::Link&) override {}
  void onForeignDatagram(std::uint8_t, const net::ReceivedDatagram&) override {}
  void onConnected(transport::Link& connection) override;
  void onStreamOpened(transport::Link& connection, transport::Stream& stream) override;
  void onStreamCredit(transport::Link&) override {}
  void onLinkClosed(transport::Link& connection, const transport::CloseInfo& info) override;
  void onStreamData(transport::Stream& stream, ByteView data, bool fin) override;
  void onStreamReset(transport::Stream&, transport::AppErrorCode) override {}
  void onStreamStopped(transport::Stream&, transport::AppErrorCode) override {}
  void onStreamWritable(transport::Stream&) override {}
  void onStreamClosed(transport::Stream& stream) override;
  void sendControl(ByteView bytes) override;
  void onLoggedIn(const wire::LoginAccepted& accepted) override;
  void onDeclared(const wire::Declared& declared) override;
  void onServerDraining(const wire::Drain& drain) override;
  void onSessionFailed(const Error& error, wire::AppError code) override;

  struct DriverKind {
    net::AddressFamily family = net::AddressFamily::None;
    bool loopback = false;
    friend bool operator==(const DriverKind&, const DriverKind&) = default;
  };

  void attempt();
  void resolved(const Result<std::vector<net::SocketAddress>>& addresses);
  Result<> openDriver(const net::SocketAddress& peer);
  void failed(Error error);
  /// Forgets the connection, or what was to become one.
  void dropAttempt();
  void armSessionTimer();
  void setState(LinkState next);

  net::EventLoop& m_loop;
  ServerLinkParams m_params;
  Handler& m_handler;
  SecureRandom m_random;
  Backoff m_backoff;
  net::Resolver m_resolver;
  std::unique_ptr<net::NetworkWatch> m_watch;
  net::Timer m_retryTimer;
  net::Timer m_sessionTimer;
  std::optional<session::JoinLink> m_link;
  LinkState m_state = LinkState::Offline;
  std::optional<Error> m_error;
  Timestamp m_retryAt = kNever;
  std::unique_ptr<net::Resolver::Query> m_query;
  std::unique_ptr<quic::EndpointDriver> m_driver;
  DriverKind m_driverKind;
  std::size_t m_addressTurn = 0;  ///< Which of the server's addresses is tried.
  transport::Link* m_connection = nullptr;
  transport::Stream* m_control = nullptr;
  std::unique_ptr<session::ClientSession> m_session;
  std::optional<Error> m_sessionError;
};

}  // namespace adit::client
