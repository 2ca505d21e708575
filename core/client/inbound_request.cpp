// SPDX-License-Identifier: Apache-2.0
#include "core/client/inbound_request.h"

#include <algorithm>
#include <vector>

#include "core/base/log.h"
#include "core/client/http1_exchange.h"
#include "core/client/http2_exchange.h"

namespace adit::client {

InboundRequest::~InboundRequest() {
  if (m_phase != Phase::Ended) end(true);
}

void InboundRequest::begin(transport::Stream& stream) {
  m_stream = &stream;
  stream.setHandler(this);
  m_exchange = nullptr;
  m_phase = Phase::StreamHead;
  m_answerPhase = AnswerPhase::Head;
  m_partialHead.clear();
  m_frames.reset();
  m_hasHead = m_reached = m_requestEnded = m_webSocket = m_isHead = false;
  m_pageFormat = {};
}

bool InboundRequest::readStreamHead(ByteView& data) {
  ByteView whole = data;
  const std::size_t before = m_partialHead.size();
  if (before > 0) {
    m_partialHead.append(asText(data.first(std::min(data.size(), wire::kMaxStreamHead))));
    whole = asBytes(m_partialHead);
  }
  const Result<std::size_t> used = wire::readStreamHead(whole, m_streamHead);
  if (!used) {
    refuse(wire::streamErrorOf(used.error()));
    return false;
  }
  if (*used == 0) {
    if (before == 0) m_partialHead.assign(asText(data));
    if (m_partialHead.size() > wire::kMaxStreamHead) refuse(wire::AppError::Malformed);
    return false;
  }
  data = data.subspan(*used - before);
  if (m_streamHead.kind != wire::StreamKind::Http) {
    refuse(wire::AppError::Protocol);
    return false;
  }
  m_tunnel = m_owner.findTunnel(m_streamHead.tunnel);
  if (m_tunnel == nullptr) {
    OriginProblem problem;
    problem.tunnel = m_streamHead.tunnel;
    problem.status = 503;
    problem.code = wire::toString(wire::AppError::TunnelUnknown);
    problem.message = "the server asked for a tunnel that is not here any more";
    m_owner.onProblem(std::move(problem));
    refuse(wire::AppError::TunnelUnknown);
    return false;
  }
  m_stream->setGroup(m_streamHead.tunnel);
  m_tunnel->traffic->requestStarted();
  m_phase = Phase::Request;
  return true;
}

void InboundRequest::onStreamData(transport::Stream& stream, ByteView data, bool fin) {
  const std::size_t size = data.size();
  m_bodyInFeed = 0;
  if (m_phase == Phase::StreamHead && !readStreamHead(data)) {
    stream.consume(size);
    if (fin && m_phase == Phase::StreamHead) refuse(wire::AppError::Malformed);
    return;
  }
  if (m_phase != Phase::Request) return;
  m_tunnel->traffic->addIn(data.size());
  const Result<> fed = m_frames.feed(data, *this);
  stream.consume(size - std::min(size, m_bodyInFeed));
  if (m_phase != Phase::Request) return;
  if (!fed || (fin && (!m_frames.atFrameBoundary() || !m_hasHead))) {
    logWarning("client", "the server's request was refused: {}",
               fed ? "it ended before a frame or its head was whole" : fed.error().detail);
    refuse(fed ? wire::AppError::Malformed : wire::streamErrorOf(fed.error()));
    return;
  }
  if (fin) requestEnded();
}

Result<> InboundRequest::onFrame(wire::FrameType type, ByteView payload) {
  if (m_phase != Phase::Request) return {};
  if (type == wire::FrameType::Trailers) return takeTrailers(payload);
  if (type == wire::FrameType::RequestHead) return takeHead(payload);
  return fail(ErrorCode::ProtocolViolation, "a frame that is no part of a request");
}

std::unique_ptr<OriginExchange> RequestOwner::makeExchange(Target::Protocol protocol,
                                                           OriginExchange::User& user) {
  if (protocol == Target::Protocol::Http2) return std::make_unique<Http2Exchange>(loop(), user);
  return std::make_unique<Http1Exchange>(loop(), user);
}

OriginExchange& InboundRequest::exchangeFor(Target::Protocol protocol) {
  std::unique_ptr<OriginExchange>& kept = protocol == Target::Protocol::Http2 ? m_http2 : m_http1;
  if (kept == nullptr) kept = m_owner.makeExchange(protocol, static_cast<OriginExchange::User&>(*this));
  return *kept;
}

Result<> InboundRequest::takeHead(ByteView payload) {
  if (m_hasHead) return fail(ErrorCode::ProtocolViolation, "a second request head");
  m_request.clear();
  wire::RequestHeadFrame frame;
  frame.head = &m_request;
  if (auto read = wire::readRequestHead(payload, frame); !read) return read;
  m_hasHead = true;
  m_framing = frame.framing;
  m_bodyRemaining = m_framing.length;
  m_webSocket = frame.webSocket;
  m_isHead = m_request.method == "HEAD";
  m_pageFormat = http::pageFormatFor(m_request.fields);
  m_exchange = &exchangeFor(m_tunnel->target.protocol);
  m_exchange->begin(*m_tunnel, {m_request, m_framing, frame.webSocket, frame.expectContinue, m_streamHead});
  return {};
}

Result<> InboundRequest::onBody(ByteView data) {
  if (m_phase != Phase::Request || m_answerPhase == AnswerPhase::Done) return {};
  if (!m_hasHead) return fail(ErrorCode::ProtocolViolation, "content before the request head");
  if (m_webSocket) {
    if (m_answerPhase != AnswerPhase::Upgraded)
      return fail(ErrorCode::ProtocolViolation, "bytes before the upgrade");
  } else if (m_framing.body == http::BodyFraming::Length) {
    if (data.size() > m_bodyRemaining) return fail(ErrorCode::Malformed, "more content than announced");
    m_bodyRemaining -= data.size();
  } else if (m_framing.body != http::BodyFraming::Chunked) {
    return fail(ErrorCode::ProtocolViolation, "content where there is none");
  }
  m_bodyInFeed += data.size();
  m_credit.queued(data.size());
  m_exchange->sendContent(data);
  if (!hasTimeout()) timeOrigin();
  return {};
}

Result<> InboundRequest::takeTrailers(ByteView payload) {
  if (!m_hasHead) return fail(ErrorCode::ProtocolViolation, "trailers before the request head");
  if (m_framing.body != http::BodyFraming::Chunked)
    return fail(ErrorCode::ProtocolViolation, "trailers behind content of a known length");
  std::vector<http::Field> fields;
  if (auto read = wire::readTrailers(payload, fields); !read) return read;
  if (m_answerPhase != AnswerPhase::Done) m_exchange->sendTrailers(fields);
  return {};
}

void InboundRequest::requestEnded() {
  m_requestEnded = true;
  if (m_answerPhase == AnswerPhase::Done) return;
  if (m_answerPhase != AnswerPhase::Upgraded && m_framing.body == http::BodyFraming::Length &&
      m_bodyRemaining != 0) {
    refuse(wire::AppError::Malformed);
    return;
  }
  m_exchange->finish();
  if (m_phase == Phase::Request) timeOrigin();
}

void InboundRequest::onReached() {
  m_reached = true;
  timeOrigin();
}

/// Times the origin while it is expected to do something: to take queued content, or to answer.
void InboundRequest::timeOrigin() {
  if (!m_reached || m_answerPhase != AnswerPhase::Head) return;
  // A call limits its own time (grpc-timeout), and the answer of a streaming call begins with its first
  // message.
  if (m_pageFormat.call != http::CallKind::None && !m_tunnel->settings.timesCalls) return;
  if (m_requestEnded || m_webSocket || m_exchange->queuedBytes() > 0) {
    m_tunnel->answerTimeouts->restart(*this);
  } else {
    cancelTimeout();
  }
}

void InboundRequest::onSent() {
  m_credit.sent(m_stream, m_exchange->queuedBytes());
  if (m_answerPhase == AnswerPhase::Head && m_framing.body != http::BodyFraming::None) timeOrigin();
}

void InboundRequest::onStreamReset(transport::Stream&, transport::AppErrorCode) {
  // The visitor is gone: the origin should stop at once.
  if (m_stream != nullptr) m_stream->reset(static_cast<transport::AppErrorCode>(wire::AppError::VisitorGone));
  end(m_answerPhase == AnswerPhase::Head);
}

void InboundRequest::onStreamStopped(transport::Stream&, transport::AppErrorCode) {
  if (m_stream != nullptr)
    m_stream->stopSending(static_cast<transport::AppErrorCode>(wire::AppError::VisitorGone));
  end(m_answerPhase == AnswerPhase::Head);
}

void InboundRequest::onStreamWritable(transport::Stream&) {
  if (m_exchange != nullptr) m_exchange->resumeAnswer();
}

void InboundRequest::onStreamClosed(transport::Stream&) {
  m_stream = nullptr;
  end(m_answerPhase != AnswerPhase::Done && m_answerPhase != AnswerPhase::Upgraded);
}

void InboundRequest::refuse(wire::AppError code) {
  if (m_stream != nullptr) {
    m_stream->reset(static_cast<transport::AppErrorCode>(code));
    m_stream->stopSending(static_cast<transport::AppErrorCode>(code));
  }
  end(true);
}

void InboundRequest::end(bool failed, CancelReason reason) {
  if (m_phase == Phase::Ended) return;
  m_phase = Phase::Ended;
  cancelTimeout();
  if (m_exchange != nullptr) std::exchange(m_exchange, nullptr)->cancel(reason);
  m_credit.settle(m_stream);
  if (m_stream != nullptr) {
    m_stream->setHandler(nullptr);
    m_stream = nullptr;
  }
  if (m_tunnel != nullptr) {
    m_tunnel->traffic->requestEnded(failed);
    m_tunnel.reset();
  }
  m_owner.recycle(*this);
}

}  // namespace adit::client
