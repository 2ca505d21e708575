// SPDX-License-Identifier: Apache-2.0
#include "core/client/client.h"

#include "core/base/log.h"
#include "core/base/process.h"
#include "core/session/holder_text.h"

namespace adit::client {

namespace {
constexpr Duration kLastAnswerGrace = std::chrono::milliseconds(50);
/// Requests that a peak needed are kept for another peak for one to two of these intervals.
constexpr Duration kTrimInterval = std::chrono::seconds(10);
constexpr std::size_t kRequestsKept = 16;
/// Roughly the memory of a request with its exchange and their buffers.
constexpr std::size_t kRequestBytes = 8 * 1024;
}  // namespace

Client::Client(ClientParams params, ClientObserver& observer, std::unique_ptr<net::EventLoop> loop)
    : m_params(std::move(params)),
      m_observer(observer),
      m_loop(std::move(loop)),
      m_budget(*m_loop),
      m_requests(kRequestsKept),
      m_trimTimer(std::make_unique<net::Timer>(*m_loop, [this] { trimRequests(); })),
      m_dialer(*m_loop, m_random, m_params.quic) {
  m_kinds.add(wire::StreamKind::Http, *this);
  m_link = std::make_unique<ServerLink>(*m_loop, m_dialer, m_random, m_params.link,
                                        static_cast<ServerLink::Handler&>(*this));
  m_network = net::NetworkWatch::start(*m_loop, [this] { m_link->networkChanged(); });
}

Result<std::unique_ptr<Client>> Client::start(ClientParams params, ClientObserver& observer) {
  auto loop = net::EventLoop::create();
  if (!loop) return fail(std::move(loop.error()));
  std::unique_ptr<Client> client(new Client(std::move(params), observer, std::move(*loop)));
  client->m_thread = std::thread([self = client.get()] {
    self->m_loop->run();
    self->shutDown();
  });
  return client;
}

Client::~Client() { stop(); }

void Client::stop() {
  if (!m_thread.joinable()) return;
  m_loop->post([this] { m_loop->stop(); });
  m_thread.join();
}

void Client::shutDown() {
  m_drained = nullptr;
  m_network.reset();
  m_link->close();
  m_loop->runOnce();  // sends the close
  m_link.reset();
  m_problemTimer.reset();
  m_requests.clear();
  m_tunnels.clear();
  m_drainTimer.reset();
  m_trimTimer.reset();
  m_loop->runOnce();
}

void Client::connectTo(session::JoinLink link, std::map<TunnelId, std::string> remembered,
                       net::EventLoop::Task switching) {
  post([this, target = std::move(link), names = std::move(remembered), begin = std::move(switching)] {
    if (begin) begin();
    for (auto& [id, tunnel] : m_tunnels) {
      tunnel->forgetAddress();
      const auto known = names.find(id);
      tunnel->rememberedName = known == names.end() ? std::string() : known->second;
      tunnel->heldElsewhere = false;  // that was at another server
      if (tunnel->started) setTunnelState(*tunnel, TunnelState::Connecting);
    }
    m_link->connectTo(target);
  });
}

void Client::retryNow() {
  post([this] { m_link->retryNow(); });
}

void Client::addTunnel(std::shared_ptr<Tunnel> tunnel) {
  post([this, added = std::move(tunnel)] {
    added->makeOrigins(*m_loop, m_budget);
    added->state = added->started ? TunnelState::Connecting : TunnelState::Stopped;
    m_tunnels[added->id] = added;
    tell(*added);
    if (added->started) m_link->declare();
  });
}

void Client::replaceTunnel(std::shared_ptr<Tunnel> tunnel) {
  post([this, changed = std::move(tunnel)] {
    const auto found = m_tunnels.find(changed->id);
    if (found == m_tunnels.end()) return;
    changed->makeOrigins(*m_loop, m_budget);
    const bool declares = changed->follow(*found->second);
    found->second = changed;
    tell(*changed);
    if (declares) m_link->declare();
  });
}

void Client::removeTunnel(TunnelId id) {
  post([this, id] {
    m_problems.forget(id);
    if (m_tunnels.erase(id) > 0) m_link->declare();
  });
}

void Client::startTunnel(TunnelId id) {
  post([this, id] {
    const auto found = m_tunnels.find(id);
    if (found == m_tunnels.end() || (found->second->started && found->second->state != TunnelState::Failed))
      return;
    found->second->started = true;
    found->second->heldElsewhere = false;
    setTunnelState(*found->second, TunnelState::Connecting);
    m_link->declare();
  });
}

void Client::stopTunnel(TunnelId id) {
  post([this, id] {
    const auto found = m_tunnels.find(id);
    if (found == m_tunnels.end() || !found->second->started) return;
    found->second->started = false;
    found->second->heldElsewhere = false;
    found->second->hasError = false;
    setTunnelState(*found->second, TunnelState::Stopped);
    m_link->declare();
  });
}

std::vector<wire::TunnelDeclaration> Client::declarations() {
  std::vector<wire::TunnelDeclaration> result;
  for (const auto& [id, tunnel] : m_tunnels) {
    if (!tunnel->started || tunnel->heldElsewhere) continue;
    wire::TunnelDeclaration declaration{id, wire::TunnelKind::Http, tunnel->name()};
    declaration.takeOver = tunnel->takesOver;
    declaration.chosen = tunnel->spec.name.empty() && !declaration.name.empty();
    result.push_back(std::move(declaration));
  }
  return result;
}

void Client::onDeclared(const wire::Declared& declared) {
  for (const wire::TunnelAnswer& answer : declared.answers) {
    const auto found = m_tunnels.find(answer.id);
    if (found == m_tunnels.end() || !found->second->started) continue;
    Tunnel& tunnel = *found->second;
    if (answer.accepted) {
      tunnel.accept(answer);
      setTunnelState(tunnel, TunnelState::Online);
    } else {
      tunnel.error = Error{errorCodeFromString(answer.code), answer.message, 0};
      if (answer.holder) {
        // The same sentence as the server's, but in this machine's time zone.
        tunnel.error.detail =
            session::describeHolder(tunnel.name(), *answer.holder, session::TimeZone::Local, unixSeconds());
        tunnel.heldElsewhere = true;  // otherwise a later reconnection might take the name unexpectedly
      }
      tunnel.hasError = true;
      setTunnelState(tunnel, TunnelState::Failed);
    }
  }
}

void Client::onWithdrawn(const wire::Withdrawn& withdrawn) {
  for (const std::uint64_t id : withdrawn.tunnels) {
    const auto found = m_tunnels.find(id);
    if (found == m_tunnels.end() || !found->second->started) continue;
    Tunnel& tunnel = *found->second;
    tunnel.heldElsewhere = true;
    tunnel.error = Error{errorCodeFromString(withdrawn.code), withdrawn.message, 0};
    tunnel.hasError = true;
    setTunnelState(tunnel, TunnelState::Failed);
  }
}

void Client::releaseName(std::string name) {
  post([this, released = std::move(name)] {
    const std::uint64_t number = m_nextRelease++;
    m_releases.emplace(number, released);
    m_link->release(number, released);
  });
}

void Client::onReleased(const wire::Released& released) {
  const auto found = m_releases.find(released.request);
  if (found == m_releases.end()) return;
  const std::string name = std::move(found->second);
  m_releases.erase(found);
  m_observer.onNameReleased(name, released.released
                                      ? Result<>()
                                      : Result<>(fail(errorCodeFromString(released.code), released.message)));
}

void Client::onLinkChanged() {
  const LinkState state = m_link->state();
  if (state == LinkState::Online) {
    for (const auto& [number, name] : m_releases) m_link->release(number, name);
  }
  for (auto& [id, tunnel] : m_tunnels) {
    if (!tunnel->started || state == LinkState::Online) continue;
    if (state == LinkState::Stopped && m_drainUntil != kNever) {
      setTunnelState(*tunnel, TunnelState::Stopped);  // on purpose, and for good
    } else if (tunnel->state == TunnelState::Online) {
      setTunnelState(*tunnel, TunnelState::Reconnecting);
    }
  }
  LinkSnapshot link;
  link.state = state;
  if (m_link->error()) {
    link.error = *m_link->error();
    link.hasError =
        state == LinkState::Waiting || state == LinkState::Failed || state == LinkState::Connecting;
  }
  link.retryIn = std::chrono::duration_cast<std::chrono::milliseconds>(m_link->retryIn());
  link.awayFor = std::chrono::duration_cast<std::chrono::milliseconds>(m_link->awayFor());
  link.congestion = m_link->congestion();
  link.roundTripMs = std::chrono::duration<double, std::milli>(m_link->roundTrip()).count();
  m_observer.onLinkChanged(link);
}

void Client::setTunnelState(Tunnel& tunnel, TunnelState state) {
  tunnel.state = state;
  tell(tunnel);
}

void Client::tell(const Tunnel& tunnel) {
  m_observer.onTunnelChanged({tunnel.id, tunnel.spec, tunnel.state, tunnel.url, tunnel.error, tunnel.hasError,
                              tunnel.traffic->read(), tunnel.plainUrl, tunnel.selfSigned, tunnel.name(),
                              tunnel.heldElsewhere});
}

std::shared_ptr<Tunnel> Client::findTunnel(std::uint64_t id) {
  const auto found = m_tunnels.find(id);
  return found == m_tunnels.end() || !found->second->started ? nullptr : found->second;
}

void Client::onProblem(OriginProblem problem) {
  if (const auto found = m_tunnels.find(problem.tunnel); found != m_tunnels.end()) {
    problem.name = found->second->name();
  } else {
    problem.tunnel = 0;  // tunnels that do not exist are reported together
  }
  if (const auto told = m_problems.add(std::move(problem), m_loop->now())) {
    tellProblem(*told);
  } else {
    if (m_problemTimer == nullptr)
      m_problemTimer = std::make_unique<net::Timer>(*m_loop, [this] { tellDueProblems(); });
    m_problemTimer->startAt(m_problems.due());  // a new cause may be due before what waits already
  }
}

void Client::tellDueProblems() {
  for (const OriginProblem& problem : m_problems.takeDue(m_loop->now())) tellProblem(problem);
  if (m_problems.due() != kNever) m_problemTimer->startAt(m_problems.due());
}

void Client::tellProblem(const OriginProblem& problem) {
  const std::string_view name = problem.name.empty() ? std::string_view("a tunnel") : problem.name;
  logWarning("client", "{}: {} ({}, {} request{})", name, problem.message, problem.code, problem.requests,
             problem.requests == 1 ? "" : "s");
  m_observer.onProblem(problem);
}

void Client::onStreamOpened(transport::Link& link, transport::Stream& stream) {
  m_acceptor.accept(link, stream);
}

void Client::onStream(transport::Link&, transport::Stream& stream, ByteView received, bool fin) {
  InboundRequest& request = m_requests.acquire(
      [this] { return std::make_unique<InboundRequest>(static_cast<RequestOwner&>(*this)); });
  request.begin(stream, received, fin);
}

void Client::recycle(InboundRequest& request) {
  m_requests.release(request);
  if (m_requests.isTrimmable() && !m_trimTimer->isActive()) m_trimTimer->start(kTrimInterval);
  if (m_drained && m_requests.active() == 0 && m_link != nullptr) {
    // Packets of the last answer may still be in flight, or lost once: closing now would truncate it.
    m_drainTimer->startAt(std::min(m_drainUntil, m_loop->now() + kLastAnswerGrace + 3 * m_link->roundTrip()));
  }
}

void Client::trimRequests() {
  const std::size_t freed = m_requests.trim();
  m_loop->noteFreed(freed * kRequestBytes);
  if (m_requests.isTrimmable()) m_trimTimer->start(kTrimInterval);
}

void Client::drain(Duration deadline, std::function<void()> done) {
  post([this, deadline, callback = std::move(done)]() mutable {
    if (m_link == nullptr) return;  // shut down meanwhile
    m_drained = std::move(callback);
    m_drainUntil = m_loop->now() + deadline;
    m_link->announceDrain(deadline);
    m_drainTimer = std::make_unique<net::Timer>(*m_loop, [this] { onDrainTimer(); });
    // Wait a moment for requests that the server sent before it received the Drain.
    m_drainTimer->start(m_requests.active() == 0 ? std::min(deadline, kLastAnswerGrace) : deadline);
  });
}

void Client::onDrainTimer() {
  if (m_requests.active() > 0 && m_loop->now() < m_drainUntil) {
    m_drainTimer->startAt(m_drainUntil);  // a request did arrive meanwhile
  } else {
    finishDrain();
  }
}

void Client::finishDrain() {
  if (!m_drained) return;
  if (m_drainTimer != nullptr) m_drainTimer->stop();
  m_link->close();
  std::exchange(m_drained, nullptr)();
}

}  // namespace adit::client
