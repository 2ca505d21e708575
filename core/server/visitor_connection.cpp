// SPDX-License-Identifier: Apache-2.0
#include "core/server/visitor_connection.h"

#include <algorithm>
#include <array>

#include "core/base/log.h"
#include "core/http/semantics.h"
#include "core/relay/http_stream_writer.h"
#include "core/server/client_link.h"
#include "core/server/worker.h"

namespace adit::server {

namespace {

constexpr std::size_t kMaxDnsName = 253;

}  // namespace

VisitorConnection::VisitorConnection(Worker& worker, net::DetachedSocket& socket, http::Scheme scheme,
                                     const net::SocketAddress& peer)
    : m_worker(worker), m_socket(socket.attach(worker.loop(), *this)), m_scheme(scheme), m_peer(peer) {
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

void VisitorConnection::closeNow() { destroy(); }

void VisitorConnection::waitFor(Waiting what) {
  m_waiting = what;
  switch (what) {
    case Waiting::Nothing:
      cancelTimeout();
      break;
    case Waiting::Head:
      m_worker.headTimeouts.restart(*this);
      break;
    case Waiting::NextRequest:
      m_worker.keepAliveTimeouts.restart(*this);
      break;
    case Waiting::Body:
      m_worker.bodyTimeouts.restart(*this);
      break;
    case Waiting::Writing:
      m_worker.writeTimeouts.restart(*this);
      break;
    case Waiting::HalfClosed:
      m_worker.halfCloseTimeouts.restart(*this);
      break;
    case Waiting::Linger:
      m_worker.lingerTimeouts.restart(*this);
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
      m_keepAlive = m_isHead = m_wantsJson = false;
      m_host.clear();
      answerProblem(http::Problem::RequestTimeout);
      return;
    case Waiting::Body:
      dropStream(wire::AppError::VisitorGone);
      m_keepAlive = false;
      if (m_responseStarted) {
        destroy();
      } else {
        answerProblem(http::Problem::RequestTimeout);
      }
      return;
    case Waiting::Nothing:
      return;
    case Waiting::NextRequest:
    case Waiting::Writing:
    case Waiting::HalfClosed:
    case Waiting::Linger:
      destroy();
      return;
  }
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
        forwardBody(std::move(data));
      }
      return;
    case Phase::Upgraded:
      if (m_stream == nullptr) return;
      if (m_responseFinished) waitFor(Waiting::Writing);
      relay::sendData(*m_stream, m_worker.loop().writer(), std::move(data));
      if (m_stream->unsentBytes() >= quic::kSendHighWater) m_socket->pauseReading(net::PauseReason::PeerSlow);
      return;
    case Phase::Lingering:
    case Phase::Closed:
      return;
  }
}

void VisitorConnection::onEndOfStream() {
  m_visitorFinished = true;
  if (m_phase == Phase::Upgraded) {
    if (m_stream != nullptr) m_stream->finish();
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

void VisitorConnection::onSocketError(const Error&) { destroy(); }

void VisitorConnection::onSent(std::size_t) {
  m_credit.sent(m_stream, m_socket->queuedBytes());
  if (m_waiting == Waiting::Writing)
    waitFor(m_socket->queuedBytes() > 0 ? Waiting::Writing : whatIsMissing());
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
  return m_webSocket || m_clientSlow ? Waiting::Nothing : Waiting::Body;
}

void VisitorConnection::readHead(Slice data) {
  if (m_head.empty()) {
    if (m_scanned == 0 && m_waiting != Waiting::Head) waitFor(Waiting::Head);
  } else {
    m_head.append(data.text());
  }
  const std::string_view text = m_head.empty() ? data.text() : std::string_view(m_head);
  m_request.clear();
  const http::ParseResult result =
      http::parseRequestHead(text, m_worker.context().limits.head, m_scanned, m_request, m_traits);
  switch (result.status) {
    case http::ParseStatus::NeedMore:
      if (m_head.empty()) m_head.assign(text);
      return;
    case http::ParseStatus::Invalid:
      m_scanned = 0;
      m_keepAlive = false;
      m_isHead = false;
      m_host.clear();
      m_wantsJson = false;
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

const Route* VisitorConnection::findRoute() const {
  const std::string_view host = http::hostOf(m_request.authority);
  if (host.empty() || host.size() > kMaxDnsName) return nullptr;
  std::array<char, kMaxDnsName> lower{};
  std::transform(host.begin(), host.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const std::string_view name(lower.data(), host.size());
  const std::string& domain = m_worker.context().registry.domain();
  if (name.size() <= domain.size() + 1 || !name.ends_with(domain) ||
      name[name.size() - domain.size() - 1] != '.')
    return nullptr;
  return m_worker.routes().find(name.substr(0, name.size() - domain.size() - 1));
}

void VisitorConnection::beginRequest(std::string_view headBytes, Slice rest) {
  const Route* route = findRoute();
  const Timestamp now = m_worker.loop().now();
  const bool known = route != nullptr && (route->online || route->keptUntil > now);
  if (known && route->online && route->worker != m_worker.index()) {
    moveTo(route->worker, headBytes, rest);
    return;
  }

  m_phase = Phase::Exchange;
  m_keepAlive = m_traits.keepAlive && !m_worker.draining();
  m_isHead = m_request.method == "HEAD";
  m_isHttp10 = m_request.version == http::Version::Http10;
  m_webSocket = m_traits.webSocket;
  m_host.assign(m_request.authority);
  m_responseStarted = m_responseFinished = false;
  m_interimHeads = 0;
  m_clientSlow = m_moves = false;
  m_requestComplete = m_traits.framing.body == http::BodyFraming::None && !m_webSocket;
  m_bodyRemaining = m_traits.framing.length;
  if (m_traits.framing.body == http::BodyFraming::Chunked) m_chunked.reset();
  waitFor(m_requestComplete || m_webSocket ? Waiting::Nothing : Waiting::Body);

  const auto refuse = [&](http::Problem problem) {
    m_wantsJson = http::prefersJson(m_request.fields);
    m_head.clear();
    if (m_requestComplete && !rest.empty()) holdForLater(std::move(rest));
    answerProblem(problem);
  };
  if (!known) return refuse(http::Problem::UnknownHost);
  if (!route->online) return refuse(http::Problem::TunnelOffline);
  OpenedStream opened = m_worker.openStream(route->session, route->tunnel);
  if (opened.stream == nullptr)
    return refuse(opened.refusal == wire::AppError::Overloaded ? http::Problem::Overloaded
                                                               : http::Problem::TunnelOffline);
  m_stream = opened.stream;
  m_load = std::move(opened.load);
  openStream(*route, std::move(rest));
}

void VisitorConnection::openStream(const Route& route, Slice rest) {
  m_stream->setHandler(this);
  m_frames.reset();
  m_wantsJson = http::prefersJson(m_request.fields);
  http::removeHopByHop(m_request.fields, http::Direction::Request);
  std::erase_if(m_request.fields, [](const http::Field& field) {
    return http::equalsIgnoreCase(field.name, "content-length") ||
           http::equalsIgnoreCase(field.name, "host") || http::equalsIgnoreCase(field.name, "expect");
  });
  wire::RequestHeadFrame frame;
  frame.head = &m_request;
  frame.framing = m_traits.framing;
  frame.webSocket = m_webSocket;
  frame.expectContinue = m_traits.expectContinue;
  const wire::StreamHead head{wire::StreamKind::Http, route.tunnel, m_peer, m_scheme};
  const bool sent = relay::sendRequestHead(*m_stream, m_worker.loop().writer(), head, frame);
  m_head.clear();
  if (!sent) {
    dropStream(wire::AppError::RequestRefused);
    m_keepAlive = false;
    answerProblem(http::Problem::HeadTooLarge);
    return;
  }
  if (m_requestComplete) {
    m_stream->finish();
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
  if (m_traits.framing.body == http::BodyFraming::Chunked) {
    forwardChunked(std::move(data));
  } else if (m_webSocket) {
    holdForLater(std::move(data));
    return;
  } else {
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(m_bodyRemaining, data.size()));
    m_bodyRemaining -= count;
    if (m_stream != nullptr) relay::sendData(*m_stream, m_worker.loop().writer(), data.part(0, count));
    if (m_bodyRemaining == 0) {
      requestDone(data.part(count, data.size() - count));
      return;
    }
  }
  if (m_phase != Phase::Exchange || m_requestComplete) return;
  if (!m_clientSlow && (m_waiting == Waiting::Body || m_waiting == Waiting::Nothing)) waitFor(Waiting::Body);
  if (m_stream != nullptr && m_stream->unsentBytes() >= quic::kSendHighWater) {
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
        if (m_stream != nullptr)
          relay::sendData(*m_stream, m_worker.loop().writer(), data.part(offset, step.data.size()));
        break;
      }
      case http::ChunkedDecoder::Event::End: {
        if (m_stream != nullptr && !m_chunked.trailers().empty()) {
          std::vector<http::Field> trailers = m_chunked.trailers();
          std::erase_if(trailers,
                        [](const http::Field& field) { return http::isForbiddenTrailer(field.name); });
          relay::sendTrailers(*m_stream, m_worker.loop().writer(), trailers);
        }
        requestDone(data.part(step.consumed, data.size() - step.consumed));
        return;
      }
      case http::ChunkedDecoder::Event::Invalid:
        dropStream(wire::AppError::VisitorGone);
        m_keepAlive = false;
        if (m_responseStarted) {
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
  if (m_stream != nullptr) m_stream->finish();
  // No more is sent, so nobody would be told that the client takes more.
  m_clientSlow = false;
  m_socket->resumeReading(net::PauseReason::PeerSlow);
  if (m_waiting == Waiting::Body) waitForVisitorToRead();
  if (!rest.empty()) holdForLater(std::move(rest));
  if (m_responseFinished) finishResponse();
}

void VisitorConnection::endExchange() {
  if (m_load != nullptr) {
    --m_load->active;
    m_load.reset();
  }
  m_credit.settle(m_stream);
  if (m_stream != nullptr) {
    m_stream->setHandler(nullptr);
    m_stream = nullptr;
  }
}

void VisitorConnection::dropStream(wire::AppError code) {
  if (m_stream != nullptr) {
    m_stream->reset(static_cast<quic::AppErrorCode>(code));
    m_stream->stopSending(static_cast<quic::AppErrorCode>(code));
  }
  endExchange();
}

void VisitorConnection::destroy() {
  if (m_phase == Phase::Closed) return;
  dropStream(wire::AppError::VisitorGone);
  m_phase = Phase::Closed;
  cancelTimeout();
  m_ahead.clear();
  m_behind.clear();
  m_socket->close();
  m_worker.forgetVisitor(*this);
}

}  // namespace adit::server
