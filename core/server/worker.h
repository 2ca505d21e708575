// SPDX-License-Identifier: Apache-2.0
#pragma once
// One server thread: an event loop with its UDP socket and QUIC endpoint, its TCP listeners, the clients'
// sessions whose connection lives here, and the visitors it serves. It owns these and implements the narrow
// interfaces through which they reach it (visitor_services.h, link_services.h, ingress.h). Other threads
// reach it by post() only. Owned by Server.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/access/token_source.h"
#include "core/net/bounded_post.h"
#include "core/quic/endpoint_driver.h"
#include "core/server/ingress.h"
#include "core/server/link_services.h"
#include "core/server/remote_stream.h"
#include "core/server/visitor_gate.h"
#include "core/server/visitor_services.h"

namespace adit::server {

class ClientLink;
class Worker;

/// What the workers of a server share. Immutable after start except what is thread-safe by itself.
struct ServerContext {
  /// `descriptors`: see VisitorGate.
  ServerContext(RegistryParams registryParams, http::HopNames hopNames, ServerConfig initial,
                std::size_t descriptors)
      : config(std::move(initial)),
        registry(std::move(registryParams), config),
        gate(descriptors),
        names(std::move(hopNames)) {}
  ConfigSource config;
  Registry registry;
  LoginGuard loginGuard;
  std::shared_ptr<access::TokenSource> tokens;
  VisitorGate gate;
  const http::HopNames names;
  std::shared_ptr<RequestObserver> observer;  ///< Null: nobody wants to know of requests.
  std::vector<Worker*> workers;
};

struct WorkerParams {
  /// A listener whose connections are visitors from their first byte.
  struct Listener {
    net::StreamListener::Params params;
    const VisitorFactory* factory = nullptr;
  };
  unsigned index = 0;
  quic::EndpointParams endpoint;
  net::UdpParams udp;
  net::StreamListener::Params http;
  net::StreamListener::Params https;  ///< Where the configuration has certificates.
  std::vector<Listener> others;       ///< For other kinds of visitors.
  /// The ports of `http` and `https` are listened to on [::1] as well, where the system has it.
  bool alsoIpv6Loopback = false;
};

class Worker final : private quic::EndpointDriver::Handler,
                     private RemoteStreams::Opener,
                     private RouteFinder,
                     private TunnelStreams,
                     private VisitorHost,
                     private LinkHost,
                     private IngressHost {
 public:
  /// Binds on the calling thread; the thread starts with start().
  static Result<std::unique_ptr<Worker>> create(ServerContext& context, WorkerParams params);
  ~Worker();

  /// Before start() on the thread that starts it, then on its own: sessions whose token is no longer good
  /// end.
  void setTokens(std::shared_ptr<const access::TokenSnapshot> tokens);
  void start();
  void post(net::EventLoop::Task task) { m_loop->post(std::move(task)); }
  /// Stops accepting, tells clients and visitors, and calls `done` (on this thread) when nothing is left or
  /// at the deadline.
  void drain(Duration deadline, std::function<void()> done);
  /// Ends the thread at once and waits for it.
  void stop();

  [[nodiscard]] net::SocketAddress quicAddress() const { return m_driver->localAddress(); }
  [[nodiscard]] net::SocketAddress httpAddress() const { return m_http->address(); }
  /// Family None: no HTTPS.
  [[nodiscard]] net::SocketAddress httpsAddress() const;
  /// Of WorkerParams::others.
  [[nodiscard]] net::SocketAddress otherAddress(std::size_t index) const {
    return m_others[index]->address();
  }
  /// The way to sessions of other workers.
  [[nodiscard]] RemoteStreams& remoteStreams() noexcept { return m_remoteStreams; }

  /// Which kinds of streams logged-in clients may open besides their control stream: those of handlers added
  /// before start(), which outlive the worker. None so far.
  [[nodiscard]] relay::StreamKinds& streamKinds() noexcept { return m_streamKinds; }

 private:
  Worker(ServerContext& context, WorkerParams params, std::unique_ptr<net::EventLoop> loop);
  // quic::EndpointDriver::Handler
  void onAccepted(transport::Link& connection) override;
  void onForeignDatagram(std::uint8_t worker, const net::ReceivedDatagram& datagram) override;
  // RemoteStreams::Opener
  OpenedStream openStream(SessionId session, std::uint64_t tunnel, const PlaceRequest& request) override;
  void onRemoteIdle() override { finishDrainWhenIdle(); }
  // RouteFinder, TunnelStreams
  Destination find(const RequestOrigin& origin) override;
  std::vector<http::PageLink> listTunnels(http::Scheme scheme, std::string_view authority) override;
  OpenedStream open(const Destination& destination, const PlaceRequest& request) override;
  // VisitorHost, LinkHost
  [[nodiscard]] bool isDraining() const noexcept override { return m_draining; }
  void adopt(VisitorArrival arrival) override;
  void move(unsigned index, VisitorArrival arrival) override;
  void forget(Visitor& visitor) override;
  // LinkHost
  [[nodiscard]] const access::TokenSnapshot& tokens() const noexcept override { return *m_tokens; }
  void refreshTokens(std::function<void()> done) override;
  void addSession(SessionId id, ClientLink& link) override { m_sessions[id] = &link; }
  void removeSession(SessionId id) override { m_sessions.erase(id); }
  void takeOver(const Registry::SessionPlace& displaced) override;
  void withdraw(const std::vector<Registry::Withdrawal>& withdrawals) override;
  void probe(const std::vector<Registry::SessionPlace>& holders, SessionId asker) override;
  void forget(ClientLink& link) override;
  // IngressHost
  bool admit(const net::SocketAddress& peer) override;
  void leave(const net::SocketAddress& peer) override;
  void accept(VisitorArrival arrival) override;

  [[nodiscard]] ClientLink* findSession(SessionId id);
  /// The current routes, good during the event.
  const RouteTable& routes() { return *m_routes.current(); }
  Result<> listenOnIpv6Loopback();
  void serve(VisitorArrival& arrival);
  void apply(const ServerConfig& config);
  template <typename Do>
  void forEachIngress(Do&& action);
  void pauseAccepting();
  void resumeAccepting();
  void finishDrainWhenIdle();
  void shutDown();

  ServerContext& m_context;
  WorkerParams m_params;
  BlockPool m_blocks;  ///< Outlives what the loop disposes of last.
  // The loop outlives everything that lives in it.
  std::unique_ptr<net::EventLoop> m_loop;
  ConfigReader m_config;
  VisitorTimeouts m_timeouts;
  HoldBudget m_holdBudget;
  AnswerWindows m_answerWindows;
  net::TurnLine m_turnLine;
  http::H2WindowBudget m_windowBudget;
  http::DateText m_date;
  VisitorServices m_services;
  relay::StreamKinds m_streamKinds;
  LinkServices m_linkServices;
  RemoteStreams m_remoteStreams;
  std::unique_ptr<quic::EndpointDriver> m_driver;
  std::unique_ptr<Ingress> m_http, m_https;
  std::vector<std::unique_ptr<Ingress>> m_others;
  std::unordered_map<ClientLink*, std::unique_ptr<ClientLink>> m_links;
  std::unordered_map<SessionId, ClientLink*> m_sessions;
  std::unordered_map<Visitor*, std::unique_ptr<Visitor>> m_visitors;
  Published<RouteTable>::Reader m_routes;
  std::shared_ptr<const access::TokenSnapshot> m_tokens;
  bool m_draining = false;
  bool m_listenersPaused = false;
  net::BoundedPost m_foreignDatagrams;  ///< From other workers, for this one's connections.
  net::Timer m_fullTimer;
  Timestamp m_fullLogDue{};
  std::function<void()> m_drained;
  std::unique_ptr<net::Timer> m_drainTimer;
  std::thread m_thread;
};

}  // namespace adit::server
