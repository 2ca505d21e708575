// SPDX-License-Identifier: Apache-2.0
#include "core/server/visitor_connection.h"

#include <algorithm>

#include "core/http/semantics.h"
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
  if (m_phase != Phase::Head || !m_head.empty()) return;
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

void VisitorConnection::beginTrace(const http::RequestHead& head, const Destination& destination) {
  const Timestamp now = m_services.loop.now();
  m_trace.begin(m_services.observer, {m_services.nextRequest++, head, m_scheme, m_peer, destination, now});
}

void VisitorConnection::endTrace(RequestOutcome outcome, wire::AppError code) {
  m_trace.end(outcome, m_services.loop.now(), code);
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
  switch (m_phase) {
    case Phase::Head:
      readHead(std::move(data));
      return;
    case Phase::Exchange:
      if (m_requestComplete) {
        holdForLater(std::move(data));
      } else {
        const std::size_t count = data.size();
        forwardBody(std::move(data));
        const Timestamp now = m_services.loop.now();
        const bool owesBody =
            m_phase == Phase::Exchange && !m_requestComplete && !m_webSocket && !m_responseStarted;
        if (owesBody && !m_pace.received(count, now, m_services.config.limits())) giveUpOnBody();
      }
      return;
    case Phase::Upgraded:
      if (m_responseFinished) waitFor(Waiting::Writing);
      sendContent(std::move(data));
      if (m_exchange.isCongested()) m_socket->pauseReading(net::PauseReason::PeerSlow);
      return;
    case Phase::Lingering:
    case Phase::Closed:
      return;
  }
}

void VisitorConnection::onEndOfStream() {
  m_visitorFinished = true;
  if (m_phase == Phase::Upgraded) {
    m_exchange.finishRequest();
    if (m_responseFinished) endUpgraded();
    return;
  }
  if (m_phase == Phase::Exchange && m_requestComplete) {
    // Gone, or only done with asking? TCP does not say. An answer that comes at once, and goes on coming, is
    // still delivered; otherwise nobody is waiting for it and the origin may stop.
    if (m_waiting == Waiting::Nothing) waitFor(Waiting::HalfClosed);
    return;
  }
  if (m_socket->queuedBytes() > 0 && m_phase == Phase::Lingering) return;
  if (m_socket->queuedBytes() > 0 && m_phase == Phase::Head) {
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
  if (m_phase == Phase::Lingering && m_waiting != Waiting::Linger && m_socket->queuedBytes() == 0)
    waitFor(Waiting::Linger);
  if (m_phase == Phase::Head && !m_ahead.empty() && m_socket->queuedBytes() <= queuedBetweenRequests())
    startNextRequest();
  if (m_phase == Phase::Head && m_waiting == Waiting::Nothing) waitFor(Waiting::NextRequest);
  if (m_phase == Phase::Lingering && m_visitorFinished && m_socket->queuedBytes() == 0) destroy();
}

void VisitorConnection::waitForVisitorToRead() {
  waitFor(m_socket->queuedBytes() > 0 ? Waiting::Writing : Waiting::Nothing);
}

/// What the visitor owes us while nothing waits to be written to it.
VisitorConnection::Waiting VisitorConnection::whatIsMissing() const noexcept {
  if (m_phase == Phase::Upgraded && m_responseFinished) return Waiting::Writing;  // its FIN
  if (m_phase != Phase::Exchange) return Waiting::Nothing;
  if (m_requestComplete) return m_visitorFinished ? Waiting::HalfClosed : Waiting::Nothing;
  // Once its answer has begun, a request may take its time: both ends are talking.
  return m_webSocket || m_clientSlow || m_responseStarted ? Waiting::Nothing : Waiting::Body;
}

void VisitorConnection::readHead(Slice data) {
  if (m_head.empty()) {
    if (m_scanned == 0 && m_waiting != Waiting::Head) waitFor(Waiting::Head);
  } else {
    m_head.append(data.text());
  }
  const std::string_view text = m_head.empty() ? data.text() : std::string_view(m_head);
  if (m_mayBeHttp2 && startsHttp2(text)) return;
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
  const PolicyInput input{m_request, m_scheme, m_services.routes.find(m_request.authority),
                          m_socket->speaksFor(http::hostOf(m_request.authority))};
  const RequestDecision decision = decideRequest(m_services.policyRules(), input, maxForwards);
  if (decision.action == RequestDecision::Action::Move) {
    moveTo(decision.destination.worker, headBytes, rest);
    return;
  }

  m_phase = Phase::Exchange;
  m_keepAlive = m_traits.keepAlive && !m_services.host.isDraining();
  m_isHead = m_request.method == "HEAD";
  m_isHttp10 = m_request.version == http::Version::Http10;
  m_webSocket = m_traits.webSocket;
  m_host.assign(m_request.authority);
  m_pageFormat = pageFormat;
  m_responseStarted = m_responseFinished = false;
  m_clientSlow = m_moves = false;
  m_requestComplete = m_traits.framing.body == http::BodyFraming::None && !m_webSocket;
  m_awaitsContinue = m_traits.expectContinue && !m_requestComplete;
  m_bodyRemaining = m_traits.framing.length;
  if (m_traits.framing.body == http::BodyFraming::Chunked) m_chunked.reset();
  waitFor(m_requestComplete || m_webSocket ? Waiting::Nothing : Waiting::Body);
  if (!m_requestComplete) m_pace.restart(m_services.loop.now(), m_services.config.limits());
  beginTrace(m_request, decision.destination);

  std::optional<ExchangeRefusal> refusal;
  if (decision.action == RequestDecision::Action::Answer) {
    refusal = {decision.problem, wire::AppError::NoError};
  } else if (decision.action == RequestDecision::Action::Forward) {
    refusal = m_exchange.begin(decision.destination,
                               {m_request, m_traits.framing, m_webSocket, m_traits.expectContinue, m_scheme,
                                m_peer, AnswerWindows::kMost - AnswerWindows::kLeast});
    if (!refusal) {
      m_head.clear();
      sendBodyAfterHead(std::move(rest));
      return;
    }
    if (refusal->problem == http::Problem::HeadTooLarge) m_keepAlive = false;
  }
  if (m_requestComplete && !rest.empty()) holdForLater(std::move(rest));
  if (refusal) {
    answerProblem(refusal->problem, {}, refusal->code);
  } else {
    answerRedirect();
  }
}

void VisitorConnection::sendBodyAfterHead(Slice rest) {
  if (m_requestComplete) {
    m_exchange.finishRequest();
    if (!rest.empty()) holdForLater(std::move(rest));
  } else if (m_webSocket) {
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
  } else if (m_webSocket) {
    holdForLater(std::move(data));
    return;
  } else {
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(m_bodyRemaining, data.size()));
    m_bodyRemaining -= count;
    sendContent(data.part(0, count));
    if (m_bodyRemaining == 0) {
      requestDone(data.part(count, data.size() - count));
      return;
    }
  }
  if (m_phase != Phase::Exchange || m_requestComplete) return;
  if (m_waiting == Waiting::Body || m_waiting == Waiting::Nothing) waitFor(whatIsMissing());
  if (m_exchange.isCongested()) {
    m_socket->pauseReading(net::PauseReason::PeerSlow);
    m_clientSlow = true;
    if (m_waiting == Waiting::Body) waitForVisitorToRead();  // the delay is not in its sending
  }
}

void VisitorConnection::forwardChunked(Slice data) {
  while (!data.empty()) {
    const http::ChunkedDecoder::Step step = m_chunked.next(data.text());
    switch (step.event) {
      case http::ChunkedDecoder::Event::NeedMore:
        return;
      case http::ChunkedDecoder::Event::Data: {
        const auto offset = static_cast<std::size_t>(step.data.data() - data.text().data());
        sendContent(data.part(offset, step.data.size()));
        break;
      }
      case http::ChunkedDecoder::Event::End: {
        if (!m_chunked.trailers().empty()) {
          std::vector<http::Field> trailers = m_chunked.trailers();
          std::erase_if(trailers,
                        [](const http::Field& field) { return http::isForbiddenTrailer(field.name); });
          m_exchange.sendTrailers(trailers);
        }
        requestDone(data.part(step.consumed, data.size() - step.consumed));
        return;
      }
      case http::ChunkedDecoder::Event::Invalid:
        m_exchange.drop(wire::AppError::VisitorGone);
        m_keepAlive = false;
        if (m_responseStarted) {
          endTrace(RequestOutcome::VisitorInvalid);
          destroy();
        } else {
          answerProblem(http::Problem::BadRequest, "the chunked body is malformed");
        }
        return;
    }
    data.removePrefix(step.consumed);
  }
}

void VisitorConnection::requestDone(Slice rest) {
  m_requestComplete = true;
  m_exchange.finishRequest();
  // No more is sent, so nobody would be told that the client takes more.
  m_clientSlow = false;
  m_socket->resumeReading(net::PauseReason::PeerSlow);
  if (m_waiting == Waiting::Body) waitForVisitorToRead();
  if (!rest.empty()) holdForLater(std::move(rest));
}

void VisitorConnection::destroy() {
  if (m_phase == Phase::Closed) return;
  endTrace(RequestOutcome::VisitorGone);
  m_services.holdBudget.update(*this, 0);
  m_exchange.drop(wire::AppError::VisitorGone);
  m_phase = Phase::Closed;
  cancelTimeout();
  m_ahead.clear();
  m_behind.clear();
  // Only its end says where an answer without a length ends: half of it must not look whole.
  if (m_responseFraming == http::BodyFraming::UntilClose &&
      ((m_responseStarted && !m_responseFinished) || m_socket->queuedBytes() > 0))
    m_socket->abort();
  m_socket->close();
  m_services.host.forget(*this);
}

}  // namespace adit::server
