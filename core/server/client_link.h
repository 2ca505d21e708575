// SPDX-License-Identifier: Apache-2.0
#pragma once
// The server's end of one client's connection: its control stream and session, and the way to open streams
// for visitors' requests. Owned by its worker; destroyed after the connection closed. One loop's thread.

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "core/net/event_loop.h"
#include "core/server/route_table.h"
#include "core/server/tunnel_streams.h"
#include "core/session/server_session.h"
#include "core/transport/link.h"

namespace adit::server {

class Worker;

class ClientLink final : public net::Disposable,
                         private transport::LinkHandler,
                         private transport::StreamHandler,
                         private session::ServerSession::Handler {
 public:
  ClientLink(Worker& worker, transport::Link& connection);
  ~ClientLink() override;

  [[nodiscard]] transport::Link& connection() noexcept { return *m_connection; }
  [[nodiscard]] bool isReady() const noexcept;
  /// The load counter of a declared tunnel.
  std::shared_ptr<TunnelLoad> loadOf(std::uint64_t tunnel);
  /// A newer connection of the same key has the session.
  void takenOver();
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
  Result<wire::LoginAccepted> authenticate(const wire::Login& login) override;
  wire::Declared apply(const wire::Declare& declare) override;
  void onClientDraining(const wire::Drain& drain) override;
  void onSessionFailed(const Error& error, wire::AppError code) override;

  void armTimer();
  void checkTokenAgain();

  Worker& m_worker;
  transport::Link* m_connection;
  transport::Stream* m_control = nullptr;
  session::ServerSession m_session;
  net::Timer m_timer;
  net::Timer m_closeTimer;
  net::Timer m_tokenTimer;
  SessionId m_id = 0;  ///< 0 before login.
  std::string m_peerName;
  std::string m_token;  ///< Of the login: it may be revoked while the session lasts.
  std::string m_head;   ///< Bytes of the control stream's head while incomplete.
  bool m_headRead = false;
  bool m_registered = false;
  bool m_leaving = false;
  std::unordered_map<std::uint64_t, std::shared_ptr<TunnelLoad>> m_loads;
};

}  // namespace adit::server
