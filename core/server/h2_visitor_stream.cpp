// SPDX-License-Identifier: Apache-2.0
#include "core/server/h2_visitor_stream.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/http/redirect.h"
#include "core/http/semantics.h"
#include "core/server/h2_visitor.h"
#include "core/server/visitor_services.h"

namespace adit::server {

namespace {

/// What the requests of a connection may have queued before each may have but its share.
constexpr std::size_t kMostQueued = 1024 * 1024;
constexpr std::size_t kShare = 16 * 1024;

/// The origin's own reset of the stream, told as what it was (PROTOCOL.md section 6).
std::optional<http::H2Error> originsReset(wire::AppError cause) noexcept {
  switch (cause) {
    case wire::AppError::OriginCancelled:
      return http::H2Error::Cancel;
    case wire::AppError::OriginRefusedStream:
      return http::H2Error::RefusedStream;
    case wire::AppError::OriginEnhanceYourCalm:
      return http::H2Error::EnhanceYourCalm;
    case wire::AppError::OriginInadequateSecurity:
      return http::H2Error::InadequateSecurity;
    case wire::AppError::OriginReset:
      return http::H2Error::InternalError;
    default:
      return std::nullopt;
  }
}

/// After the head there is no page any more: RST_STREAM says what it can.
http::H2Error errorFor(wire::AppError cause) noexcept {
  switch (cause) {
    case wire::AppError::NoError:
    case wire::AppError::VisitorGone:
      return http::H2Error::Cancel;
    case wire::AppError::OriginRefusedStream:
      return http::H2Error::InternalError;  // part of an answer came: it is not safe to ask again
    default:
      return originsReset(cause).value_or(http::H2Error::InternalError);
  }
}

}  // namespace

H2VisitorStream::H2VisitorStream(H2Visitor& visitor)
    : m_visitor(visitor), m_exchange(visitor.services(), *this) {}

void H2VisitorStream::abandon(RequestOutcome outcome) {
  endTrace(outcome);
  cancelTimeout();
  m_visitor.services().holdBudget.update(*this, 0);
  m_exchange.drop(wire::AppError::VisitorGone);
  m_visitor.windows().give(std::exchange(m_window, 0));
  std::string().swap(m_early);
}

void H2VisitorStream::onRequestHead(http::H2ServerRequest& request) {
  m_host.assign(request.head.authority);
  m_early.clear();
  m_uncredited = 0;
  m_isHead = request.head.method == "HEAD";
  m_pageFormat = http::pageFormatFor(request.head.fields);
  m_webSocket = request.webSocket;
  m_request = request.complete ? RequestState::Complete : RequestState::Arriving;
  m_answer = AnswerState::Awaited;
  m_takesTrailers = request.framing.body == http::BodyFraming::Chunked;
  m_mayPause = m_webSocket || m_pageFormat.call != http::CallKind::None;
  const RequestDecision& decision = m_visitor.decision();
  VisitorServices& services = m_visitor.services();
  m_trace.begin(services.observer, {services.nextRequest++, request.head, m_visitor.origin().scheme,
                                    m_visitor.origin().address, decision.destination, services.loop.now()});
  if (decision.action == RequestDecision::Action::Redirect) {
    answerRedirect(request.head);
    return;
  }
  std::optional<ExchangeRefusal> refused;
  if (decision.action == RequestDecision::Action::Answer) {
    refused = {decision.problem, wire::AppError::NoError};
  } else {
    m_window = m_visitor.windows().take();
    refused = m_exchange.begin(decision.destination,
                               {request.head, request.framing, request.webSocket, request.expectContinue,
                                m_visitor.origin().scheme, m_visitor.origin().address, m_window, m_mayPause});
  }
  if (refused && refused->problem == http::Problem::TunnelOffline && services.host.isDraining()) {
    // It crossed our notice. Not a page, which would be taken for the tunnel's answer: refused so, it may be
    // asked again on another connection, whatever its method (RFC 9113 section 8.7).
    endTrace(RequestOutcome::Refused, wire::AppError::Draining);
    m_visitor.session().reset(*this, http::H2Error::RefusedStream);
    m_visitor.wantsToWrite();
  } else if (refused) {
    answerProblem(refused->problem, refused->code);
  } else {
    m_pace.restart(services.loop.now(), services.config.limits());
    watchBody();
  }
}

void H2VisitorStream::endTrace(RequestOutcome outcome, wire::AppError code) {
  m_trace.end(outcome, m_visitor.services().loop.now(), code);
}

/// Passes content of the request, or bytes of the upgraded protocol, on to the tunnel.
void H2VisitorStream::sendContent(Slice data) {
  m_trace.received(data.size());
  m_exchange.sendBody(std::move(data));
}

bool H2VisitorStream::owesBody() const noexcept {
  return m_request != RequestState::Complete && !m_mayPause && m_answer == AnswerState::Awaited;
}

void H2VisitorStream::watchBody() {
  if (!owesBody() || m_uncredited > 0) return;
  m_visitor.services().timeouts.body.restart(*this);
}

/// Whether the client takes too little of the request, or the clients of all requests of the connection do.
bool H2VisitorStream::holdsCredit() {
  if (m_exchange.isCongested()) return true;
  if (m_exchange.unsentBytes() < kShare || m_visitor.queuedForClients() < kMostQueued) return false;
  m_exchange.awaitWritable(kShare / 2);
  return true;
}

void H2VisitorStream::giveCredit() {
  m_visitor.session().consume(streamId(), std::exchange(m_uncredited, 0));
  m_visitor.wantsToWrite();
}

void H2VisitorStream::onRequestBody(ByteView data) {
  if (m_webSocket && !isUpgraded() && m_exchange.isActive()) {
    m_early.append(asText(data));  // nothing may follow before the origin agreed
    return;
  }
  m_uncredited += data.size();
  if (m_exchange.isActive() && m_request != RequestState::Unwanted) {
    sendContent(m_visitor.sliceOf(data));
    if (holdsCredit()) {
      if (m_answer == AnswerState::Awaited) cancelTimeout();  // the delay is not in its sending
      return;
    }
  }
  giveCredit();
  VisitorServices& services = m_visitor.services();
  if (owesBody() && !m_pace.received(data.size(), services.loop.now(), services.config.limits())) {
    onTimeout();
    return;
  }
  watchBody();
}

void H2VisitorStream::onRequestTrailers(std::span<const http::Field> fields) {
  if (m_takesTrailers) m_exchange.sendTrailers(fields);
}

void H2VisitorStream::onRequestEnd() {
  m_request = RequestState::Complete;
  if (m_answer == AnswerState::Awaited) cancelTimeout();
  if (m_webSocket && !isUpgraded()) return;  // said when the origin agreed
  finishRequest();
  if (m_answer != AnswerState::HalfUpgraded && m_answer != AnswerState::Complete) return;
  m_exchange.end();
  if (m_uncredited > 0) giveCredit();
}

/// What the client did not take yet keeps its credit beyond the request's end, or a visitor could have us
/// keep as much as it likes by ending one request after the other.
void H2VisitorStream::finishRequest() {
  m_exchange.finishRequest();
  if (m_uncredited == 0) return;
  if (m_exchange.unsentBytes() > kShare / 2) {
    m_exchange.awaitWritable(kShare / 2);
  } else {
    giveCredit();
  }
}

void H2VisitorStream::onRequestWritable() {
  m_pace.restart(m_visitor.services().loop.now(), m_visitor.services().config.limits());
  if (m_uncredited > 0) giveCredit();
  watchBody();
}

void H2VisitorStream::onRequestStopped() {
  if (isUpgraded()) {
    endTrace(RequestOutcome::AnswerAborted);
    m_exchange.drop(wire::AppError::VisitorGone);
    m_visitor.session().reset(*this, http::H2Error::Cancel);
    m_visitor.wantsToWrite();
    return;
  }
  if (m_request == RequestState::Arriving) m_request = RequestState::Unwanted;
  if (m_uncredited > 0) giveCredit();
}

void H2VisitorStream::onTimeout() {
  http::H2ServerSession& session = m_visitor.session();
  if (m_answer != AnswerState::Awaited) {
    if (unsentBytes() == 0) return;
    if (!session.isBlocked(*this)) {
      watchReading();  // others go first
      return;
    }
    if (!m_readPace.isTooSlow(m_visitor.services().loop.now())) {
      m_visitor.services().timeouts.write.restart(*this);
      return;
    }
    endTrace(RequestOutcome::VisitorTooSlow);
    m_exchange.drop(wire::AppError::VisitorGone);
    session.reset(*this, http::H2Error::Cancel);
  } else {
    m_exchange.drop(wire::AppError::VisitorGone);
    answerProblem(http::Problem::RequestTimeout);
  }
  m_visitor.wantsToWrite();
}

Timestamp H2VisitorStream::lastTaken() const noexcept {
  return std::max(m_readPace.last(), m_visitor.lastTaken());  // of one connection, others may go first
}

void H2VisitorStream::onShed() {
  endTrace(RequestOutcome::Shed);
  m_exchange.drop(wire::AppError::VisitorGone);
  m_visitor.session().reset(*this, http::H2Error::EnhanceYourCalm);
  m_visitor.wantsToWrite();
}

void H2VisitorStream::onStreamClosed(http::H2Error error) {
  m_uncredited += m_early.size();  // of a WebSocket that came to nothing
  if (error == http::H2Error::NoError) m_trace.complete(m_visitor.services().loop.now());
  abandon(wasMalformed() ? RequestOutcome::VisitorInvalid : RequestOutcome::VisitorGone);
  // What the client had not taken counts no more against the connection.
  if (m_uncredited > 0) giveCredit();
  m_visitor.recycle(*this);
}

Result<> H2VisitorStream::onInterimHead(http::ResponseHead& head) {
  m_visitor.session().sendInterim(*this, head);
  m_visitor.wantsToWrite();
  return {};
}

Result<> H2VisitorStream::onResponseHead(const ResponseStart& start) {
  if (m_webSocket && !start.upgraded && start.head.status < 300)
    return fail(ErrorCode::ProtocolViolation, "success without an upgrade");  // would read as agreement
  cancelTimeout();
  m_answer = start.upgraded ? AnswerState::Upgraded : AnswerState::Begun;
  m_trace.head(start.head.status, m_visitor.services().loop.now());
  if (start.upgraded) {
    // RFC 8441 section 5: 200 says what 101 said; the key's proof belongs to HTTP/1.1.
    start.head.status = 200;
    std::erase_if(start.head.fields, [](const http::Field& field) {
      return http::equalsIgnoreCase(field.name, "sec-websocket-accept");
    });
    m_visitor.session().sendHead(*this, start.head, {http::BodyFraming::Chunked, 0}, false);
    upgraded();
  } else {
    const bool ends = start.framing.body == http::BodyFraming::None ||
                      (start.framing.body == http::BodyFraming::Length && start.framing.length == 0);
    http::Framing framing = start.framing;
    if (framing.body == http::BodyFraming::None && !start.bodiless) framing = {http::BodyFraming::Length, 0};
    m_visitor.session().sendHead(*this, start.head, framing, ends);
  }
  m_visitor.wantsToWrite();
  return {};
}

void H2VisitorStream::upgraded() {
  const std::string early = std::exchange(m_early, {});
  m_uncredited += early.size();
  m_visitor.services().loop.writer().copyAll(asBytes(early),
                                             [this](Slice piece) { sendContent(std::move(piece)); });
  if (m_request == RequestState::Complete) {
    finishRequest();
  } else if (m_uncredited > 0 && !m_exchange.isCongested()) {
    giveCredit();
  }
}

Result<> H2VisitorStream::onResponseBody(ByteView data) {
  m_trace.sent(data.size());
  const bool first = unsentBytes() == 0;
  m_visitor.services().loop.writer().copyAll(
      data, [this](Slice piece) { m_visitor.session().sendBody(*this, std::move(piece)); });
  if (first) watchReading();
  m_visitor.services().holdBudget.update(*this, unsentBytes());
  m_visitor.wantsToWrite();
  return {};
}

Result<> H2VisitorStream::onResponseTrailers(const std::vector<http::Field>& fields) {
  m_visitor.session().setTrailers(*this, fields);
  return {};
}

void H2VisitorStream::onResponseEnd() {
  const bool isRequestComplete = m_request == RequestState::Complete;
  const bool goesOn = isUpgraded() && !isRequestComplete;  // its other direction
  m_answer = isUpgraded() ? AnswerState::HalfUpgraded : AnswerState::Complete;
  m_trace.answered();
  m_visitor.session().finish(*this);
  m_visitor.wantsToWrite();
  if (goesOn) return;
  if (!isRequestComplete) m_exchange.drop(wire::AppError::NoError);
  m_exchange.end();
  if (m_uncredited > 0) giveCredit();
}

void H2VisitorStream::onExchangeFailed(wire::AppError cause) {
  if (m_uncredited > 0) giveCredit();
  if (m_answer != AnswerState::Awaited) {
    endTrace(RequestOutcome::AnswerAborted, cause);
    if (m_answer != AnswerState::Complete) m_visitor.session().breakOff(*this, errorFor(cause));
    m_visitor.wantsToWrite();
    return;
  }
  const std::optional<http::H2Error> reset = originsReset(cause);
  if (reset && m_pageFormat.call == http::CallKind::Grpc) {
    endTrace(RequestOutcome::Refused, cause);
    m_visitor.session().breakOff(*this, *reset);
    m_visitor.wantsToWrite();
    return;
  }
  answerProblem(problemOf(cause), cause);
}

void H2VisitorStream::onResponseSent(std::size_t count) {
  VisitorServices& services = m_visitor.services();
  m_exchange.settle(unsentBytes());
  services.holdBudget.update(*this, unsentBytes());
  m_readPace.took(count, services.loop.now(), services.config.limits());
  if (unsentBytes() == 0) cancelTimeout();
}

/// Content begins to wait for the visitor's windows.
void H2VisitorStream::watchReading() {
  VisitorServices& services = m_visitor.services();
  m_readPace.begin(services.loop.now(), services.config.limits());
  services.timeouts.write.restart(*this);
}

/// To the same place with TLS; for a request whose host is known.
void H2VisitorStream::answerRedirect(const http::RequestHead& request) {
  m_answer = AnswerState::Complete;
  VisitorServices& services = m_visitor.services();
  m_trace.head(http::kRedirectStatus, services.loop.now());
  endTrace(RequestOutcome::Redirected);
  const std::string location = http::secureLocation(http::hostOf(request.authority),
                                                    services.config.get().redirectPort, request.target);
  http::ResponseHead head;
  head.status = http::kRedirectStatus;
  head.fields = {{"location", location}, {"date", services.date()}};
  m_visitor.session().sendHead(*this, head, {http::BodyFraming::Length, 0}, true);
  m_visitor.wantsToWrite();
}

void H2VisitorStream::answerProblem(http::Problem problem, wire::AppError code) {
  m_trace.endWith(problem, m_visitor.services().loop.now(), code);
  cancelTimeout();
  m_answer = AnswerState::Complete;
  http::ProblemPage page;
  page.problem = problem;
  page.host = m_host;
  std::vector<http::PageLink> links;
  if (http::hasLinks(problem))
    links = m_visitor.services().routes.listTunnels(m_visitor.origin().scheme, m_host);
  page.links = links;
  const http::RenderedPage rendered = http::renderPage(page, m_pageFormat);
  http::ResponseHead head;
  head.status = rendered.status;
  head.fields = {{"date", m_visitor.services().date()}};
  for (const auto& [name, value] : rendered.fields) head.fields.push_back({name, value});
  http::Framing framing;
  if (!rendered.content.empty()) framing = {http::BodyFraming::Length, rendered.content.size()};
  http::H2ServerSession& session = m_visitor.session();
  const bool ends = m_isHead || rendered.content.empty();
  session.sendHead(*this, head, framing, ends);
  if (!ends) {
    m_visitor.services().loop.writer().copyAll(
        asBytes(rendered.content), [&](Slice piece) { session.sendBody(*this, std::move(piece)); });
    watchReading();
    session.finish(*this);
  }
  m_visitor.wantsToWrite();
}

}  // namespace adit::server
