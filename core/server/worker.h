// SPDX-License-Identifier: Apache-2.0
#pragma once
// One server thread: an event loop with its UDP socket and QUIC endpoint, its TCP listener, the clients'
// sessions whose connection lives here, and the visitors it serves. Other threads reach it by post() only.
// Owned by Server.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/base/block_pool.h"
#include "core/http/forwarding.h"
#include "core/http/h2_window.h"
#include "core/http/message.h"
#include "core/net/event_loop.h"
#include "core/net/stream_socket.h"
#include "core/net/timeout_queue.h"
#include "core/net/turn_line.h"
#include "core/quic/endpoint_driver.h"
#include "core/server/hold_budget.h"
#include "core/server/limits.h"
#include "core/server/login_guard.h"
#include "core/server/registry.h"
#include "core/server/remote_stream.h"
#include "core/server/request_policy.h"
#include "core/server/visitor.h"
#include "core/server/visitor_gate.h"
#include "core/tls/certificate_store.h"

namespace adit::server {

class ClientLink;
class TlsIngress;
class Worker;

/// Decides about a token: the sentence of a refusal, or nothing. Any thread.
using TokenCheck = std::function<Result<>(std::string_view token)>;

/// What the workers of a server share. Immutable after start except what is thread-safe by itself.
struct ServerContext {
  /// `instance`: a word no other server has. `capacity`: visitors' connections in all.
  ServerContext(RegistryParams registryParams, std::string_view instance, const ServerLimits& serverLimits,
                std::size_t capacity)
      : registry(std::move(registryParams)),
        limits(serverLimits),
        gate(serverLimits, capacity),
        via(instance) {}
  Registry registry;
  LoginGuard loginGuard;
  TokenCheck checkToken;
  const ServerLimits limits;
  VisitorGate gate;
  http::ViaNames via;
  std::shared_ptr<const tls::CertificateSource> certificates;  ///< Null: no HTTPS.
  /// Visitors without TLS are sent to this HTTPS port; 0: they are served as they came.
  std::uint16_t redirectPort = 0;
  std::vector<Worker*> workers;
};

struct WorkerParams {
  unsigned index = 0;
  quic::EndpointParams endpoint;
  net::UdpParams udp;
  net::StreamListener::Params http;
  net::StreamListener::Params https;  ///< Where the context has certificates.
};

class Worker final : private quic::EndpointDriver::Handler,
                     private net::StreamListener::Handler,
                     private RemoteStreams::Opener {
 public:
  /// Binds on the calling thread; the thread starts with start().
  static Result<std::unique_ptr<Worker>> create(ServerContext& context, WorkerParams params);
  ~Worker();

  void start();
  void post(net::EventLoop::Task task) { m_loop->post(std::move(task)); }
  /// Stops accepting, tells clients and visitors, and calls `done` (on this thread) when nothing is left or
  /// at the deadline.
  void drain(Duration deadline, std::function<void()> done);
  /// Ends the thread at once and waits for it.
  void stop();

  [[nodiscard]] net::SocketAddress quicAddress() const { return m_driver->localAddress(); }
  [[nodiscard]] net::SocketAddress httpAddress() const { return m_httpAddress; }
  /// Family None: no HTTPS.
  [[nodiscard]] net::SocketAddress httpsAddress() const;

  // For the worker's own objects, on its thread:
  [[nodiscard]] ServerContext& context() noexcept { return m_context; }
  [[nodiscard]] net::EventLoop& loop() noexcept { return *m_loop; }
  [[nodiscard]] unsigned index() const noexcept { return m_params.index; }
  [[nodiscard]] bool draining() const noexcept { return m_draining; }
  /// Memory for libraries that take some for every request.
  [[nodiscard]] BlockPool& blocks() noexcept { return m_blocks; }
  /// The value of a Date field written now; valid during the event.
  std::string_view date() noexcept { return m_date.at(m_loop->now()); }
  /// The current routes; fetched again only when they changed.
  const RouteTable& routes();
  /// Where requests for `authority` (host[:port]) go now.
  [[nodiscard]] Destination findDestination(std::string_view authority);
  [[nodiscard]] PolicyRules policyRules() const noexcept { return {m_context.via, m_context.redirectPort}; }
  [[nodiscard]] ClientLink* findSession(SessionId id);
  void addSession(SessionId id, ClientLink& link) { m_sessions[id] = &link; }
  void removeSession(SessionId id) { m_sessions.erase(id); }
  void closeSession(SessionId id);
  /// Serves a visitor that came in here, or with `received` one that was read from already (by another
  /// worker, or in another protocol) and has its place: whoever hands it over calls keepPlace() before it
  /// lets it go.
  void startVisitor(std::unique_ptr<net::DetachedSocket> socket, VisitorProtocol protocol,
                    http::Scheme scheme, const net::SocketAddress& peer, std::string received);
  /// Counts a connection of `peer`; false where it has too many. Each that was let in leaves once.
  bool admit(const net::SocketAddress& peer);
  void leave(const net::SocketAddress& peer);
  /// A visitor of ours is on its way to another object, and counts while it is: a busy worker must not let in
  /// as many as others send it.
  void keepPlace(const net::SocketAddress& peer) { m_context.gate.enter(peer); }
  /// A stream to the client of a session that lives here, for a request to one of its tunnels; counted in the
  /// tunnel's load. Refusals: Draining (no such session now), TunnelUnknown, Overloaded.
  OpenedStream openStream(SessionId session, std::uint64_t tunnel) override;
  /// The way to sessions of other workers.
  [[nodiscard]] RemoteStreams& remoteStreams() noexcept { return m_remoteStreams; }
  void forgetVisitor(Visitor& visitor);
  void forgetLink(ClientLink& link);

  /// writeTimeouts is for looks at a ReadPace, several in a writeIdleTimeout.
  net::TimeoutQueue headTimeouts, keepAliveTimeouts, bodyTimeouts, writeTimeouts, halfCloseTimeouts,
      lingerTimeouts;
  HoldBudget holdBudget;
  net::TurnLine turnLine;
  http::H2WindowBudget windowBudget;

 private:
  Worker(ServerContext& context, WorkerParams params, std::unique_ptr<net::EventLoop> loop);
  void onAccepted(quic::Connection& connection) override;
  void onForeignDatagram(std::uint8_t worker, const net::ReceivedDatagram& datagram) override;
  void onAccepted(std::uintptr_t nativeSocket, const net::SocketAddress& peer) override;
  void onRemoteIdle() override { finishDrainWhenIdle(); }
  void pauseAccepting();
  void resumeAccepting();
  void finishDrainWhenIdle();
  void shutDown();

  ServerContext& m_context;
  WorkerParams m_params;
  BlockPool m_blocks;  ///< Outlives what the loop disposes of last.
  // The loop outlives everything that lives in it.
  std::unique_ptr<net::EventLoop> m_loop;
  RemoteStreams m_remoteStreams;
  std::unique_ptr<quic::EndpointDriver> m_driver;
  std::unique_ptr<net::StreamListener> m_listener;
  std::unique_ptr<TlsIngress> m_tlsIngress;
  net::SocketAddress m_httpAddress;
  http::DateText m_date;
  std::unordered_map<ClientLink*, std::unique_ptr<ClientLink>> m_links;
  std::unordered_map<SessionId, ClientLink*> m_sessions;
  std::unordered_map<Visitor*, std::unique_ptr<Visitor>> m_visitors;
  std::shared_ptr<const RouteTable> m_routes;
  std::uint64_t m_routesVersion = 0;
  bool m_draining = false;
  bool m_listenerPaused = false;  ///< Both listeners.
  net::Timer m_fullTimer;
  Timestamp m_fullLogDue{};
  std::function<void()> m_drained;
  std::unique_ptr<net::Timer> m_drainTimer;
  std::thread m_thread;
};

}  // namespace adit::server
