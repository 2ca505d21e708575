// SPDX-License-Identifier: Apache-2.0
#pragma once
// The server's end of one client's connection: its control stream and session, and the way to open streams
// for visitors' requests. Owned by its worker; destroyed after the connection closed. One loop's thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/token_bucket.h"
#include "core/net/event_loop.h"
#include "core/relay/stream_acceptor.h"
#include "core/server/link_services.h"
#include "core/server/tunnel_streams.h"
#include "core/session/server_session.h"
#include "core/transport/link.h"

namespace adit::server {

class ClientLink final : public net::Disposable,
                         private transport::LinkHandler,
                         private transport::StreamHandler,
                         private session::ServerSession::Handler {
 public:
  ClientLink(LinkServices& services, transport::Link& connection);
  ~ClientLink() override;

  [[nodiscard]] transport::Link& connection() noexcept { return *m_connection; }
  [[nodiscard]] bool isReady() const noexcept;
  /// The load counter of a declared tunnel.
  std::shared_ptr<TunnelLoad> loadOf(std::uint64_t tunnel);
  /// A newer connection of the same instance has the session.
  void takenOver();
  /// Tunnels lost their names to another session.
  void withdraw(const wire::Withdrawn& withdrawn);
  /// Asks the client whether it lives. `done` is called once: with false where it does not answer in time or
  /// its connection ends.
  void probe(std::function<void(bool answered)> done);
  /// What apply() left open because of `holder` is decided.
  void settle(SessionId holder, bool answered);
  /// Ends the session where its token is not good any more.
  void checkToken();
  void drain(Duration deadline);
  void close(wire::AppError code, std::string_view reason);

 private:
  void onConnected(transport::Link& connection) override;
  void onStreamOpened(transport::Link& connection, transport::Stream& stream) override;
  void onStreamCredit(transport::Link& connection) override;
  void onLinkClosed(transport::Link& connection, const transport::CloseInfo& info) override;

  void onStreamData(transport::Stream& stream, ByteView data, bool fin) override;
  void onStreamReset(transport::Stream& stream, transport::AppErrorCode code) override;
  void onStreamStopped(transport::Stream& stream, transport::AppErrorCode code) override;
  void onStreamWritable(transport::Stream& stream) override;
  void onStreamClosed(transport::Stream& stream) override;

  void sendControl(ByteView bytes) override;
  session::LoginVerdict authenticate(const wire::Login& login) override;
  wire::Declared apply(const wire::Declare& declare) override;
  wire::Released release(const wire::Release& release) override;
  void onProbeAnswered() override { finishProbes(true); }
  void onClientDraining(const wire::Drain& drain) override;
  void onSessionFailed(const Error& error, wire::AppError code) override;

  void onControlAborted();
  void armTimer();
  Result<wire::LoginAccepted> enter(const wire::Login& login, Result<access::Grant> grant);
  /// What the registry made of a declaration: loads, logs, and what others have to do.
  void follow(const Registry::Applied& applied);
  void finishProbes(bool answered);
  /// Whether the log may have another line about a tunnel of this client.
  [[nodiscard]] bool mayTell();

  LinkServices& m_services;
  transport::Link* m_connection;
  relay::StreamAcceptor m_streams;  ///< Of what the client opens besides its control stream.
  transport::Stream* m_control = nullptr;
  session::ServerSession m_session;
  net::Timer m_timer;
  net::Timer m_refusalTimer;  ///< Until the connection of a client that was refused is closed.
  net::Timer m_probeTimer;
  SessionId m_id = 0;  ///< 0 before login.
  std::string m_peerName;
  std::string m_tokenId;  ///< Of the login: it may be revoked while the session lasts.
  std::string m_head;     ///< Bytes of the control stream's head while incomplete.
  bool m_headRead = false;
  bool m_registered = false;
  wire::AppError m_refusal = wire::AppError::LoginRefused;  ///< What it is closed with.
  std::unordered_map<std::uint64_t, std::shared_ptr<TunnelLoad>> m_loads;
  std::vector<std::function<void(bool)>> m_probes;
  TokenBucket m_news;        ///< Lines in the log about its tunnels ...
  std::size_t m_untold = 0;  ///< ... and how many were left out since the last one.
  bool m_isSilent = false;   ///< It did not answer the last probe and was not heard since.
  std::shared_ptr<ClientLink*> m_self =
      std::make_shared<ClientLink*>(this);  ///< For what other threads finish.
};

}  // namespace adit::server
