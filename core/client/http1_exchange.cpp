// SPDX-License-Identifier: Apache-2.0
#include "core/client/http1_exchange.h"

#include <utility>
#include <vector>

#include "core/client/origin_fields.h"
#include "core/client/tunnel.h"
#include "core/http/h1_writer.h"
#include "core/http/semantics.h"

namespace adit::client {

namespace {

/// Room for what is added to a request's fields: forwarding fields, framing, upgrade.
constexpr std::size_t kHeadOverhead = 512;
/// Content that is kept for a second try.
constexpr std::size_t kMostKept = 64 * 1024;

void writeForwarding(http::HeadBuffer& out, const ForwardingFields& fields) {
  if (!fields.address.empty()) out.field("X-Forwarded-For", fields.address);
  if (!fields.host.empty()) out.field("X-Forwarded-Host", fields.host);
  out.field("X-Forwarded-Proto", fields.scheme);
  out.field("Forwarded", fields.forwarded);
}

}  // namespace

Http1Exchange::~Http1Exchange() { cancel(CancelReason::VisitorGone); }

void Http1Exchange::begin(Tunnel& tunnel, const OriginRequest& request) {
  m_tunnel = &tunnel;
  m_phase = Phase::Head;
  m_framing = request.framing.body;
  m_method.assign(request.head.method);
  m_trailers.clear();
  m_webSocket = request.webSocket;
  m_content.clear();
  m_keepsContent = true;
  m_finished = m_retried = m_originSpoke = m_originEnded = false;
  m_answerHead.clear();
  m_scanned = 0;
  m_interim = http::InterimBudget();
  m_visitor = &request.stream.visitor;
  m_authenticates = http::authenticatesConnection(request.head.fields);
  if (m_webSocket) takeOffer(request.head);
  writeHead(request);
  reach(false);
}

/// HTTP/2 visitors send no key (RFC 8441 section 5), but HTTP/1.1 origins require one.
void Http1Exchange::takeOffer(const http::RequestHead& head) {
  m_offer.take(head.fields);
  m_ownKey = head.version == http::Version::Http2 && m_offer.key().empty();
  if (!m_ownKey) return;
  SecureRandom random;
  m_offer.setKey(webSocketKey(random));
}

void Http1Exchange::writeHead(const OriginRequest& request) {
  const http::RequestHead& head = request.head;
  std::size_t most = kHeadOverhead + head.method.size() + head.target.size() + 3 * head.authority.size() +
                     m_tunnel->settings.hostHeader.size();
  for (const http::Field& field : head.fields) most += field.name.size() + field.value.size() + 4;

  const auto fill = [&](http::HeadBuffer& out) {
    out.text(head.method).text(" ").text(head.target).text(" HTTP/1.1\r\n");
    const std::string& ownHost = m_tunnel->settings.hostHeader;
    out.field("Host", ownHost.empty() ? head.authority : std::string_view(ownHost));
    bool hasTe = false;
    for (const http::Field& field : head.fields) {
      hasTe = hasTe || http::equalsIgnoreCase(field.name, "te");
      out.field(field.name, field.value);
    }
    writeForwarding(out, {request.stream.visitor, head.authority, request.stream.scheme});
    if (request.expectContinue) out.text("Expect: 100-continue\r\n");
    if (m_webSocket) {
      out.text("Connection: Upgrade\r\nUpgrade: websocket\r\n");
      if (m_ownKey) out.field("Sec-WebSocket-Key", m_offer.key());
    } else if (m_framing == http::BodyFraming::Length) {
      out.text("Content-Length: ").number(request.framing.length).text("\r\n");
    } else if (m_framing == http::BodyFraming::Chunked) {
      out.text("Transfer-Encoding: chunked\r\n");
    }
    // RFC 9110 section 10.1.4: TE is a hop-by-hop field, which Connection must name.
    if (hasTe && !m_webSocket) out.text("Connection: TE\r\n");
    out.text("\r\n");
  };
  SlabWriter& writer = m_loop.writer();
  if (most <= kSlabSize) {
    http::HeadBuffer out(writer.reserve(most).first(most));
    fill(out);
    m_head.push(writer.commit(out.size()));
    return;
  }
  std::vector<std::uint8_t> large(most);
  http::HeadBuffer out(large);
  fill(out);
  writer.copyAll({large.data(), out.size()}, [this](Slice piece) { m_head.push(std::move(piece)); });
}

void Http1Exchange::reach(bool fresh) {
  if (!fresh) m_origin = m_tunnel->origins->leaseIdle(*this, *m_visitor);
  if (m_origin != nullptr) {
    sendPending();
    return;
  }
  m_dial = m_tunnel->origins->dial(*this, *this);
}

void Http1Exchange::onDialed(OriginConnection& connection) {
  m_loop.dispose(std::move(m_dial));
  m_origin = &connection;
  sendPending();
}

void Http1Exchange::onDialFailed(const OriginConnector::Failure& failure) {
  m_loop.dispose(std::move(m_dial));
  // The failure belongs to the object that was just disposed of, which lives until the end of the turn.
  fail(failure.problem(), failure.detail, &failure.error);
}

void Http1Exchange::sendPending() {
  if (m_authenticates) m_origin->pinTo(*m_visitor);
  net::StreamSocket& socket = m_origin->socket();
  for (std::size_t i = 0; i < m_head.count(); ++i) socket.send(m_head.at(i));
  for (std::size_t i = 0; i < m_content.count(); ++i) socket.send(m_content.at(i));
  m_keepsContent = mayRetry();
  boundContent();
  m_user.onReached();
}

/// Whether the request would be sent again if the connection failed now.
bool Http1Exchange::mayRetry() const {
  return m_phase == Phase::Head && m_keepsContent && !m_retried && !m_originSpoke && !m_webSocket &&
         m_origin != nullptr && m_origin->isReused() && http::isIdempotent(m_method);
}

void Http1Exchange::boundContent() {
  if (m_keepsContent && m_content.bytes() <= kMostKept) return;
  m_keepsContent = false;
  m_content.clear();
}

void Http1Exchange::queue(ByteView data) {
  if (m_origin != nullptr && !m_keepsContent) {
    m_origin->socket().sendCopy(data);
    return;
  }
  m_loop.writer().copyAll(data, [this](Slice piece) {
    m_content.push(piece);
    if (m_origin != nullptr) m_origin->socket().send(std::move(piece));
  });
  if (m_origin != nullptr) boundContent();
}

void Http1Exchange::sendContent(ByteView data) {
  if (m_phase == Phase::Ended || data.empty()) return;
  if (m_phase == Phase::Upgraded || m_framing != http::BodyFraming::Chunked) {
    queue(data);
    return;
  }
  std::uint8_t chunkHead[18];
  queue({chunkHead, http::writeChunkHead(data.size(), chunkHead)});
  queue(data);
  queue(asBytes(http::kChunkTail));
}

void Http1Exchange::sendTrailers(std::span<const http::Field> fields) {
  if (m_framing != http::BodyFraming::Chunked) return;  // HTTP/1.1 has no other place for them
  for (const http::Field& field : fields) {
    if (http::isForbiddenTrailer(field.name)) continue;
    m_trailers.append(field.name).append(": ").append(field.value).append("\r\n");
  }
}

void Http1Exchange::finish() {
  if (m_phase == Phase::Ended || m_finished) return;
  m_finished = true;
  if (m_phase == Phase::Upgraded) {
    m_origin->socket().shutdownSend();
    checkUpgradedEnd();
    return;
  }
  if (m_framing == http::BodyFraming::Chunked) {
    queue(asBytes(http::kLastChunk));
    if (!m_trailers.empty()) queue(asBytes(m_trailers));
    queue(asBytes("\r\n"));
  }
}

bool Http1Exchange::retry() {
  if (!mayRetry()) return false;
  m_retried = true;
  m_originEnded = false;
  release(Fate::Close);
  reach(true);
  return true;
}

void Http1Exchange::onOriginSent() {
  m_user.onSent();
  if (m_phase == Phase::Upgraded) checkUpgradedEnd();
}

void Http1Exchange::cancel(CancelReason reason) {
  if (m_phase == Phase::Ended) return;
  m_phase = Phase::Ended;
  release(reason == CancelReason::VisitorGone ? Fate::Abort : Fate::Close);
  m_content.clear();
  m_head.clear();
}

void Http1Exchange::release(Fate fate) {
  // Destroyed at once and not at the end of the turn, so that it makes no more callbacks. (Inside its
  // callbacks it was disposed of already.)
  m_dial.reset();
  if (m_origin == nullptr) return;
  OriginConnection* origin = std::exchange(m_origin, nullptr);
  if (fate == Fate::Keep) {
    m_tunnel->origins->giveBack(*origin);
  } else {
    m_tunnel->origins->discard(*origin, fate == Fate::Abort);
  }
}

void Http1Exchange::pauseAnswer() {
  if (m_origin != nullptr) m_origin->socket().pauseReading(net::PauseReason::PeerSlow);
}

void Http1Exchange::resumeAnswer() {
  if (m_origin != nullptr) m_origin->socket().resumeReading(net::PauseReason::PeerSlow);
}

std::size_t Http1Exchange::queuedBytes() const noexcept {
  return m_origin == nullptr ? m_content.bytes() : m_origin->socket().queuedBytes();
}

}  // namespace adit::client
