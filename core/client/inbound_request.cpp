// SPDX-License-Identifier: Apache-2.0
#include "core/client/inbound_request.h"

#include <algorithm>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "core/base/log.h"
#include "core/http/h1_writer.h"
#include "core/http/semantics.h"

namespace adit::client {

namespace {

/// Room for what is added to a request's fields: forwarding fields, framing, upgrade.
constexpr std::size_t kHeadOverhead = 512;

std::string_view schemeName(http::Scheme scheme) noexcept {
  return scheme == http::Scheme::Https ? "https" : "http";
}

/// RFC 7239: IPv6 addresses are bracketed and quoted; a host with a port needs quotes for its colon.
void writeForwarding(http::HeadBuffer& out, const net::SocketAddress& visitor, std::string_view authority,
                     http::Scheme scheme) {
  const std::string address = visitor.host();
  const bool ipv6 = address.find(':') != std::string::npos;
  out.field("X-Forwarded-For", address);
  if (!authority.empty()) out.field("X-Forwarded-Host", authority);
  out.field("X-Forwarded-Proto", schemeName(scheme));
  out.text("Forwarded: for=").text(ipv6 ? "\"[" : "").text(address).text(ipv6 ? "]\"" : "");
  if (!authority.empty()) out.text(";host=\"").text(authority).text("\"");
  out.text(";proto=").text(schemeName(scheme)).text("\r\n");
}

}  // namespace

InboundRequest::~InboundRequest() {
  if (m_phase != Phase::Ended) end(true);
}

void InboundRequest::begin(quic::Stream& stream) {
  m_stream = &stream;
  stream.setHandler(this);
  m_phase = Phase::StreamHead;
  m_originPhase = OriginPhase::None;
  m_answerPhase = AnswerPhase::Head;
  m_partialHead.clear();
  m_frames.reset();
  m_waiting.clear();
  m_originHead.clear();
  m_bodySent = 0;
  m_trailers.clear();
  m_hasHead = m_requestEnded = m_webSocket = m_retried = m_originSpoke = m_originEnded = false;
  m_answerHead.clear();
  m_scanned = 0;
  m_interimHeads = 0;
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
    refuse(wire::AppError::Malformed);
    return false;
  }
  if (*used == 0) {
    if (before == 0) m_partialHead.assign(asText(data));
    if (m_partialHead.size() > wire::kMaxStreamHead) refuse(wire::AppError::Malformed);
    return false;
  }
  data = data.subspan(*used - before);
  if (m_streamHead.kind != wire::StreamKind::Http) {
    refuse(wire::AppError::RequestRefused);
    return false;
  }
  m_tunnel = m_owner.findTunnel(m_streamHead.tunnel);
  if (m_tunnel == nullptr) {
    refuse(wire::AppError::TunnelUnknown);
    return false;
  }
  m_tunnel->traffic->requestStarted();
  m_phase = Phase::Request;
  return true;
}

void InboundRequest::onStreamData(quic::Stream& stream, ByteView data, bool fin) {
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
    logWarning("client", "a request was refused: {}",
               fed ? "it ended in the middle of a frame" : fed.error().detail);
    refuse(wire::AppError::RequestRefused);
    return;
  }
  if (fin) requestEnded();
}

Result<> InboundRequest::onFrame(wire::FrameType type, ByteView payload) {
  if (m_phase != Phase::Request) return {};
  if (type == wire::FrameType::Trailers) return forwardTrailers(payload);
  if (type != wire::FrameType::RequestHead)
    return fail(ErrorCode::ProtocolViolation, "a frame that is no part of a request");
  if (m_hasHead) return fail(ErrorCode::ProtocolViolation, "a second request head");
  m_request.clear();
  wire::RequestHeadFrame frame;
  frame.head = &m_request;
  if (auto read = wire::readRequestHead(payload, frame); !read) return read;
  m_hasHead = true;
  m_framing = frame.framing;
  m_bodyRemaining = m_framing.length;
  m_webSocket = frame.webSocket;
  m_method.assign(m_request.method);
  m_wantsJson = http::prefersJson(m_request.fields);
  writeOriginHead(frame);
  reachOrigin(false);
  return {};
}

void InboundRequest::writeOriginHead(const wire::RequestHeadFrame& frame) {
  const http::RequestHead& head = *frame.head;
  std::size_t most = kHeadOverhead + head.method.size() + head.target.size() + 3 * head.authority.size();
  for (const http::Field& field : head.fields) most += field.name.size() + field.value.size() + 4;

  const auto fill = [&](http::HeadBuffer& out) {
    out.text(head.method).text(" ").text(head.target).text(" HTTP/1.1\r\n");
    out.field("Host", head.authority);
    for (const http::Field& field : head.fields) out.field(field.name, field.value);
    writeForwarding(out, m_streamHead.visitor, head.authority, m_streamHead.scheme);
    if (frame.expectContinue) out.text("Expect: 100-continue\r\n");
    if (m_webSocket) {
      out.text("Connection: Upgrade\r\nUpgrade: websocket\r\n");
    } else if (m_framing.body == http::BodyFraming::Length) {
      out.text("Content-Length: ").number(m_framing.length).text("\r\n");
    } else if (m_framing.body == http::BodyFraming::Chunked) {
      out.text("Transfer-Encoding: chunked\r\n");
    }
    out.text("\r\n");
  };
  SlabWriter& writer = m_owner.loop().writer();
  if (most <= kSlabSize) {
    http::HeadBuffer out(writer.reserve(most).first(most));
    fill(out);
    m_originHead.push(writer.commit(out.size()));
    return;
  }
  std::vector<std::uint8_t> large(most);
  http::HeadBuffer out(large);
  fill(out);
  for (std::size_t at = 0; at < out.size(); at += kSlabSize) {
    m_originHead.push(writer.copy({large.data() + at, std::min(kSlabSize, out.size() - at)}));
  }
}

void InboundRequest::reachOrigin(bool fresh) {
  if (!fresh) m_origin = m_tunnel->origins->leaseIdle(*this);
  if (m_origin != nullptr) {
    m_originPhase = OriginPhase::Connected;
    sendPending();
    return;
  }
  m_originPhase = OriginPhase::Dialing;
  m_dial = m_tunnel->origins->dial(*this, *this);
}

void InboundRequest::onDialed(OriginConnection& connection) {
  m_owner.loop().dispose(std::move(m_dial));
  m_origin = &connection;
  m_originPhase = OriginPhase::Connected;
  sendPending();
}

void InboundRequest::onDialFailed(const Error& error) {
  m_owner.loop().dispose(std::move(m_dial));
  m_originPhase = OriginPhase::None;
  const std::string place = m_tunnel->target.forVisitors();
  if (error.code == ErrorCode::TimedOut) {
    answerProblem(http::Problem::OriginSlow, fmt::format("{} does not accept the connection", place));
  } else {
    answerProblem(http::Problem::OriginRefused, fmt::format("nothing answers on {}", place));
  }
}

void InboundRequest::sendPending() {
  net::StreamSocket& socket = m_origin->socket();
  for (std::size_t i = 0; i < m_originHead.count(); ++i) socket.send(m_originHead.at(i));
  for (std::size_t i = 0; i < m_waiting.count(); ++i) socket.send(m_waiting.at(i));
  m_waiting.clear();
  // An upgrade request has no end before its answer.
  if (m_requestEnded || m_webSocket) m_owner.headTimeouts().restart(*this);
}

void InboundRequest::queueToOrigin(ByteView data) {
  if (m_origin != nullptr) {
    m_origin->socket().sendCopy(data);
    return;
  }
  SlabWriter& writer = m_owner.loop().writer();
  for (std::size_t at = 0; at < data.size(); at += kSlabSize) {
    m_waiting.push(writer.copy(data.subspan(at, std::min(kSlabSize, data.size() - at))));
  }
}

Result<> InboundRequest::onBody(ByteView data) {
  if (m_phase != Phase::Request || m_answerPhase == AnswerPhase::Done) return {};
  if (!m_hasHead) return fail(ErrorCode::ProtocolViolation, "content before the request head");
  if (m_webSocket) {
    if (m_answerPhase != AnswerPhase::Upgraded)
      return fail(ErrorCode::ProtocolViolation, "bytes before the upgrade");
    queueToOrigin(data);
  } else if (m_framing.body == http::BodyFraming::Length) {
    if (data.size() > m_bodyRemaining)
      return fail(ErrorCode::ProtocolViolation, "more content than announced");
    m_bodyRemaining -= data.size();
    queueToOrigin(data);
  } else if (m_framing.body == http::BodyFraming::Chunked) {
    std::uint8_t chunkHead[18];
    queueToOrigin({chunkHead, http::writeChunkHead(data.size(), chunkHead)});
    queueToOrigin(data);
    queueToOrigin(asBytes(http::kChunkTail));
  } else {
    return fail(ErrorCode::ProtocolViolation, "content where there is none");
  }
  m_bodySent += data.size();
  m_bodyInFeed += data.size();
  m_credit.queued(data.size());
  return {};
}

Result<> InboundRequest::forwardTrailers(ByteView payload) {
  if (!m_hasHead) return fail(ErrorCode::ProtocolViolation, "trailers before the request head");
  if (m_framing.body != http::BodyFraming::Chunked) return {};  // nowhere to put them in HTTP/1.1
  std::vector<http::Field> fields;
  if (auto read = wire::readTrailers(payload, fields); !read) return read;
  for (const http::Field& field : fields) {
    if (http::isForbiddenTrailer(field.name)) continue;
    m_trailers.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  return {};
}

void InboundRequest::requestEnded() {
  m_requestEnded = true;
  if (m_answerPhase == AnswerPhase::Done) return;
  if (m_answerPhase == AnswerPhase::Upgraded) {
    if (m_origin != nullptr) m_origin->socket().shutdownSend();
    checkUpgradedEnd();
    return;
  }
  if (m_framing.body == http::BodyFraming::Length && m_bodyRemaining != 0) {
    refuse(wire::AppError::RequestRefused);
    return;
  }
  if (m_framing.body == http::BodyFraming::Chunked) {
    queueToOrigin(asBytes(http::kLastChunk));
    if (!m_trailers.empty()) queueToOrigin(asBytes(m_trailers));
    queueToOrigin(asBytes("\r\n"));
  }
  if (m_origin != nullptr && m_answerPhase == AnswerPhase::Head) m_owner.headTimeouts().restart(*this);
}

bool InboundRequest::retry() {
  if (m_origin == nullptr || !m_origin->isReused() || m_retried || m_answerPhase != AnswerPhase::Head ||
      m_originSpoke || m_bodySent > 0 || m_framing.body != http::BodyFraming::None || m_webSocket ||
      !http::isIdempotent(m_method)) {
    return false;
  }
  m_retried = true;
  releaseOrigin(OriginFate::Close);
  reachOrigin(true);
  return true;
}

void InboundRequest::onOriginSent() {
  m_credit.sent(m_stream, m_origin == nullptr ? 0 : m_origin->socket().queuedBytes());
  if (m_answerPhase == AnswerPhase::Upgraded) checkUpgradedEnd();
}

void InboundRequest::onStreamReset(quic::Stream&, quic::AppErrorCode) {
  // The visitor is gone: the origin should stop at once.
  if (m_stream != nullptr) m_stream->reset(static_cast<quic::AppErrorCode>(wire::AppError::VisitorGone));
  end(m_answerPhase == AnswerPhase::Head);
}

void InboundRequest::onStreamStopped(quic::Stream&, quic::AppErrorCode) {
  if (m_stream != nullptr)
    m_stream->stopSending(static_cast<quic::AppErrorCode>(wire::AppError::VisitorGone));
  end(m_answerPhase == AnswerPhase::Head);
}

void InboundRequest::onStreamWritable(quic::Stream&) {
  if (m_origin != nullptr) m_origin->socket().resumeReading(net::PauseReason::PeerSlow);
}

void InboundRequest::onStreamClosed(quic::Stream&) {
  m_stream = nullptr;
  end(m_answerPhase != AnswerPhase::Done && m_answerPhase != AnswerPhase::Upgraded);
}

void InboundRequest::refuse(wire::AppError code) {
  if (m_stream != nullptr) {
    m_stream->reset(static_cast<quic::AppErrorCode>(code));
    m_stream->stopSending(static_cast<quic::AppErrorCode>(code));
  }
  end(true);
}

void InboundRequest::releaseOrigin(OriginFate fate) {
  cancelTimeout();
  // At once, not at the end of the turn: it must not call back any more. (Inside its callbacks it was
  // disposed of already.)
  m_dial.reset();
  m_originPhase = OriginPhase::None;
  if (m_origin == nullptr) return;
  OriginConnection* origin = std::exchange(m_origin, nullptr);
  if (fate == OriginFate::Keep) {
    m_tunnel->origins->giveBack(*origin);
  } else {
    m_tunnel->origins->discard(*origin, fate == OriginFate::Abort);
  }
}

void InboundRequest::end(bool failed) {
  if (m_phase == Phase::Ended) return;
  m_phase = Phase::Ended;
  releaseOrigin(OriginFate::Abort);
  m_waiting.clear();
  m_originHead.clear();
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
