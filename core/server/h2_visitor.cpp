// SPDX-License-Identifier: Apache-2.0
#include "core/server/h2_visitor.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "core/base/log.h"
#include "core/http/semantics.h"
#include "core/server/h2_visitor_stream.h"
#include "core/server/visitor_services.h"

namespace adit::server {

namespace {

/// Written ahead of the kernel: small, so that what is urgent does not wait behind what is not.
constexpr std::size_t kMaxQueued = 128 * 1024;
/// A connection that may still move remembers no more than this.
constexpr std::size_t kMaxReceived = 64 * 1024;
/// What a connection may cost in a turn before others go first: 30 requests, or 512 frames of other kinds.
constexpr std::size_t kEffortPerTurn = 512;
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
/// Objects kept for later requests.
constexpr std::size_t kKeepStreams = 32;

class Http2Factory final : public VisitorFactory {
  std::unique_ptr<Visitor> create(VisitorServices& services, VisitorArrival& arrival) const override {
    return std::make_unique<H2Visitor>(services, *arrival.socket, arrival.scheme, arrival.peer);
  }
};

}  // namespace

const VisitorFactory& H2Visitor::factory() noexcept {
  static const Http2Factory factory;
  return factory;
}

H2Visitor::H2Visitor(VisitorServices& services, net::DetachedSocket& socket, http::Scheme scheme,
                     const net::SocketAddress& peer)
    : m_services(services),
      m_socket(socket.attach(services.loop, *this)),
      m_scheme(scheme),
      m_peer(peer),
      m_session(std::make_unique<http::H2ServerSession>(
          services.config.limits().h2, services.config.limits().head,
          static_cast<http::H2ServerSession::Handler&>(*this), &services.blocks, &services.windowBudget)),
      m_headTime(*this, &H2Visitor::headExpired),
      m_idleTime(*this, &H2Visitor::idleExpired),
      m_writeTime(*this, &H2Visitor::writeExpired),
      m_settingsTime(*this, &H2Visitor::settingsExpired),
      m_noticeTime(*this, &H2Visitor::noticeExpired),
      m_lingerTime(*this, &H2Visitor::lingerExpired) {
  services.timeouts.head.restart(m_headTime);
  services.timeouts.head.restart(m_settingsTime);
  wantsToWrite();  // our settings, if nothing else comes first
}

H2Visitor::~H2Visitor() = default;

void H2Visitor::resumeWith(std::string_view received) {
  while (!received.empty() && isOpen()) {
    const ByteView piece = asBytes(received.substr(0, kSlabSize));
    received.remove_prefix(piece.size());
    m_toReplay = received;  // goes along, should the tunnel be somewhere else again by now
    remember(asText(piece));
    m_rest = m_services.loop.writer().copy(piece);
    processRest(kNoLimit);
  }
  m_toReplay = {};
  if (m_services.host.isDraining()) drain();  // it was on its way when the others were told
}

void H2Visitor::drain() {
  if (!isOpen()) return;
  m_session->startDrain();
  // Idle ones need no notice: whatever crosses it was not begun.
  if (m_active.empty()) m_session->finishDrain();
  m_services.timeouts.linger.restart(m_noticeTime);
  wantsToWrite();
}

Slice H2Visitor::sliceOf(ByteView data) {
  if (m_reading != nullptr) {
    const std::less_equal<const std::uint8_t*> before;
    const std::uint8_t* const begin = m_reading->data();
    if (before(begin, data.data()) && before(data.data() + data.size(), begin + m_reading->size()))
      return m_reading->part(static_cast<std::size_t>(data.data() - begin), data.size());
  }
  return m_services.loop.writer().copy(data);  // the library kept it: at most a frame
}

std::size_t H2Visitor::queuedForClients() noexcept {
  std::size_t total = 0;
  for (H2VisitorStream* each = m_active.front(); each != nullptr; each = m_active.next(*each))
    total += each->queuedForClient();
  return total;
}

void H2Visitor::wantsToWrite() { m_services.loop.scheduleFlush(net::FlushPhase::Tcp, *this); }

http::H2ServerStream* H2Visitor::onRequest(http::H2ServerRequest& request) {
  m_origin = m_services.originOf(request.head, m_scheme, m_peer);
  const std::string_view authority = request.head.authority = m_origin.authority;
  const PolicyInput input{request.head,
                          m_origin.scheme,
                          m_services.routes.find(m_origin),
                          m_origin.isProxied || m_socket->speaksFor(http::hostOf(authority)),
                          m_phase == Phase::Movable,
                          request.refusedWith};
  m_decision = decideRequest(m_services.policyRules(), input, m_maxForwards);
  if (m_decision.action == RequestDecision::Action::Move) {
    m_moves = m_decision.destination.worker;
    return nullptr;
  }
  settle();
  if (m_idle.empty()) {
    m_streams.push_back(std::make_unique<H2VisitorStream>(*this));
    m_idle.push_back(m_streams.back().get());
  }
  H2VisitorStream* stream = m_idle.back();
  m_idle.pop_back();
  m_active.pushBack(*stream);
  return stream;
}

void H2Visitor::onMalformedRequest() {
  settle();  // the next worker would read it again
  const http::RequestHead none;
  const Timestamp now = m_services.loop.now();
  RequestTrace trace;
  trace.begin(m_services.observer, {m_services.nextRequest++, none, m_scheme, m_peer, {}, now});
  trace.end(RequestOutcome::VisitorInvalid, now);
}

void H2Visitor::recycle(H2VisitorStream& stream) {
  static_cast<ListHook<H2StreamTag>&>(stream).unlink();
  m_idle.push_back(&stream);
}

void H2Visitor::onData(Slice data) {
  if (!isOpen()) return;
  const std::uint64_t turn = m_services.loop.counters().turns;
  if (std::exchange(m_turn, turn) != turn) m_effort = 0;
  remember(data.text());
  m_rest = std::move(data);
  processRest(kEffortPerTurn - std::min(m_effort, kEffortPerTurn - 1));
}

void H2Visitor::onTurn() {
  m_effort = 0;
  if (isOpen() && !m_rest.empty()) processRest(kEffortPerTurn);
  if (m_phase != Phase::Closed && m_effort < kEffortPerTurn)
    m_socket->resumeReading(net::PauseReason::AwaitingTurn);
}

/// The connection stays on this worker from now on.
void H2Visitor::settle() noexcept {
  if (m_phase == Phase::Movable) m_phase = Phase::Settled;
}

void H2Visitor::remember(std::string_view received) {
  if (m_phase != Phase::Movable) return;
  m_received.append(received);
  if (m_received.size() > kMaxReceived) settle();
}

/// Of m_rest, as much as costs no more than `most`; what is left waits for a turn to come, and so does what
/// was not read yet.
void H2Visitor::processRest(std::size_t most) {
  const Slice data = std::exchange(m_rest, {});
  m_reading = &data;
  const std::size_t taken = m_session->receive(data.bytes(), m_services.loop.now(), most);
  m_reading = nullptr;
  if (m_moves) {
    moveTo(*m_moves);
    return;
  }
  if (m_phase != Phase::Movable && !m_received.empty()) std::string().swap(m_received);
  if (m_session->error()) dropStreams(RequestOutcome::VisitorInvalid);
  if (most != kNoLimit && (m_effort += m_session->effort()) >= kEffortPerTurn) {
    if (taken < data.size()) m_rest = data.part(taken, data.size() - taken);
    m_socket->pauseReading(net::PauseReason::AwaitingTurn);
    m_services.turns.wait(*this);
  }
  watchTimes();
  wantsToWrite();
}

void H2Visitor::moveTo(unsigned worker) {
  m_received.append(m_toReplay);
  const SliceQueue unread = m_socket->takeUnread();
  for (std::size_t i = 0; i < unread.count(); ++i) m_received.append(unread.at(i).text());
  if (auto socket = m_socket->detach())
    m_services.host.move(worker, {std::move(socket), &factory(), m_scheme, m_peer, std::move(m_received)});
  destroy(RequestOutcome::VisitorGone);
}

void H2Visitor::onEndOfStream() {
  // Half-closed HTTP/2 connections are of no use: no window would be opened any more.
  destroy(RequestOutcome::VisitorGone);
}

void H2Visitor::onSocketError(const Error&) { destroy(RequestOutcome::VisitorGone); }

void H2Visitor::onSent(std::size_t count) {
  m_readPace.sent(count);
  m_services.holdBudget.update(*this, m_socket->queuedBytes());
  if (isOpen()) {
    if (m_socket->queuedBytes() < kMaxQueued / 2 && m_session->wantsToWrite()) pump();
    if (isOpen()) watchTimes();
  } else if (m_phase == Phase::Lingering && m_socket->queuedBytes() == 0) {
    m_services.timeouts.linger.restart(m_lingerTime);
  }
}

void H2Visitor::write(ByteView bytes) { m_socket->sendCopy(bytes); }
void H2Visitor::write(Slice slice) { m_socket->send(std::move(slice)); }
bool H2Visitor::hasRoom() const { return m_socket->queuedBytes() < kMaxQueued; }

void H2Visitor::flush() {
  if (isOpen()) pump();
}

void H2Visitor::pump() {
  settle();
  m_session->produce(*this, m_services.loop.now());
  m_socket->flushNow();
  if (!isOpen()) return;  // flushing may be its end
  m_services.holdBudget.update(*this, m_socket->queuedBytes());
  if (m_session->error()) dropStreams(RequestOutcome::VisitorInvalid);
  if (m_session->isOver()) {
    linger();
    return;
  }
  if (m_streams.size() > kKeepStreams && m_active.empty()) {
    m_idle.clear();
    m_streams.clear();
  }
  watchTimes();
}

/// Each time-out runs while what it waits for is due, from when that began.
void H2Visitor::watchTimes() {
  if (m_session->insideHeaderBlock() || (m_session->requests() == 0 && m_active.empty())) {
    if (!m_headTime.hasTimeout()) m_services.timeouts.head.restart(m_headTime);
  } else {
    m_headTime.cancelTimeout();
  }
  if (m_session->settingsAcknowledged()) m_settingsTime.cancelTimeout();
  if (m_active.empty() && m_session->requests() > 0) {
    if (!m_idleTime.hasTimeout()) m_services.timeouts.keepAlive.restart(m_idleTime);
  } else {
    m_idleTime.cancelTimeout();
  }
  if (m_socket->queuedBytes() > 0) {
    if (!m_writeTime.hasTimeout()) watchReading();
  } else {
    m_writeTime.cancelTimeout();
  }
  if (m_session->isDraining() && !m_noticeTime.hasTimeout() && !m_noticed) {
    m_services.timeouts.linger.restart(m_noticeTime);
  }
}

void H2Visitor::headExpired() {
  m_session->terminate(m_session->requests() == 0 && !m_session->insideHeaderBlock()
                           ? http::H2Error::NoError
                           : http::H2Error::EnhanceYourCalm);
  dropStreams(RequestOutcome::VisitorInvalid);
  wantsToWrite();
}

void H2Visitor::idleExpired() {
  m_session->finishDrain();
  wantsToWrite();
}

void H2Visitor::watchReading() {
  m_readPace.begin(m_services.loop.now(), m_services.config.limits());
  m_services.timeouts.write.restart(m_writeTime);
}

void H2Visitor::writeExpired() {
  if (m_readPace.isTooSlow(*m_socket, m_services.loop.now(), m_services.config.limits())) {
    m_socket->abort();  // what the system holds for it is not worth keeping either
    destroy(RequestOutcome::VisitorTooSlow);
  } else {
    m_services.timeouts.write.restart(m_writeTime);
  }
}

void H2Visitor::onShed() {
  m_socket->abort();  // what the system holds for it is not worth keeping either
  destroy(RequestOutcome::Shed);
}

void H2Visitor::settingsExpired() {
  m_session->terminate(http::H2Error::SettingsTimeout);
  dropStreams(RequestOutcome::VisitorInvalid);
  wantsToWrite();
}

void H2Visitor::noticeExpired() {
  m_noticed = true;
  m_session->finishDrain();
  wantsToWrite();
}

void H2Visitor::dropStreams(RequestOutcome outcome) {
  for (H2VisitorStream* stream = m_active.front(); stream != nullptr; stream = m_active.next(*stream))
    stream->abandon(outcome);
}

void H2Visitor::linger() {
  if (!isOpen()) return;
  dropStreams(RequestOutcome::VisitorGone);
  m_phase = Phase::Lingering;
  // Those who come to be cut stay for a while: what they made us keep need not.
  m_idle.clear();
  m_streams.clear();
  m_session.reset();
  m_rest = {};
  for (Deadline* each : {&m_headTime, &m_idleTime, &m_settingsTime, &m_noticeTime}) each->cancelTimeout();
  m_socket->shutdownSend();
  if (m_socket->queuedBytes() > 0) {
    watchReading();
  } else {
    m_writeTime.cancelTimeout();
    m_services.timeouts.linger.restart(m_lingerTime);
  }
}

void H2Visitor::destroy(RequestOutcome outcome) {
  if (m_phase == Phase::Closed) return;
  dropStreams(outcome);
  m_services.holdBudget.update(*this, 0);
  m_phase = Phase::Closed;
  m_rest = {};
  for (Deadline* each :
       {&m_headTime, &m_idleTime, &m_writeTime, &m_settingsTime, &m_noticeTime, &m_lingerTime})
    each->cancelTimeout();
  m_socket->close();
  m_services.host.forget(*this);
}

}  // namespace adit::server
