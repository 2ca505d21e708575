// SPDX-License-Identifier: Apache-2.0
#include "core/server/worker.h"

#include "core/base/log.h"
#include "core/server/client_link.h"
#include "core/server/tls_ingress.h"
#include "core/server/visitor_connection.h"

namespace adit::server {

namespace {

/// Datagrams from other workers that may wait for one: 1.5 MB at the sizes of the internet.
constexpr std::size_t kMostForeignDatagrams = 1024;
/// Connections in the line of those whose bytes cost much (H2Visitor) that go on in a turn.
constexpr int kCostlyPerTurn = 4;
/// How long accepting pauses before it looks whether another worker's visitors made room.
constexpr Duration kFullPause = std::chrono::milliseconds(100);
constexpr Duration kFullLogPause = std::chrono::seconds(10);
/// A worker's request ids begin with its index in the bits from here on.
constexpr unsigned kWorkerShift = 56;

}  // namespace

Worker::Worker(ServerContext& context, WorkerParams params, std::unique_ptr<net::EventLoop> loop)
    : m_context(context),
      m_params(std::move(params)),
      m_loop(std::move(loop)),
      m_config(context.config, *m_loop, [this](const ServerConfig& config) { apply(config); }),
      m_timeouts(*m_loop, m_config.limits()),
      m_holdBudget(*m_loop, m_config.limits().heldBytes, m_config.limits().busyWriteTimeout),
      m_answerWindows(m_config.limits().heldBytes / 2),
      m_turnLine(*m_loop, kCostlyPerTurn),
      m_windowBudget(m_config.limits().windowGrowth),
      m_services{*m_loop,
                 m_config,
                 *this,
                 *this,
                 *this,
                 m_timeouts,
                 m_holdBudget,
                 m_answerWindows,
                 m_turnLine,
                 m_windowBudget,
                 m_blocks,
                 m_date,
                 context.names,
                 context.observer.get(),
                 RequestId{m_params.index} << kWorkerShift},
      m_linkServices{*m_loop, m_params.index, context.registry, context.loginGuard, m_streamKinds, *this},
      m_remoteStreams(*m_loop, m_params.index, *this),
      m_routes(context.registry.routes()),
      m_foreignDatagrams(*m_loop, kMostForeignDatagrams),
      m_fullTimer(*m_loop, [this] { resumeAccepting(); }) {}

Result<std::unique_ptr<Worker>> Worker::create(ServerContext& context, WorkerParams params) {
  auto loop = net::EventLoop::create();
  if (!loop) return fail(std::move(loop.error()));
  std::unique_ptr<Worker> worker(new Worker(context, std::move(params), std::move(*loop)));
  auto driver =
      quic::EndpointDriver::open(*worker->m_loop, worker->m_params.endpoint, worker->m_params.udp, *worker);
  if (!driver) return fail(std::move(driver.error()));
  worker->m_driver = std::move(*driver);
  IngressHost& host = *worker;
  auto http = TcpIngress::open(*worker->m_loop, host, worker->m_params.http, VisitorConnection::factory());
  if (!http) return fail(std::move(http.error()));
  worker->m_http = std::move(*http);
  if (worker->m_config.get().certificates != nullptr) {
    auto https = TlsIngress::open(*worker->m_loop, worker->m_config, host, worker->m_params.https);
    if (!https) return fail(std::move(https.error()));
    worker->m_https = std::move(*https);
  }
  for (const WorkerParams::Listener& each : worker->m_params.others) {
    auto other = TcpIngress::open(*worker->m_loop, host, each.params, *each.factory);
    if (!other) return fail(std::move(other.error()));
    worker->m_others.push_back(std::move(*other));
  }
  if (worker->m_params.alsoIpv6Loopback) {
    if (auto listens = worker->listenOnIpv6Loopback(); !listens) return fail(std::move(listens.error()));
  }
  return worker;
}

/// AddressInUse where another program has one of the ports there. A system without IPv6 is fine.
Result<> Worker::listenOnIpv6Loopback() {
  const auto keep = [this](Result<std::unique_ptr<Ingress>> ingress) -> Result<> {
    if (ingress) {
      m_others.push_back(std::move(*ingress));
    } else if (ingress.error().code == ErrorCode::AddressInUse) {
      return fail(std::move(ingress.error()));
    } else {
      logInfo("server", "IPv4 only: {}", ingress.error().describe());
    }
    return {};
  };
  IngressHost& host = *this;
  net::StreamListener::Params http = m_params.http;
  http.bind = net::SocketAddress::loopback6(m_http->address().port());
  auto kept = keep(TcpIngress::open(*m_loop, host, http, VisitorConnection::factory()));
  if (!kept || m_https == nullptr) return kept;
  net::StreamListener::Params https = m_params.https;
  https.bind = net::SocketAddress::loopback6(m_https->address().port());
  return keep(TlsIngress::open(*m_loop, m_config, host, https));
}

Worker::~Worker() { stop(); }

net::SocketAddress Worker::httpsAddress() const {
  return m_https == nullptr ? net::SocketAddress() : m_https->address();
}

void Worker::start() {
  m_thread = std::thread([this] {
    m_loop->run();
    shutDown();
  });
}

void Worker::stop() {
  if (m_thread.joinable()) {
    m_loop->post([this] { m_loop->stop(); });
    m_thread.join();
  } else if (m_driver != nullptr) {
    shutDown();
  }
}

void Worker::shutDown() {
  forEachIngress([](Ingress& each) { each.stop(); });
  while (!m_visitors.empty()) m_visitors.begin()->second->closeNow();
  m_remoteStreams.shutDown();
  if (m_driver != nullptr)
    m_driver->closeAll(static_cast<transport::AppErrorCode>(wire::AppError::Draining), "the server stopped");
  m_loop->runOnce();  // sends the closes and destroys what was disposed of
  m_sessions.clear();
  m_links.clear();
  m_driver.reset();
  m_drainTimer.reset();
  m_loop->runOnce();
}

template <typename Do>
void Worker::forEachIngress(Do&& action) {
  if (m_http != nullptr) action(*m_http);
  if (m_https != nullptr) action(*m_https);
  for (auto& each : m_others) action(*each);
}

void Worker::apply(const ServerConfig& config) {
  m_timeouts.apply(config.limits);
  m_holdBudget.resize(config.limits.heldBytes, config.limits.busyWriteTimeout);
  m_windowBudget.resize(config.limits.windowGrowth);
}

Destination Worker::find(const RequestOrigin& origin) {
  const ServerConfig& config = m_config.get();
  const LookupContext asking{config.domain, m_params.index, m_loop->now(), config.loopbackHosts};
  return findDestination(routes(), asking, origin);
}

std::vector<http::PageLink> Worker::listTunnels(http::Scheme scheme, std::string_view authority) {
  return linksToTunnels(routes(), m_config.get().domain, scheme, authority);
}

OpenedStream Worker::open(const Destination& destination, const PlaceRequest& request) {
  if (destination.kind == Destination::Kind::Here)
    return openStream(destination.session, destination.tunnel, request);
  OpenedStream opened;
  opened.stream = m_remoteStreams.open(destination.worker, destination.session, destination.tunnel, request);
  if (opened.stream == nullptr) opened.refusal = wire::AppError::Draining;
  return opened;
}

ClientLink* Worker::findSession(SessionId id) {
  const auto found = m_sessions.find(id);
  return found == m_sessions.end() ? nullptr : found->second;
}

void Worker::refreshTokens(std::function<void()> done) {
  m_context.tokens->refresh([this, done = std::move(done)] { post(done); });
}

void Worker::takeOver(const Registry::SessionPlace& displaced) {
  Worker* home = m_context.workers[displaced.worker];
  home->post([home, id = displaced.id] {
    if (ClientLink* link = home->findSession(id)) link->takenOver();
  });
}

void Worker::setTokens(std::shared_ptr<const access::TokenSnapshot> tokens) {
  m_tokens = std::move(tokens);
  for (auto& [key, link] : m_links) link->checkToken();
}

void Worker::withdraw(const std::vector<Registry::Withdrawal>& withdrawals) {
  for (const Registry::Withdrawal& each : withdrawals) {
    Worker* home = m_context.workers[each.from.worker];
    home->post([home, id = each.from.id, message = each.message] {
      if (ClientLink* link = home->findSession(id)) link->withdraw(message);
    });
  }
}

void Worker::probe(const std::vector<Registry::SessionPlace>& holders, SessionId asker) {
  for (const Registry::SessionPlace& holder : holders) {
    Worker* home = m_context.workers[holder.worker];
    const auto settle = [this, asker, id = holder.id](bool answered) {
      post([this, asker, id, answered] {
        if (ClientLink* link = findSession(asker)) link->settle(id, answered);
      });
    };
    home->post([home, id = holder.id, settle] {
      if (ClientLink* link = home->findSession(id)) {
        link->probe(settle);
      } else {
        settle(false);
      }
    });
  }
}

OpenedStream Worker::openStream(SessionId session, std::uint64_t tunnel, const PlaceRequest& request) {
  OpenedStream opened;
  ClientLink* link = findSession(session);
  if (link == nullptr || !link->isReady()) {
    opened.refusal = wire::AppError::Draining;
    return opened;
  }
  std::shared_ptr<TunnelLoad> load = link->loadOf(tunnel);
  if (load == nullptr) {
    opened.refusal = wire::AppError::TunnelUnknown;
    return opened;
  }
  // What a client takes at a time is shared by its tunnels: one may have as much as is still free, so that
  // the crowd at one never closes the door of another. In the same way the visitors of a tunnel share it.
  transport::Link& connection = link->connection();
  const ServerLimits& limits = m_config.limits();
  const auto free = [&] {
    const std::uint64_t most = std::min<std::uint64_t>(limits.requestsPerTunnel, connection.streamCredit());
    return most > load->active() ? static_cast<std::uint32_t>(most - load->active()) : 0;
  };
  if (free() == 0) load->makeRoom(m_loop->now());
  if (free() > 0 && load->hasShare(request, free(), limits.addressShare))
    opened.stream = connection.openStream();
  if (opened.stream == nullptr) {
    opened.refusal = wire::AppError::Overloaded;
    return opened;
  }
  opened.stream->setGroup(tunnel);
  load->enter(request.visitor);
  opened.load = std::move(load);
  return opened;
}

void Worker::onAccepted(transport::Link& connection) {
  auto link = std::make_unique<ClientLink>(m_linkServices, connection);
  ClientLink* key = link.get();
  m_links.emplace(key, std::move(link));
}

void Worker::onForeignDatagram(std::uint8_t index, const net::ReceivedDatagram& datagram) {
  if (index >= m_context.workers.size() || index == m_params.index) return;
  Worker* other = m_context.workers[index];
  // A client that sends from many ports has its datagrams arrive anywhere. What its worker does not keep up
  // with is lost, as on any busy path.
  other->m_foreignDatagrams.post([other, payload = std::string(asText(datagram.payload)),
                                  peer = *datagram.peer, local = *datagram.local, ecn = datagram.ecn] {
    if (other->m_driver == nullptr) return;
    other->m_driver->receiveForwarded({&peer, &local, ecn, asBytes(payload)});
  });
}

void Worker::accept(VisitorArrival arrival) {
  if (m_draining || !admit(arrival.peer)) return;
  serve(arrival);
}

/// The connection keeps its place: the visitor that gives it up leaves after this one has entered, so that a
/// busy worker does not let in as many as others send it.
void Worker::adopt(VisitorArrival arrival) {
  m_context.gate.enter(arrival.peer);
  serve(arrival);
}

void Worker::move(unsigned index, VisitorArrival arrival) {
  Worker* target = m_context.workers[index];
  m_context.gate.enter(arrival.peer);
  // Shared because a task is copyable; a task that is dropped closes the connection.
  const auto parcel = std::make_shared<VisitorArrival>(std::move(arrival));
  target->post([target, parcel] { target->serve(*parcel); });
}

void Worker::serve(VisitorArrival& arrival) {
  std::unique_ptr<Visitor> visitor = arrival.factory->create(m_services, arrival);
  Visitor* key = visitor.get();
  m_visitors.emplace(key, std::move(visitor));
  if (!arrival.received.empty()) key->resumeWith(arrival.received);
}

bool Worker::admit(const net::SocketAddress& peer) {
  const ServerConfig& config = m_config.get();
  const VisitorGate::Verdict verdict = m_context.gate.admit(peer, config.limits, config.trustedProxies);
  if (m_context.gate.isFull(config.limits)) pauseAccepting();
  return verdict == VisitorGate::Verdict::Admitted;
}

void Worker::leave(const net::SocketAddress& peer) { m_context.gate.leave(peer); }

void Worker::pauseAccepting() {
  if (!m_listenersPaused) {
    m_listenersPaused = true;
    const Timestamp now = m_loop->now();
    if (now >= m_fullLogDue) {  // a crowd that comes and goes fills it again and again
      m_fullLogDue = now + kFullLogPause;
      logWarning("server", "{} visitors: new ones wait", m_context.gate.inside());
    }
    forEachIngress([](Ingress& each) { each.pause(); });
  }
  m_fullTimer.start(kFullPause);
}

void Worker::resumeAccepting() {
  if (!m_listenersPaused || m_draining) return;
  if (m_context.gate.isFull(m_config.limits())) {
    m_fullTimer.start(kFullPause);
    return;
  }
  m_listenersPaused = false;
  m_fullTimer.stop();
  forEachIngress([](Ingress& each) { each.resume(); });
}

void Worker::forget(Visitor& visitor) {
  const auto found = m_visitors.find(&visitor);
  if (found == m_visitors.end()) return;
  leave(visitor.peer());
  m_loop->dispose(std::move(found->second));
  m_visitors.erase(found);
  resumeAccepting();
  finishDrainWhenIdle();
}

void Worker::forget(ClientLink& link) {
  const auto found = m_links.find(&link);
  if (found == m_links.end()) return;
  m_loop->dispose(std::move(found->second));
  m_links.erase(found);
}

void Worker::drain(Duration deadline, std::function<void()> done) {
  m_draining = true;
  m_drained = std::move(done);
  forEachIngress([](Ingress& each) { each.stop(); });
  m_driver->endpoint().stopAccepting();
  for (auto& [key, link] : m_links) link->drain(deadline);
  std::vector<Visitor*> visitors;
  visitors.reserve(m_visitors.size());
  for (auto& [key, visitor] : m_visitors) visitors.push_back(key);
  for (Visitor* visitor : visitors) visitor->drain();
  m_drainTimer = std::make_unique<net::Timer>(*m_loop, [this] {
    if (auto callback = std::exchange(m_drained, nullptr)) callback();
  });
  m_drainTimer->start(deadline);
  finishDrainWhenIdle();
}

void Worker::finishDrainWhenIdle() {
  if (!m_drained || !m_visitors.empty() || m_remoteStreams.servedForOthers() > 0) return;
  // Not inside the caller's work: the last visitor is still on the stack.
  m_loop->post([callback = std::exchange(m_drained, nullptr)] { callback(); });
}

}  // namespace adit::server
