// SPDX-License-Identifier: Apache-2.0
// The answer's way out of a VisitorConnection: frames of the stream become an HTTP/1.1 response on the
// visitor's socket.
#include <algorithm>
#include <vector>

#include "core/base/log.h"
#include "core/http/semantics.h"
#include "core/relay/http_stream_writer.h"
#include "core/server/visitor_connection.h"
#include "core/server/worker.h"

namespace adit::server {

namespace {

/// Status line, framing fields and Connection besides the fields themselves.
constexpr std::size_t kHeadOverhead = 192;
/// PROTOCOL.md section 7.
constexpr unsigned kMaxInterimHeads = 16;

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
    http::HeadBuffer out(m_worker.loop().writer().reserve(most).first(most));
    fill(out);
    m_socket->send(m_worker.loop().writer().commit(out.size()));
    return;
  }
  std::vector<std::uint8_t> large(most);  // rare: heads beyond a slab
  http::HeadBuffer out(large);
  fill(out);
  m_socket->sendCopy({large.data(), out.size()});
}

void VisitorConnection::onStreamData(quic::Stream& stream, ByteView data, bool fin) {
  m_bodyInFeed = 0;
  const Result<> fed = m_frames.feed(data, *this);
  // What was no body has no socket to wait for.
  if (m_stream == &stream) stream.consume(data.size() - std::min(data.size(), m_bodyInFeed));
  if (!fed) {
    logWarning("server", "a client's answer was refused: {}", fed.error().detail);
    abandonResponse(wire::AppError::RequestRefused);
    return;
  }
  if (!fin || m_phase == Phase::Closed || m_stream != &stream) return;
  if (!m_frames.atFrameBoundary() || !m_responseStarted) {
    abandonResponse(wire::AppError::OriginBroken);
    return;
  }
  finishResponse();
}

Result<> VisitorConnection::onFrame(wire::FrameType type, ByteView payload) {
  switch (type) {
    case wire::FrameType::ResponseHead:
    case wire::FrameType::InterimHead: {
      if (m_responseStarted) return fail(ErrorCode::ProtocolViolation, "a second response head");
      m_response.clear();
      wire::ResponseHeadFrame frame;
      frame.head = &m_response;
      if (auto read = wire::readResponseHead(payload, frame); !read) return read;
      return type == wire::FrameType::InterimHead ? writeInterimHead(frame) : writeResponseHead(frame);
    }
    case wire::FrameType::Trailers:
      return takeTrailers(payload);
    case wire::FrameType::RequestHead:
    case wire::FrameType::Data:
      break;
  }
  return fail(ErrorCode::ProtocolViolation, "a frame that is no part of a response");
}

Result<> VisitorConnection::writeInterimHead(const wire::ResponseHeadFrame& frame) {
  if (m_response.status < 100 || m_response.status > 199 || m_response.status == 101) {
    return fail(ErrorCode::ProtocolViolation, "an interim head that is none");
  }
  if (++m_interimHeads > kMaxInterimHeads) return fail(ErrorCode::LimitExceeded, "too many interim heads");
  if (m_isHttp10) return {};  // RFC 9110 section 15.2: an HTTP/1.0 visitor does not know them
  emitHead(estimate(*frame.head), [&](http::HeadBuffer& out) {
    writeStatusLine(out, m_response);
    for (const http::Field& field : m_response.fields) {
      if (!isFramingField(field.name)) out.field(field.name, field.value);
    }
    out.text("\r\n");
  });
  return {};
}

Result<> VisitorConnection::writeResponseHead(const wire::ResponseHeadFrame& frame) {
  const std::uint16_t status = m_response.status;
  if (status < 200 && status != 101) return fail(ErrorCode::ProtocolViolation, "an interim status as final");
  const bool upgraded = status == 101;
  if (upgraded && !m_webSocket) return fail(ErrorCode::ProtocolViolation, "101 without an upgrade request");
  const bool bodiless = m_isHead || status == 204 || status == 304 || upgraded;

  m_responseFraming = bodiless ? http::BodyFraming::None : frame.framing.body;
  m_responseRemaining = 0;
  if (m_responseFraming == http::BodyFraming::Length) m_responseRemaining = frame.framing.length;
  const bool unknownLength =
      m_responseFraming == http::BodyFraming::Chunked || m_responseFraming == http::BodyFraming::UntilClose;
  if (unknownLength)
    m_responseFraming = m_isHttp10 ? http::BodyFraming::UntilClose : http::BodyFraming::Chunked;
  if (m_responseFraming == http::BodyFraming::UntilClose) m_keepAlive = false;
  if (m_webSocket && !upgraded) {
    // The origin declined; the visitor's request had no body, so the exchange goes on as a plain one.
    m_webSocket = false;
    m_requestComplete = true;
    if (m_stream != nullptr) m_stream->finish();
  }

  emitHead(estimate(m_response), [&](http::HeadBuffer& out) {
    writeStatusLine(out, m_response);
    for (const http::Field& field : m_response.fields) {
      const bool lengthOfNoBody =
          (m_isHead || status == 304) && http::equalsIgnoreCase(field.name, "content-length");
      if (!isFramingField(field.name) || lengthOfNoBody) out.field(field.name, field.value);
    }
    if (upgraded) {
      out.text("Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
      return;
    }
    switch (m_responseFraming) {
      case http::BodyFraming::Length:
        out.text("Content-Length: ").number(m_responseRemaining).text("\r\n");
        break;
      case http::BodyFraming::Chunked:
        out.text("Transfer-Encoding: chunked\r\n");
        break;
      case http::BodyFraming::None:
        if (!bodiless) out.text("Content-Length: 0\r\n");
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
  m_responseStarted = true;
  m_trailers.clear();

  if (upgraded) {
    m_phase = Phase::Upgraded;
    waitFor(Waiting::Nothing);
    SliceQueue early;
    std::swap(early, m_ahead);
    for (std::size_t i = 0; i < early.count(); ++i) onData(early.at(i));
    m_socket->resumeReading(net::PauseReason::AwaitingTurn);
  }
  return {};
}

Result<> VisitorConnection::onBody(ByteView data) {
  if (!m_responseStarted) return fail(ErrorCode::ProtocolViolation, "content before the response head");
  if (m_phase == Phase::Upgraded) {
    m_socket->sendCopy(data);
  } else {
    switch (m_responseFraming) {
      case http::BodyFraming::None:
        return fail(ErrorCode::ProtocolViolation, "content where there is none");
      case http::BodyFraming::Length:
        if (data.size() > m_responseRemaining)
          return fail(ErrorCode::ProtocolViolation, "more content than announced");
        m_responseRemaining -= data.size();
        m_socket->sendCopy(data);
        break;
      case http::BodyFraming::Chunked: {
        std::uint8_t chunkHead[18];
        m_socket->sendCopy({chunkHead, http::writeChunkHead(data.size(), chunkHead)});
        m_socket->sendCopy(data);
        m_socket->sendCopy(asBytes(http::kChunkTail));
        break;
      }
      case http::BodyFraming::UntilClose:
        m_socket->sendCopy(data);
        break;
    }
  }
  m_bodyInFeed += data.size();
  m_credit.queued(data.size());
  if ((m_waiting == Waiting::Nothing || m_waiting == Waiting::HalfClosed) && m_phase == Phase::Exchange)
    waitFor(Waiting::Writing);
  return {};
}

Result<> VisitorConnection::takeTrailers(ByteView payload) {
  if (!m_responseStarted) return fail(ErrorCode::ProtocolViolation, "trailers before the response head");
  std::vector<http::Field> fields;
  if (auto read = wire::readTrailers(payload, fields); !read) return read;
  for (const http::Field& field : fields) {
    if (http::isForbiddenTrailer(field.name)) continue;
    m_trailers.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  return {};
}

void VisitorConnection::finishResponse() {
  if (!m_responseFinished) {
    m_responseFinished = true;
    if (m_phase == Phase::Upgraded) {
      m_credit.settle(m_stream);
      m_socket->shutdownSend();
      if (m_visitorFinished) endUpgrade();
      return;
    }
    if (m_responseFraming == http::BodyFraming::Length && m_responseRemaining != 0) {
      abandonResponse(wire::AppError::OriginBroken);
      return;
    }
    if (m_responseFraming == http::BodyFraming::Chunked) {
      m_socket->sendCopy(asBytes(http::kLastChunk));
      if (!m_trailers.empty()) m_socket->sendCopy(asBytes(m_trailers));
      m_socket->sendCopy(asBytes("\r\n"));
    }
  }
  if (!m_requestComplete) {
    // Answered early: the rest of the body is nobody's. Tell the visitor by closing, and let the page reach
    // it.
    dropStream(wire::AppError::NoError);
    m_keepAlive = false;
  }
  endExchange();
  if (!m_keepAlive || m_visitorFinished) {
    closeAfterFlush();
    return;
  }
  awaitNextRequest();
  if (!m_ahead.empty()) startNextRequest();
}

/// Both directions have ended in order: what is queued each way is still delivered.
void VisitorConnection::endUpgrade() {
  endExchange();
  closeAfterFlush();
}

void VisitorConnection::closeAfterFlush() {
  m_phase = Phase::Lingering;
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

void VisitorConnection::abandonResponse(wire::AppError cause) {
  dropStream(cause);
  if (m_phase == Phase::Closed) return;
  if (m_responseStarted) {
    // The visitor must not take half an answer for a whole one.
    m_socket->abort();
    destroy();
    return;
  }
  if (!m_requestComplete) m_keepAlive = false;
  switch (cause) {
    case wire::AppError::Overloaded:
      answerProblem(http::Problem::Overloaded);
      return;
    case wire::AppError::OriginRefused:
      answerProblem(http::Problem::OriginRefused);
      return;
    case wire::AppError::OriginSlow:
      answerProblem(http::Problem::OriginSlow);
      return;
    case wire::AppError::OriginBroken:
    case wire::AppError::RequestRefused:
      answerProblem(http::Problem::OriginBroken);
      return;
    default:
      answerProblem(http::Problem::TunnelOffline);
      return;
  }
}

void VisitorConnection::answerProblem(http::Problem problem, std::string_view detail) {
  if (!m_requestComplete || m_phase == Phase::Head) m_keepAlive = false;
  const http::ProblemPage page{problem, m_host, detail, m_keepAlive, m_isHead};
  m_socket->sendCopy(asBytes(http::renderProblem(page, m_wantsJson)));
  m_responseStarted = m_responseFinished = true;
  m_head.clear();
  if (!m_keepAlive || m_visitorFinished) {
    closeAfterFlush();
    return;
  }
  awaitNextRequest();
  // Not from here: the caller may still be inside startNextRequest's loop; onSent goes on with what waits.
}

void VisitorConnection::onStreamReset(quic::Stream& stream, quic::AppErrorCode code) {
  if (m_stream != &stream) return;
  if (m_phase == Phase::Upgraded || m_responseFinished) {
    destroy();
    return;
  }
  abandonResponse(static_cast<wire::AppError>(code));
}

void VisitorConnection::onStreamStopped(quic::Stream& stream, quic::AppErrorCode) {
  if (m_stream != &stream) return;
  // The client wants no more of the request; its answer may still be coming.
  if (m_phase == Phase::Upgraded) destroy();
}

void VisitorConnection::onStreamWritable(quic::Stream&) {
  m_socket->resumeReading(net::PauseReason::PeerSlow);
  if (m_phase == Phase::Exchange && !m_requestComplete && m_waiting == Waiting::Nothing)
    waitFor(Waiting::Body);
}

void VisitorConnection::onStreamClosed(quic::Stream& stream) {
  if (m_stream != &stream) return;
  m_stream = nullptr;
  if (m_phase == Phase::Exchange && !m_responseFinished) abandonResponse(wire::AppError::Draining);
  if (m_phase == Phase::Upgraded) destroy();
}

}  // namespace adit::server
