// SPDX-License-Identifier: Apache-2.0
// The answer's way out of a VisitorConnection: what its Exchange reads becomes an HTTP/1.1 response on
// the visitor's socket.
#include <algorithm>
#include <vector>

#include "core/http/redirect.h"
#include "core/http/semantics.h"
#include "core/server/visitor_connection.h"
#include "core/server/visitor_services.h"

namespace adit::server {

namespace {

/// Status line, framing fields and Connection besides the fields themselves.
constexpr std::size_t kHeadOverhead = 192;

std::size_t estimate(const http::ResponseHead& head) noexcept {
  std::size_t size = kHeadOverhead + head.reason.size();
  for (const http::Field& field : head.fields) size += field.name.size() + field.value.size() + 4;
  return size;
}

/// Fields that speak of this hop: ours to write, whatever the client sent.
bool isFramingField(std::string_view name) noexcept {
  switch (name.size()) {
    case 7:
      return http::equalsIgnoreCase(name, "upgrade");
    case 10:
      return http::equalsIgnoreCase(name, "connection") || http::equalsIgnoreCase(name, "keep-alive");
    case 14:
      return http::equalsIgnoreCase(name, "content-length");
    case 17:
      return http::equalsIgnoreCase(name, "transfer-encoding");
    default:
      return false;
  }
}

void writeStatusLine(http::HeadBuffer& out, const http::ResponseHead& head) {
  out.text("HTTP/1.1 ").number(head.status).text(" ");
  out.text(head.reason.empty() ? http::reasonPhrase(head.status) : head.reason).text("\r\n");
}

}  // namespace

template <typename Fill>
void VisitorConnection::emitHead(std::size_t most, Fill&& fill) {
  if (most <= kSlabSize) {
    http::HeadBuffer out(m_services.loop.writer().reserve(most).first(most));
    fill(out);
    m_socket->send(m_services.loop.writer().commit(out.size()));
    return;
  }
  std::vector<std::uint8_t> large(most);  // rare: heads beyond a slab
  http::HeadBuffer out(large);
  fill(out);
  m_socket->sendCopy({large.data(), out.size()});
}

Result<> VisitorConnection::onInterimHead(http::ResponseHead& head) {
  if (m_isHttp10) return {};  // RFC 9110 section 15.2: an HTTP/1.0 visitor does not know them
  if (head.status == 100) m_awaitsContinue = false;
  emitHead(estimate(head), [&](http::HeadBuffer& out) {
    writeStatusLine(out, head);
    for (const http::Field& field : head.fields) {
      if (!isFramingField(field.name)) out.field(field.name, field.value);
    }
    out.text("\r\n");
  });
  return {};
}

Result<> VisitorConnection::onResponseHead(const ResponseStart& start) {
  const std::uint16_t status = start.head.status;
  m_trace.head(status, m_services.loop.now());
  m_responseFraming = start.framing.body;
  if (m_responseFraming == http::BodyFraming::Chunked && m_isHttp10)
    m_responseFraming = http::BodyFraming::UntilClose;
  if (m_responseFraming == http::BodyFraming::UntilClose) m_keepAlive = false;
  // The body that was kept back will never come, or might: the connection cannot be used again, and the
  // visitor should know before it tries (RFC 9110 section 10.1.1).
  if (m_awaitsContinue) m_keepAlive = false;
  switch (m_state) {
    case VisitorState::Offered:
      become(start.upgraded ? VisitorState::Upgraded : VisitorState::Answering);
      break;
    case VisitorState::Receiving:
      become(VisitorState::EarlyAnswer);
      break;
    case VisitorState::Blocked:
      become(VisitorState::EarlyBlocked);
      break;
    default:
      become(VisitorState::Answering);
      break;
  }

  emitHead(estimate(start.head), [&](http::HeadBuffer& out) {
    writeStatusLine(out, start.head);
    for (const http::Field& field : start.head.fields) {
      const bool lengthOfNoBody =
          (m_isHead || status == 304) && http::equalsIgnoreCase(field.name, "content-length");
      if (!isFramingField(field.name) || lengthOfNoBody) out.field(field.name, field.value);
    }
    if (start.upgraded) {
      out.text("Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
      return;
    }
    switch (m_responseFraming) {
      case http::BodyFraming::Length:
        out.text("Content-Length: ").number(start.framing.length).text("\r\n");
        break;
      case http::BodyFraming::Chunked:
        out.text("Transfer-Encoding: chunked\r\n");
        break;
      case http::BodyFraming::None:
        if (!start.bodiless) out.text("Content-Length: 0\r\n");
        break;
      case http::BodyFraming::UntilClose:
        break;
    }
    if (!m_keepAlive) {
      out.text("Connection: close\r\n");
    } else if (m_isHttp10) {
      out.text("Connection: keep-alive\r\n");
    }
    out.text("\r\n");
  });
  m_trailers.clear();
  if (m_waiting == Waiting::Body) waitForVisitorToRead();

  if (start.upgraded) {
    waitFor(Waiting::Nothing);
    SliceQueue early;
    std::swap(early, m_ahead);
    for (std::size_t i = 0; i < early.count(); ++i) onData(early.at(i));
    m_socket->resumeReading(net::PauseReason::AwaitingTurn);
  }
  return {};
}

Result<> VisitorConnection::onResponseBody(ByteView data) {
  m_trace.sent(data.size());
  if (!isUpgraded(m_state) && m_responseFraming == http::BodyFraming::Chunked) {
    std::uint8_t chunkHead[18];
    m_socket->sendCopy({chunkHead, http::writeChunkHead(data.size(), chunkHead)});
    m_socket->sendCopy(data);
    m_socket->sendCopy(asBytes(http::kChunkTail));
  } else {
    m_socket->sendCopy(data);
  }
  if (m_waiting == Waiting::Nothing || m_waiting == Waiting::HalfClosed) waitFor(Waiting::Writing);
  m_services.holdBudget.update(*this, m_socket->queuedBytes());
  return {};
}

Result<> VisitorConnection::onResponseTrailers(const std::vector<http::Field>& fields) {
  for (const http::Field& field : fields)
    m_trailers.append(field.name).append(": ").append(field.value).append("\r\n");
  return {};
}

void VisitorConnection::onResponseEnd() {
  if (m_state == VisitorState::Upgraded) {
    become(VisitorState::HalfUpgraded);
    m_exchange.settle(0);
    m_socket->shutdownSend();
    if (m_visitorFinished) {
      endUpgraded();
    } else {
      waitFor(Waiting::Writing);  // until the visitor's side ends, too
    }
    return;
  }
  if (m_responseFraming == http::BodyFraming::Chunked) {
    m_socket->sendCopy(asBytes(http::kLastChunk));
    if (!m_trailers.empty()) m_socket->sendCopy(asBytes(m_trailers));
    m_socket->sendCopy(asBytes("\r\n"));
  }
  if (!isRequestWhole(m_state)) {
    // Answered early: the rest of the body is nobody's. Tell the visitor by closing, and let the page reach
    // it.
    m_exchange.drop(wire::AppError::NoError);
    m_keepAlive = false;
  }
  m_exchange.end();
  traceAnswered();
  if (!m_keepAlive || m_visitorFinished) {
    closeAfterFlush();
    return;
  }
  become(VisitorState::Head);
  waitFor(m_socket->queuedBytes() > 0 ? Waiting::Writing : Waiting::NextRequest);
  if (!m_ahead.empty()) startNextRequest();
}

void VisitorConnection::closeAfterFlush() {
  become(VisitorState::Lingering);
  if (m_visitorFinished && m_socket->queuedBytes() == 0) {
    destroy();
    return;
  }
  m_ahead.clear();
  m_behind.clear();
  m_socket->resumeReading(net::PauseReason::AwaitingTurn);
  m_socket->resumeReading(net::PauseReason::PeerSlow);
  m_socket->shutdownSend();
  waitFor(m_socket->queuedBytes() > 0 ? Waiting::Writing : Waiting::Linger);
}

/// The whole answer is queued: the request ends when it has left.
void VisitorConnection::traceAnswered() {
  m_trace.answered();
  if (m_socket->queuedBytes() == 0) m_trace.complete(m_services.loop.now());
}

void VisitorConnection::endUpgraded() {
  // What both sides said last still leaves: the stream goes on by itself, the socket is flushed.
  m_exchange.end();
  traceAnswered();
  closeAfterFlush();
}

void VisitorConnection::onExchangeFailed(wire::AppError cause) {
  if (m_state == VisitorState::Closed) return;
  if (isUpgraded(m_state)) {
    endTrace(RequestOutcome::AnswerAborted, cause);
    destroy();
    return;
  }
  if (isAnswering(m_state)) {
    // The visitor must not take half an answer for a whole one; the half it may have.
    endTrace(RequestOutcome::AnswerAborted, cause);
    m_socket->flushNow();
    m_socket->abort();
    destroy();
    return;
  }
  answerProblem(problemOf(cause), {}, cause);
}

void VisitorConnection::answerProblem(http::Problem problem, std::string_view detail, wire::AppError code) {
  if (readsHead(m_state)) beginTrace({}, {m_peer, m_scheme, {}}, {});  // no valid head was received
  m_trace.endWith(problem, m_services.loop.now(), code);
  if (!isRequestWhole(m_state)) m_keepAlive = false;
  std::vector<http::PageLink> links;
  if (http::hasLinks(problem)) links = m_services.routes.listTunnels(m_scheme, m_host);
  const http::ProblemPage page{problem, m_host, detail, m_keepAlive, m_isHead, m_services.date(), {}, links};
  m_socket->sendCopy(asBytes(http::renderProblem(page, m_pageFormat)));
  endOwnAnswer();
}

void VisitorConnection::answerRedirect() {
  if (!isRequestWhole(m_state)) m_keepAlive = false;
  const std::string location = http::secureLocation(http::hostOf(m_request.authority),
                                                    m_services.config.get().redirectPort, m_request.target);
  m_trace.head(http::kRedirectStatus, m_services.loop.now());
  endTrace(RequestOutcome::Redirected);
  m_socket->sendCopy(asBytes(http::renderRedirect(location, m_services.date(), m_keepAlive)));
  endOwnAnswer();
}

void VisitorConnection::endOwnAnswer() {
  m_head.clear();
  if (!m_keepAlive || m_visitorFinished) {
    closeAfterFlush();
    return;
  }
  become(VisitorState::Head);
  waitFor(m_socket->queuedBytes() > 0 ? Waiting::Writing : Waiting::NextRequest);
  // Not from here: the caller may still be inside startNextRequest's loop; onSent goes on with what waits.
}

void VisitorConnection::onRequestStopped() {
  // Of an upgraded connection, one direction is not worth keeping.
  if (!isUpgraded(m_state)) return;
  endTrace(RequestOutcome::AnswerAborted);
  destroy();
}

void VisitorConnection::onRequestWritable() {
  m_pace.restart(m_services.loop.now(), m_services.config.limits());
  m_socket->resumeReading(net::PauseReason::PeerSlow);
  if (m_state == VisitorState::Blocked) become(VisitorState::Receiving);
  if (m_state == VisitorState::EarlyBlocked) become(VisitorState::EarlyAnswer);
  if (readsContent(m_state) && m_waiting == Waiting::Nothing) waitFor(whatIsMissing());
}

}  // namespace adit::server
