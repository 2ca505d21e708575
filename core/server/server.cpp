// SPDX-License-Identifier: Apache-2.0
#include "core/server/server.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "core/base/log.h"
#include "core/base/random.h"
#include "core/net/native_socket.h"
#include "core/server/answer_windows.h"

namespace adit::server {

namespace {

constexpr unsigned kMaxWorkers = 64;

/// Sharing a port between threads needs SO_REUSEPORT with load balancing, which only Linux has.
#if defined(__linux__) && !defined(ADIT_PORTABLE)
constexpr bool kSharesPorts = true;
#else
constexpr bool kSharesPorts = false;
#endif

/// Workers share their ports with SO_REUSEPORT, which would also share them with another server of the same
/// user: ask once without it, so that a port in use is an error as it should be, and so that port 0 becomes
/// one that is nobody else's.
Result<> probeFree(net::SocketAddress& quic, std::span<net::SocketAddress* const> visitors) {
  struct Nobody final : net::UdpSocket::Handler, net::StreamListener::Handler {
    void onDatagrams(std::span<const net::ReceivedDatagram>) override {}
    void onWritable() override {}
    void onSocketError(const Error&) override {}
    void onAccepted(std::uintptr_t nativeSocket, const net::SocketAddress&) override {
      net::closeNativeSocket(nativeSocket);
    }
  } nobody;
  auto loop = net::EventLoop::create();
  if (!loop) return fail(std::move(loop.error()));
  net::UdpParams udp;
  udp.bind = quic;
  auto socket = net::UdpSocket::open(**loop, udp, nobody);
  if (!socket) return fail(std::move(socket.error()));
  quic = (*socket)->localAddress();
  std::vector<std::unique_ptr<net::StreamListener>> listeners;  // all at once: each has a port of its own
  for (net::SocketAddress* each : visitors) {
    auto listener = net::StreamListener::open(**loop, {*each}, nobody);
    if (!listener) return fail(std::move(listener.error()));
    *each = (*listener)->localAddress();
    listeners.push_back(std::move(*listener));
  }
  return {};
}

constexpr std::uint16_t kHttpsPort = 443;

/// What a client may say ahead on its control stream, bytes: as much as a declaration has.
constexpr std::uint64_t kControlWindow = 128 * 1024;
/// Streams a client may open at once towards us: its control stream and room for versions to come.
constexpr std::uint64_t kClientStreams = 8;

/// Descriptors a worker holds whatever comes: its loop's, its sockets; and some for the process itself.
constexpr std::size_t kDescriptorsOfWorker = 8;
constexpr std::size_t kDescriptorsOfProcess = 16;

/// How many descriptors the system leaves beside those that the process and its workers hold anyway.
std::size_t descriptorsForVisitors(unsigned workers) {
  const std::size_t descriptors = net::raiseDescriptorLimit();
  const std::size_t held = kDescriptorsOfProcess + workers * kDescriptorsOfWorker;
  return descriptors > held ? descriptors - held : 0;
}

void warnOfFewDescriptors(const VisitorGate& gate, const ServerLimits& limits) {
  if (const std::size_t capacity = gate.capacity(limits); capacity < limits.connections) {
    logWarning("server", "the system's limit of open files allows {} visitors at a time instead of {}",
               capacity, limits.connections);
  }
}

}  // namespace

Server::Server(RegistryParams registry, ServerConfig config, http::HopNames names, unsigned workers)
    : m_context(registry, std::move(names), std::move(config), descriptorsForVisitors(workers)) {
  warnOfFewDescriptors(m_context.gate, m_context.config.current()->limits);
}

Result<std::unique_ptr<Server>> Server::start(ServerParams params) {
  RegistryParams registry;
  registry.names.grace = params.nameGrace;
  const unsigned count = kSharesPorts ? std::clamp(params.workers, 1U, kMaxWorkers) : 1U;
  ServerConfig config{params.limits,       params.domain,       0, std::move(params.trustedProxies),
                      params.certificates, params.loopbackHosts};
  http::HopNames names(fmt::format("{:016x}", SecureRandom().next()), params.requestVia);
  std::unique_ptr<Server> server(new Server(registry, config, std::move(names), count));
  ServerContext& context = server->m_context;
  context.tokens = std::move(params.tokens);
  if (!params.namesFile.empty()) {
    auto keeper = routing::ReservationKeeper::open(params.namesFile, MonotonicClock::now());
    if (!keeper) return fail(std::move(keeper.error()));
    server->m_keeper = std::move(*keeper);
    context.registry.restore(server->m_keeper->reservations(), MonotonicClock::now());
    context.registry.collectChanges();
  }
  context.observer = std::move(params.observer);
  const bool https = params.certificates != nullptr;

  if (params.workers > count)
    logWarning("server", "{} worker(s): this system does not share ports between more", count);
  if (count > 1) {
    std::vector<net::SocketAddress*> visitors{&params.httpListen};
    if (https) visitors.push_back(&params.httpsListen);
    if (auto isFree = probeFree(params.quicListen, visitors); !isFree) return fail(std::move(isFree.error()));
  }
  WorkerParams worker;
  worker.endpoint.role = quic::Role::Server;
  worker.endpoint.identity = params.identity;
  worker.endpoint.keys = params.keys;
  worker.endpoint.limits.keepAlive = Duration::zero();
  worker.endpoint.limits.peerStreams = kClientStreams;
  worker.endpoint.limits.streamWindow = kControlWindow;
  worker.endpoint.limits.ownStreamWindow = AnswerWindows::kLeast;
  worker.endpoint.shedCode = static_cast<transport::AppErrorCode>(wire::AppError::Overloaded);
  worker.endpoint.limits.loopbackPayload = params.loopbackPayload;
  worker.endpoint.limits.congestion = params.congestion;
  worker.endpoint.workers = count;
  worker.udp.bind = params.quicListen;
  worker.udp.reusePort = count > 1;
  worker.http.bind = params.httpListen;
  worker.http.reusePort = count > 1;
  worker.https.bind = params.httpsListen;
  worker.https.reusePort = count > 1;
  worker.alsoIpv6Loopback = params.loopbackHosts;
  for (unsigned index = 0; index < count; ++index) {
    worker.index = index;
    worker.endpoint.worker = static_cast<std::uint8_t>(index);
    auto created = Worker::create(context, worker);
    if (!created) return fail(std::move(created.error()));
    // Port 0 was the first worker's to choose.
    worker.udp.bind = (*created)->quicAddress();
    worker.http.bind = (*created)->httpAddress();
    worker.https.bind = (*created)->httpsAddress();
    context.workers.push_back(created->get());
    server->m_workers.push_back(std::move(*created));
  }
  const http::Scheme scheme = params.publicScheme.value_or(https ? http::Scheme::Https : http::Scheme::Http);
  // Where visitors come by HTTPS and this server does not speak it, a proxy in front does.
  const bool secure = scheme == http::Scheme::Https;
  const std::uint16_t listens = !secure ? server->httpAddress().port()
                                : https ? server->httpsAddress().port()
                                        : kHttpsPort;
  const std::uint16_t publicPort = params.publicPort != 0 ? params.publicPort : listens;
  PublicAddress address{scheme, publicPort};
  // Where the public port is not the listener's, nobody here knows what the other one's is.
  if (https && secure && !params.redirectHttp && params.publicPort == 0)
    address.plainPort = server->httpAddress().port();
  if (https && secure) {
    address.selfSigned = [source = params.certificates](std::string_view host) {
      const auto store = source->current();
      return store->isSelfSigned(store->choose(host));
    };
  }
  context.registry.setPublicAddress(std::move(address));
  if (https && params.redirectHttp) {
    config.redirectPort = publicPort;
    server->configure(std::move(config));
  }
  std::vector<RemoteStreams*> remote;
  for (auto& each : server->m_workers) remote.push_back(&each->remoteStreams());
  for (RemoteStreams* each : remote) each->connect(remote);
  context.tokens->setListener([&context](const std::shared_ptr<const access::TokenSnapshot>& tokens) {
    context.registry.setTokens(tokens, MonotonicClock::now());
    for (Worker* each : context.workers) each->post([each, tokens] { each->setTokens(tokens); });
  });
  const auto tokens = context.tokens->current();
  context.registry.setTokens(tokens, MonotonicClock::now());
  for (auto& each : server->m_workers) each->setTokens(tokens);
  if (server->m_keeper != nullptr) server->m_keeper->start(context.registry);
  for (auto& each : server->m_workers) each->start();
  return server;
}

Server::~Server() {
  if (m_context.tokens != nullptr) m_context.tokens->setListener({});
  for (auto& worker : m_workers) worker->stop();
}

net::SocketAddress Server::quicAddress() const { return m_workers.front()->quicAddress(); }
net::SocketAddress Server::httpAddress() const { return m_workers.front()->httpAddress(); }
net::SocketAddress Server::httpsAddress() const { return m_workers.front()->httpsAddress(); }

std::shared_ptr<const ServerConfig> Server::configuration() const { return m_context.config.current(); }

void Server::configure(ServerConfig config) {
  warnOfFewDescriptors(m_context.gate, config.limits);
  m_context.config.publish(std::move(config));
}

void Server::drain(Duration deadline, std::function<void()> done) {
  m_draining = std::make_shared<std::atomic<std::size_t>>(m_workers.size());
  for (auto& worker : m_workers) {
    Worker* each = worker.get();
    each->post([each, deadline, left = m_draining, done] {
      each->drain(deadline, [left, done] {
        if (left->fetch_sub(1) == 1) done();
      });
    });
  }
}

}  // namespace adit::server
