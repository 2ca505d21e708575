// SPDX-License-Identifier: Apache-2.0
#include "core/client/http2_exchange.h"

#include "core/client/http2_origin.h"
#include "core/client/origin_fields.h"
#include "core/client/tunnel.h"
#include "core/http/semantics.h"

namespace adit::client {

namespace {

/// How much content is kept for a second try; enough for a unary gRPC call.
constexpr std::size_t kMostKept = 64 * 1024;

/// `byOrigin`: the origin itself sent the code for this request.
std::string_view sentenceFor(http::H2Error code, bool byOrigin, bool beforeHead) noexcept {
  switch (code) {
    case http::H2Error::ProtocolError:
      return "its answer is malformed";
    case http::H2Error::RefusedStream:
      return "it refused the request";
    case http::H2Error::EnhanceYourCalm:
      return byOrigin ? "it refused the request" : "it sends control frames without end";
    case http::H2Error::Http11Required:
      return "it wants HTTP/1.1";
    default:
      return beforeHead ? "it ended the request without an answer" : "the answer broke off";
  }
}

}  // namespace

Http2Exchange::~Http2Exchange() { cancel(CancelReason::VisitorGone); }

void Http2Exchange::begin(Tunnel& tunnel, const OriginRequest& request) {
  m_tunnel = &tunnel;
  m_connection = nullptr;
  m_phase = Phase::Waiting;
  m_webSocket = request.webSocket;
  m_contentKept = true;
  m_finished = m_retried = m_originSpoke = m_wasReused = m_trailersPass = false;
  m_content.clear();
  m_trailers.clear();
  keepHead(request);
  tunnel.http2->submit(*this);
  m_user.onReached();
}

/// Copies the head, whose views are valid during the call only, because it may be sent later, or again.
void Http2Exchange::keepHead(const OriginRequest& request) {
  const http::RequestHead& head = request.head;
  const OriginSettings& settings = m_tunnel->settings;
  const ForwardingFields forwarding(request.stream.visitor, head.authority, request.stream.scheme);
  const std::string_view authority =
      !settings.hostHeader.empty() ? std::string_view(settings.hostHeader) : head.authority;
  const std::string length = std::to_string(request.framing.length);

  std::size_t size = head.method.size() + head.target.size() + authority.size() + length.size() +
                     forwarding.address.size() + forwarding.host.size() + forwarding.forwarded.size();
  for (const http::Field& field : head.fields) size += field.name.size() + field.value.size();
  m_text.clear();
  m_text.reserve(size);  // the views below stay where they are
  const auto kept = [this](std::string_view text) {
    const std::size_t at = m_text.size();
    m_text.append(text);
    return std::string_view(m_text).substr(at);
  };

  m_request = {};
  m_request.method = m_webSocket ? "CONNECT" : kept(head.method);
  m_request.scheme = m_tunnel->target.tls ? "https" : "http";
  m_request.authority = kept(authority);
  m_request.path = kept(head.target);
  if (m_webSocket) m_request.protocol = "websocket";
  m_request.hasContent = m_webSocket || request.framing.body != http::BodyFraming::None;

  m_fields.clear();
  if (m_webSocket) m_offer.take(head.fields);
  for (const http::Field& field : head.fields) {
    // RFC 8441 section 5: HTTP/2 does not use this field.
    if (m_webSocket && http::equalsIgnoreCase(field.name, "sec-websocket-key")) continue;
    m_fields.push_back({kept(field.name), kept(field.value)});
  }
  if (!forwarding.address.empty()) m_fields.push_back({"x-forwarded-for", kept(forwarding.address)});
  if (!forwarding.host.empty()) m_fields.push_back({"x-forwarded-host", kept(forwarding.host)});
  m_fields.push_back({"x-forwarded-proto", forwarding.scheme});
  m_fields.push_back({"forwarded", kept(forwarding.forwarded)});
  if (request.expectContinue) m_fields.push_back({"expect", "100-continue"});
  if (request.framing.body == http::BodyFraming::Length) m_fields.push_back({"content-length", kept(length)});
  m_request.fields = m_fields;
}

bool Http2Exchange::place(Http2Connection& connection) {
  if (!connection.open(m_stream, m_request)) return false;
  m_connection = &connection;
  m_wasReused = connection.isReused();
  m_phase = Phase::Head;
  for (std::size_t i = 0; i < m_content.count(); ++i) m_stream.sendContent(m_content.at(i));
  if (m_content.bytes() > kMostKept) forgetContent();
  if (m_finished) {
    m_stream.setTrailers(m_trailers);
    m_stream.finish();
  }
  return true;
}

void Http2Exchange::forgetContent() {
  m_contentKept = false;
  m_content.clear();
}

void Http2Exchange::sendContent(ByteView data) {
  if (m_phase == Phase::Ended) return;
  m_loop.writer().copyAll(data, [this](Slice piece) {
    if (m_phase == Phase::Waiting || (m_phase == Phase::Head && m_contentKept)) m_content.push(piece);
    if (m_phase != Phase::Waiting) m_stream.sendContent(std::move(piece));
  });
  if (m_phase != Phase::Waiting && m_content.bytes() > kMostKept) forgetContent();
}

void Http2Exchange::sendTrailers(std::span<const http::Field> fields) {
  for (const http::Field& field : fields) {
    if (!http::isForbiddenTrailer(field.name)) m_trailers.emplace_back(field.name, field.value);
  }
}

void Http2Exchange::finish() {
  if (m_phase == Phase::Ended || m_finished) return;
  m_finished = true;
  if (m_phase == Phase::Waiting) return;
  m_stream.setTrailers(m_trailers);
  m_stream.finish();
}

void Http2Exchange::cancel(CancelReason) {
  if (m_phase == Phase::Ended) return;
  m_phase = Phase::Ended;
  static_cast<ListHook<WaitingTag>&>(*this).unlink();
  m_stream.cancel(http::H2Error::Cancel);
  m_content.clear();
}

void Http2Exchange::pauseAnswer() { m_stream.pause(); }
void Http2Exchange::resumeAnswer() { m_stream.resume(); }

std::size_t Http2Exchange::queuedBytes() const noexcept {
  return m_phase == Phase::Waiting ? m_content.bytes() : m_stream.queuedBytes();
}

void Http2Exchange::onContentSent() { m_user.onSent(); }

void Http2Exchange::onInterim(http::ResponseHead& head) {
  m_originSpoke = true;
  m_user.onInterim(head);
}

void Http2Exchange::onHead(http::ResponseHead& head, http::Framing framing) {
  m_originSpoke = true;
  m_content.clear();
  if (m_webSocket && head.status / 100 == 2) {
    upgrade(head);
    return;
  }
  m_phase = Phase::Body;
  m_trailersPass = framing.body == http::BodyFraming::Chunked;
  const bool keepsLength = m_request.method == "HEAD" || head.status == 304;
  if (!keepsLength) {
    std::erase_if(head.fields, [](const http::Field& field) {
      return http::equalsIgnoreCase(field.name, "content-length");
    });
  }
  m_user.onHead(head, framing, false);
}

/// Makes the 101 answer and its fields, which an HTTP/1.1 visitor expects (RFC 8441 section 5).
void Http2Exchange::upgrade(http::ResponseHead& head) {
  if (const char* problem = m_offer.refuseChoices(head.fields); problem != nullptr) {
    fail(http::Problem::OriginBroken, problem);
    return;
  }
  m_phase = Phase::Upgraded;
  const std::string accept = m_offer.key().empty() ? std::string() : webSocketAccept(m_offer.key());
  head.status = 101;
  if (!accept.empty()) head.fields.push_back({"Sec-WebSocket-Accept", accept});
  m_user.onHead(head, {}, true);
}

void Http2Exchange::onContent(ByteView data) { m_user.onContent(m_connection->sliceOf(data)); }

void Http2Exchange::onTrailers(std::span<const http::Field> fields) {
  // In the tunnel trailers follow content of unknown length only.
  if (m_trailersPass && m_phase == Phase::Body) m_user.onTrailers(fields);
}

void Http2Exchange::onEnd() {
  if (m_phase == Phase::Upgraded) {
    m_user.onHalfEnd();
    return;
  }
  if (m_phase != Phase::Body) return;
  m_phase = Phase::Ended;
  m_stream.cancel(m_finished ? http::H2Error::NoError : http::H2Error::Cancel);
  m_user.onEnd();
}

void Http2Exchange::onClosed() {
  if (m_phase == Phase::Ended) return;
  m_phase = Phase::Ended;
  m_user.onEnd();
}

bool Http2Exchange::mayRetry(bool unprocessed) const {
  if (m_retried || m_originSpoke || !m_contentKept || m_phase != Phase::Head) return false;
  if (unprocessed) return true;
  return m_connection->isGone() && m_wasReused && !m_webSocket && http::isIdempotent(m_request.method);
}

void Http2Exchange::onReset(http::H2Error code, bool unprocessed) {
  if (mayRetry(unprocessed)) {
    m_retried = true;
    m_phase = Phase::Waiting;
    m_tunnel->http2->submit(*this);
    return;
  }
  OriginFailure failure;
  // A reset by the library, or because the connection ended, does not come from the origin.
  const bool byOrigin = unprocessed || m_stream.wasResetByPeer();
  if (byOrigin) failure.reset = code;
  failure.detail = sentenceFor(code, byOrigin, m_phase == Phase::Head);
  fail(failure);
}

void Http2Exchange::fail(const OriginFailure& failure) {
  if (m_phase == Phase::Ended) return;
  m_phase = Phase::Ended;
  static_cast<ListHook<WaitingTag>&>(*this).unlink();
  m_stream.cancel(http::H2Error::Cancel);
  m_content.clear();
  m_user.onFailed(failure);
}

}  // namespace adit::client
