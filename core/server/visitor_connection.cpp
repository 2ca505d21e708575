// SPDX-License-Identifier: Apache-2.0
#include "core/server/visitor_connection.h"

#include <algorithm>
#include <cassert>

#include "core/base/log.h"
#include "core/http/semantics.h"
#include "core/relay/piece_joiner.h"
#include "core/server/answer_windows.h"
#include "core/server/visitor_services.h"

namespace adit::server {

namespace {

class Http1Factory final : public VisitorFactory {
  std::unique_ptr<Visitor> create(VisitorServices& services, VisitorArrival& arrival) const override {
    return std::make_unique<VisitorConnection>(services, *arrival.socket, arrival.scheme, arrival.peer);
  }
};

}  // namespace

const VisitorFactory& VisitorConnection::factory() noexcept {
  static const Http1Factory factory;
  return factory;
}

VisitorConnection::VisitorConnection(VisitorServices& services, net::DetachedSocket& socket,
                                     http::Scheme scheme, const net::SocketAddress& peer)
    : m_services(services),
      m_socket(socket.attach(services.loop, *this)),
      m_scheme(scheme),
      m_peer(peer),
      m_exchange(services, *this) {
  waitFor(Waiting::Head);
}

VisitorConnection::~VisitorConnection() = default;

void VisitorConnection::drain() {
  m_keepAlive = false;
  if (!readsHead(m_state) || !m_head.empty()) return;
  if (m_socket->queuedBytes() > 0) {
    closeAfterFlush();  // the end of an answer is still going out
  } else {
    destroy();
  }
}

void VisitorConnection::closeNow() {
  endTrace(RequestOutcome::ServerStopped);
  destroy();
}

void VisitorConnection::beginTrace(const http::RequestHead& head, const RequestOrigin& origin,
                                   const Destination& destination) {
  const Timestamp now = m_services.loop.now();
  m_trace.begin(m_services.observer,
                {m_services.nextRequest++, head, origin.scheme, origin.address, destination, now});
}

void VisitorConnection::endTrace(RequestOutcome outcome, wire::AppError code) {
  m_trace.end(outcome, m_services.loop.now(), code);
}

void VisitorConnection::become(VisitorState next) {
  if (!isAllowed(m_state, next)) {
    logError("server", "a visitor's connection cannot go from {} to {}", toString(m_state), toString(next));
    assert(false && "a transition outside the table");
    destroy();
    return;
  }
  m_state = next;
}

void VisitorConnection::waitFor(Waiting what) {
  m_waiting = what;
  switch (what) {
    case Waiting::Nothing:
      cancelTimeout();
      break;
    case Waiting::Head:
      m_services.timeouts.head.restart(*this);
      break;
    case Waiting::NextRequest:
      m_services.timeouts.keepAlive.restart(*this);
      break;
    case Waiting::Body:
      m_services.timeouts.body.restart(*this);
      break;
    case Waiting::Writing:
      m_readPace.begin(m_services.loop.now(), m_services.config.limits());
      m_services.timeouts.write.restart(*this);
      break;
    case Waiting::HalfClosed:
      m_services.timeouts.halfClose.restart(*this);
      break;
    case Waiting::Linger:
      m_services.timeouts.linger.restart(*this);
      break;
  }
}

void VisitorConnection::onTimeout() {
  switch (m_waiting) {
    case Waiting::Head:
      if (m_head.empty()) {
        destroy();  // never said a word
        return;
      }
      m_keepAlive = m_isHead = false;
      m_pageFormat = {};
      m_host.clear();
      answerProblem(http::Problem::RequestTimeout);
      return;
    case Waiting::Body:
      giveUpOnBody();
      return;
    case Waiting::Nothing:
      return;
    case Waiting::Writing:
      if (!m_readPace.isTooSlow(*m_socket, m_services.loop.now(), m_services.config.limits())) {
        m_services.timeouts.write.restart(*this);
        return;
      }
      endTrace(RequestOutcome::VisitorTooSlow);
      m_socket->abort();  // what the system holds for it is not worth keeping either
      destroy();
      return;
    case Waiting::NextRequest:
    case Waiting::HalfClosed:
    case Waiting::Linger:
      destroy();
      return;
  }
}

/// Its body does not come, or not fast enough.
void VisitorConnection::giveUpOnBody() {
  m_exchange.drop(wire::AppError::VisitorGone);
  m_keepAlive = false;
  answerProblem(http::Problem::RequestTimeout);
}

/// Passes content of the request, or bytes of the upgraded protocol, on to the tunnel.
void VisitorConnection::sendContent(Slice data) {
  m_trace.received(data.size());
  m_exchange.sendBody(std::move(data));
}

void VisitorConnection::onData(Slice data) {
  if (readsHead(m_state)) {
    readHead(std::move(data));
  } else if (readsContent(m_state)) {
    const std::size_t count = data.size();
    forwardBody(std::move(data));
    const Timestamp now = m_services.loop.now();
    const bool owesContent = m_state == VisitorState::Receiving || m_state == VisitorState::Blocked;
    if (owesContent && !m_pace.received(count, now, m_services.config.limits())) giveUpOnBody();
  } else if (isInExchange(m_state)) {
    holdForLater(std::move(data));
  } else if (isUpgraded(m_state)) {
    if (m_state == VisitorState::HalfUpgraded) waitFor(Waiting::Writing);
    sendContent(std::move(data));
    if (m_exchange.isCongested()) m_socket->pauseReading(net::PauseReason::PeerSlow);
  }
}

void VisitorConnection::onEndOfStream() {
  m_visitorFinished = true;
  if (isUpgraded(m_state)) {
    m_exchange.finishRequest();
    if (m_state == VisitorState::HalfUpgraded) endUpgraded();
    return;
  }
  if (isRequestWhole(m_state)) {
    // Gone, or only done with asking? TCP does not say. An answer that comes at once, and goes on coming, is
    // still delivered; otherwise nobody is waiting for it and the origin may stop.
    if (m_waiting == Waiting::Nothing) waitFor(Waiting::HalfClosed);
    return;
  }
  if (m_socket->queuedBytes() > 0 && m_state == VisitorState::Lingering) return;
  if (m_socket->queuedBytes() > 0 && readsHead(m_state)) {
    closeAfterFlush();  // done with asking, and still reading the last answer
    return;
  }
  destroy();
}

void VisitorConnection::onShed() {
  endTrace(RequestOutcome::Shed);
  m_socket->abort();  // half an answer must not pass for a whole one
  destroy();
}

void VisitorConnection::onSocketError(const Error&) { destroy(); }

void VisitorConnection::onSent(std::size_t count) {
  m_services.holdBudget.update(*this, m_socket->queuedBytes());
  m_exchange.settle(m_socket->queuedBytes());
  if (m_socket->queuedBytes() == 0) m_trace.complete(m_services.loop.now());
  if (m_waiting == Waiting::Writing) {
    m_readPace.sent(count);
    if (m_socket->queuedBytes() == 0) waitFor(whatIsMissing());
  }
  if (m_state == VisitorState::Lingering && m_waiting != Waiting::Linger && m_socket->queuedBytes() == 0)
    waitFor(Waiting::Linger);
  if (m_state == VisitorState::Moving && m_socket->queuedBytes() == 0) become(VisitorState::Head);
  if (readsHead(m_state) && !m_ahead.empty()) startNextRequest();
  if (readsHead(m_state) && m_waiting == Waiting::Nothing) waitFor(Waiting::NextRequest);
  if (m_state == VisitorState::Lingering && m_visitorFinished && m_socket->queuedBytes() == 0) destroy();
}

void VisitorConnection::waitForVisitorToRead() {
  waitFor(m_socket->queuedBytes() > 0 ? Waiting::Writing : Waiting::Nothing);
}

/// What the visitor owes us while nothing waits to be written to it.
VisitorConnection::Waiting VisitorConnection::whatIsMissing() const noexcept {
  switch (m_state) {
    case VisitorState::HalfUpgraded:
      return Waiting::Writing;  // its FIN
    case VisitorState::Awaiting:
    case VisitorState::Answering:
      return m_visitorFinished ? Waiting::HalfClosed : Waiting::Nothing;
    case VisitorState::Receiving:
      return Waiting::Body;
    default:
      // Once its answer has begun, a request may take its time: both ends are talking.
      return Waiting::Nothing;
  }
}

void VisitorConnection::readHead(Slice data) {
  if (m_head.empty()) {
    if (m_scanned == 0 && m_waiting != Waiting::Head) waitFor(Waiting::Head);
  } else {
    m_head.append(data.text());
  }
  const std::string_view text = m_head.empty() ? data.text() : std::string_view(m_head);
  if (m_state == VisitorState::Preface && startsHttp2(text)) return;
  m_request.clear();
  const http::ParseResult result =
      http::parseRequestHead(text, m_services.config.limits().head, m_scanned, m_request, m_traits);
  switch (result.status) {
    case http::ParseStatus::NeedMore:
      if (m_head.empty()) m_head.assign(text);
      return;
    case http::ParseStatus::Invalid:
      m_scanned = 0;
      m_keepAlive = false;
      m_isHead = false;
      m_host.clear();
      m_pageFormat = {};
      answerProblem(http::problemOf(result.errorStatus),
                    result.errorReason == nullptr ? "" : result.errorReason);
      return;
    case http::ParseStatus::Complete:
      break;
  }
  // The head ended in the newest piece, so what is left over is that piece's tail.
  const std::size_t left = text.size() - result.consumed;
  m_scanned = 0;
  beginRequest(text.substr(0, result.consumed), data.part(data.size() - left, left));
}

void VisitorConnection::beginRequest(std::string_view headBytes, Slice rest) {
  const http::PageFormat pageFormat = http::pageFormatFor(m_request.fields);
  http::MaxForwardsText maxForwards;
  const RequestOrigin origin = m_services.originOf(m_request, m_scheme, m_peer);
  m_request.authority = origin.authority;
  const PolicyInput input{m_request, origin.scheme, m_services.routes.find(origin),
                          origin.isProxied || m_socket->speaksFor(http::hostOf(origin.authority))};
  const RequestDecision decision = decideRequest(m_services.policyRules(), input, maxForwards);
  if (decision.action == RequestDecision::Action::Move) {
    moveTo(decision.destination.worker, headBytes, rest);
    return;
  }

  m_keepAlive = m_traits.keepAlive && !m_services.host.isDraining();
  m_isHead = m_request.method == "HEAD";
  m_isHttp10 = m_request.version == http::Version::Http10;
  m_host.assign(m_request.authority);
  m_pageFormat = pageFormat;
  const bool hasContent = m_traits.framing.body != http::BodyFraming::None && !m_traits.webSocket;
  become(m_traits.webSocket ? VisitorState::Offered
         : hasContent       ? VisitorState::Receiving
                            : VisitorState::Awaiting);
  m_awaitsContinue = m_traits.expectContinue && m_state != VisitorState::Awaiting;
  m_bodyRemaining = m_traits.framing.length;
  if (m_traits.framing.body == http::BodyFraming::Chunked) m_chunked.reset();
  waitFor(hasContent ? Waiting::Body : Waiting::Nothing);
  if (hasContent) m_pace.restart(m_services.loop.now(), m_services.config.limits());
  beginTrace(m_request, origin, decision.destination);

  std::optional<ExchangeRefusal> refusal;
  if (decision.action == RequestDecision::Action::Answer) {
    refusal = {decision.problem, wire::AppError::NoError};
  } else if (decision.action == RequestDecision::Action::Forward) {
    refusal = m_exchange.begin(decision.destination,
                               {m_request, m_traits.framing, m_traits.webSocket, m_traits.expectContinue,
                                origin.scheme, origin.address, AnswerWindows::kMost - AnswerWindows::kLeast,
                                pageFormat.call != http::CallKind::None});
    if (!refusal) {
      m_head.clear();
      sendBodyAfterHead(std::move(rest));
      return;
    }
    if (refusal->problem == http::Problem::HeadTooLarge) m_keepAlive = false;
  }
  if (m_state == VisitorState::Awaiting && !rest.empty()) holdForLater(std::move(rest));
  if (refusal) {
    answerProblem(refusal->problem, {}, refusal->code);
  } else {
    answerRedirect();
  }
}

void VisitorConnection::sendBodyAfterHead(Slice rest) {
  if (m_state == VisitorState::Awaiting) {
    m_exchange.finishRequest();
    if (!rest.empty()) holdForLater(std::move(rest));
  } else if (m_state == VisitorState::Offered) {
    // Nothing may follow before the 101; what does waits for it.
    if (!rest.empty()) holdForLater(std::move(rest));
  } else if (m_traits.framing.body == http::BodyFraming::Length && m_bodyRemaining == 0) {
    requestDone(std::move(rest));
  } else if (!rest.empty()) {
    forwardBody(std::move(rest));
  }
}

void VisitorConnection::forwardBody(Slice data) {
  m_awaitsContinue = false;
  if (m_traits.framing.body == http::BodyFraming::Chunked) {
    forwardChunked(std::move(data));
  } else {
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(m_bodyRemaining, data.size()));
    m_bodyRemaining -= count;
    sendContent(data.part(0, count));
    if (m_bodyRemaining == 0) {
      requestDone(data.part(count, data.size() - count));
      return;
    }
  }
  if (!readsContent(m_state)) return;
  if (m_waiting == Waiting::Body || m_waiting == Waiting::Nothing) waitFor(whatIsMissing());
  if (m_exchange.isCongested()) {
    m_socket->pauseReading(net::PauseReason::PeerSlow);
    if (m_state == VisitorState::Receiving) become(VisitorState::Blocked);
    if (m_state == VisitorState::EarlyAnswer) become(VisitorState::EarlyBlocked);
    if (m_waiting == Waiting::Body) waitForVisitorToRead();  // the delay is not in its sending
  }
}

void VisitorConnection::forwardChunked(Slice data) {
  relay::PieceJoiner joined;
  const auto sendJoined = [&] {
    if (const ByteView kept = joined.take(); !kept.empty()) sendContent(m_services.loop.writer().copy(kept));
  };
  while (!data.empty()) {
    const http::ChunkedDecoder::Step step = m_chunked.next(data.text());
    switch (step.event) {
      case http::ChunkedDecoder::Event::NeedMore:
        sendJoined();
        return;
      case http::ChunkedDecoder::Event::Data: {
        if (joined.keep(asBytes(step.data))) break;
        sendJoined();
        const auto offset = static_cast<std::size_t>(step.data.data() - data.text().data());
        sendContent(data.part(offset, step.data.size()));
        break;
      }
      case http::ChunkedDecoder::Event::End: {
        sendJoined();
        if (!m_chunked.trailers().empty()) {
          std::vector<http::Field> trailers = m_chunked.trailers();
          std::erase_if(trailers,
                        [](const http::Field& field) { return http::isForbiddenTrailer(field.name); });
          m_exchange.sendTrailers(trailers);
          if (!readsContent(m_state)) return;  // that ended the exchange
        }
        requestDone(data.part(step.consumed, data.size() - step.consumed));
        return;
      }
      case http::ChunkedDecoder::Event::Invalid:
        m_exchange.drop(wire::AppError::VisitorGone);
        m_keepAlive = false;
        if (isAnswering(m_state)) {
          endTrace(RequestOutcome::VisitorInvalid);
          destroy();
        } else {
          answerProblem(http::Problem::BadRequest, "the chunked body is malformed");
        }
        return;
    }
    data.removePrefix(step.consumed);
  }
  sendJoined();
}

void VisitorConnection::requestDone(Slice rest) {
  become(isAnswering(m_state) ? VisitorState::Answering : VisitorState::Awaiting);
  m_exchange.finishRequest();
  // No more is sent, so nobody would be told that the client takes more.
  m_socket->resumeReading(net::PauseReason::PeerSlow);
  if (m_waiting == Waiting::Body) waitForVisitorToRead();
  if (!rest.empty()) holdForLater(std::move(rest));
}

void VisitorConnection::destroy() {
  if (m_state == VisitorState::Closed) return;
  endTrace(RequestOutcome::VisitorGone);
  m_services.holdBudget.update(*this, 0);
  m_exchange.drop(wire::AppError::VisitorGone);
  cancelTimeout();
  m_ahead.clear();
  m_behind.clear();
  // Only its end says where an answer without a length ends: half of it must not look whole.
  if (m_responseFraming == http::BodyFraming::UntilClose &&
      (isAnswering(m_state) || m_socket->queuedBytes() > 0))
    m_socket->abort();
  m_state = VisitorState::Closed;
  m_socket->close();
  m_services.host.forget(*this);
}

}  // namespace adit::server
