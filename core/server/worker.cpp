// SPDX-License-Identifier: Apache-2.0
#include "core/server/worker.h"

#include "core/base/log.h"
#include "core/server/client_link.h"
#include "core/server/h2_visitor.h"
#include "core/server/read_pace.h"
#include "core/server/tls_ingress.h"
#include "core/server/visitor_connection.h"

namespace adit::server {

namespace {

/// How long an answer may still come to a visitor that sent FIN behind its request.
constexpr Duration kHalfCloseGrace = std::chrono::milliseconds(500);
/// Connections whose bytes cost much (H2Visitor) that go on in a turn.
constexpr int kCostlyPerTurn = 4;
constexpr Duration kLinger = std::chrono::seconds(2);
/// How long accepting pauses before it looks whether another worker's visitors made room.
constexpr Duration kFullPause = std::chrono::milliseconds(100);
constexpr Duration kFullLogPause = std::chrono::seconds(10);

}  // namespace

Worker::Worker(ServerContext& context, WorkerParams params, std::unique_ptr<net::EventLoop> loop)
    : headTimeouts(*loop, context.limits.headTimeout),
      keepAliveTimeouts(*loop, context.limits.keepAliveTimeout),
      bodyTimeouts(*loop, context.limits.bodyIdleTimeout),
      writeTimeouts(*loop, context.limits.writeIdleTimeout / ReadPace::kLooks),
      halfCloseTimeouts(*loop, kHalfCloseGrace),
      lingerTimeouts(*loop, kLinger),
      holdBudget(*loop, context.limits.heldBytes),
      turnLine(*loop, kCostlyPerTurn),
      windowBudget(context.limits.windowGrowth),
      m_context(context),
      m_params(std::move(params)),
      m_loop(std::move(loop)),
      m_remoteStreams(*m_loop, m_params.index, *this),
      m_fullTimer(*m_loop, [this] { resumeAccepting(); }) {}

Result<std::unique_ptr<Worker>> Worker::create(ServerContext& context, WorkerParams params) {
  auto loop = net::EventLoop::create();
  if (!loop) return fail(std::move(loop.error()));
  std::unique_ptr<Worker> worker(new Worker(context, std::move(params), std::move(*loop)));
  auto driver =
      quic::EndpointDriver::open(*worker->m_loop, worker->m_params.endpoint, worker->m_params.udp, *worker);
  if (!driver) return fail(std::move(driver.error()));
  worker->m_driver = std::move(*driver);
  auto listener = net::StreamListener::open(*worker->m_loop, worker->m_params.http, *worker);
  if (!listener) return fail(std::move(listener.error()));
  worker->m_listener = std::move(*listener);
  worker->m_httpAddress = worker->m_listener->localAddress();
  if (context.certificates != nullptr) {
    auto ingress = TlsIngress::open(*worker, worker->m_params.https, context.certificates);
    if (!ingress) return fail(std::move(ingress.error()));
    worker->m_tlsIngress = std::move(*ingress);
  }
  return worker;
}

Worker::~Worker() { stop(); }

net::SocketAddress Worker::httpsAddress() const {
  return m_tlsIngress == nullptr ? net::SocketAddress() : m_tlsIngress->address();
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
  m_listener.reset();
  if (m_tlsIngress != nullptr) m_tlsIngress->stop();
  while (!m_visitors.empty()) m_visitors.begin()->second->closeNow();
  m_remoteStreams.shutDown();
  if (m_driver != nullptr)
    m_driver->closeAll(static_cast<quic::AppErrorCode>(wire::AppError::Draining), "the server stopped");
  m_loop->runOnce();  // sends the closes and destroys what was disposed of
  m_sessions.clear();
  m_links.clear();
  m_driver.reset();
  m_tlsIngress.reset();
  m_drainTimer.reset();
  m_loop->runOnce();
}

const RouteTable& Worker::routes() {
  const std::uint64_t version = m_context.registry.version();
  if (m_routes == nullptr || version != m_routesVersion) {
    m_routesVersion = version;
    m_routes = m_context.registry.routes();
  }
  return *m_routes;
}

Destination Worker::findDestination(std::string_view authority) {
  const LookupContext asking{m_context.registry.domain(), m_params.index, m_loop->now()};
  return server::findDestination(routes(), asking, authority);
}

ClientLink* Worker::findSession(SessionId id) {
  const auto found = m_sessions.find(id);
  return found == m_sessions.end() ? nullptr : found->second;
}

void Worker::closeSession(SessionId id) {
  if (ClientLink* link = findSession(id)) link->takenOver();
}

OpenedStream Worker::openStream(SessionId session, std::uint64_t tunnel) {
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
  // the crowd at one never closes the door of another.
  quic::Connection& connection = link->connection();
  if (load->active < m_context.limits.requestsPerTunnel && load->active < connection.streamCredit())
    opened.stream = connection.openStream();
  if (opened.stream == nullptr) {
    opened.refusal = wire::AppError::Overloaded;
    return opened;
  }
  opened.stream->setGroup(tunnel);
  ++load->active;
  opened.load = std::move(load);
  return opened;
}

void Worker::onAccepted(quic::Connection& connection) {
  auto link = std::make_unique<ClientLink>(*this, connection);
  ClientLink* key = link.get();
  m_links.emplace(key, std::move(link));
}

void Worker::onForeignDatagram(std::uint8_t index, const net::ReceivedDatagram& datagram) {
  if (index >= m_context.workers.size() || index == m_params.index) return;
  Worker* other = m_context.workers[index];
  std::string payload(asText(datagram.payload));
  other->post([other, payload = std::move(payload), peer = *datagram.peer, local = *datagram.local,
               ecn = datagram.ecn] {
    if (other->m_driver == nullptr) return;
    other->m_driver->receiveForwarded({&peer, &local, ecn, asBytes(payload)});
  });
}

void Worker::onAccepted(std::uintptr_t nativeSocket, const net::SocketAddress& peer) {
  startVisitor(net::DetachedSocket::wrap(nativeSocket), VisitorProtocol::Http1, http::Scheme::Http, peer, {});
}

void Worker::startVisitor(std::unique_ptr<net::DetachedSocket> socket, VisitorProtocol protocol,
                          http::Scheme scheme, const net::SocketAddress& peer, std::string received) {
  if (received.empty() && (m_draining || !admit(peer))) return;
  std::unique_ptr<Visitor> visitor;
  if (protocol == VisitorProtocol::Http2) {
    visitor = std::make_unique<H2Visitor>(*this, *socket, scheme, peer);
  } else {
    visitor = std::make_unique<VisitorConnection>(*this, *socket, scheme, peer);
  }
  Visitor* key = visitor.get();
  m_visitors.emplace(key, std::move(visitor));
  if (!received.empty()) key->resumeWith(received);
}

bool Worker::admit(const net::SocketAddress& peer) {
  const VisitorGate::Verdict verdict = m_context.gate.admit(peer);
  if (m_context.gate.isFull()) pauseAccepting();
  return verdict == VisitorGate::Verdict::Admitted;
}

void Worker::leave(const net::SocketAddress& peer) { m_context.gate.leave(peer); }

void Worker::pauseAccepting() {
  if (!m_listenerPaused) {
    m_listenerPaused = true;
    const Timestamp now = m_loop->now();
    if (now >= m_fullLogDue) {  // a crowd that comes and goes fills it again and again
      m_fullLogDue = now + kFullLogPause;
      logWarning("server", "{} visitors: new ones wait", m_context.gate.inside());
    }
    if (m_listener != nullptr) m_listener->pause();
    if (m_tlsIngress != nullptr) m_tlsIngress->pause();
  }
  m_fullTimer.start(kFullPause);
}

void Worker::resumeAccepting() {
  if (!m_listenerPaused || m_draining) return;
  if (m_context.gate.isFull()) {
    m_fullTimer.start(kFullPause);
    return;
  }
  m_listenerPaused = false;
  m_fullTimer.stop();
  if (m_listener != nullptr) m_listener->resume();
  if (m_tlsIngress != nullptr) m_tlsIngress->resume();
}

void Worker::forgetVisitor(Visitor& visitor) {
  const auto found = m_visitors.find(&visitor);
  if (found == m_visitors.end()) return;
  leave(visitor.peer());
  m_loop->dispose(std::move(found->second));
  m_visitors.erase(found);
  resumeAccepting();
  finishDrainWhenIdle();
}

void Worker::forgetLink(ClientLink& link) {
  const auto found = m_links.find(&link);
  if (found == m_links.end()) return;
  m_loop->dispose(std::move(found->second));
  m_links.erase(found);
}

void Worker::drain(Duration deadline, std::function<void()> done) {
  m_draining = true;
  m_drained = std::move(done);
  if (m_tlsIngress != nullptr) m_tlsIngress->stop();
  m_listener.reset();  // new visitors are refused at once instead of waiting in the backlog
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
