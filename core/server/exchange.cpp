// SPDX-License-Identifier: Apache-2.0
#include "core/server/exchange.h"

#include <algorithm>
#include <utility>

#include "core/base/log.h"
#include "core/http/forwarding.h"
#include "core/http/semantics.h"
#include "core/relay/http_stream_writer.h"
#include "core/server/visitor_services.h"

namespace adit::server {

http::Problem problemOf(wire::AppError cause) noexcept {
  switch (cause) {
    case wire::AppError::Overloaded:
      return http::Problem::Overloaded;
    case wire::AppError::OriginRefused:
      return http::Problem::OriginRefused;
    case wire::AppError::OriginSlow:
      return http::Problem::OriginSlow;
    case wire::AppError::OriginBroken:
    case wire::AppError::OriginCancelled:
    case wire::AppError::OriginRefusedStream:
    case wire::AppError::OriginEnhanceYourCalm:
    case wire::AppError::OriginInadequateSecurity:
    case wire::AppError::OriginReset:
      return http::Problem::OriginBroken;
    default:
      return http::Problem::TunnelOffline;
  }
}

std::optional<ExchangeRefusal> Exchange::begin(const Destination& destination, ExchangeRequest request) {
  m_place = placeFor(request);
  OpenedStream opened = m_services.streams.open(destination, m_place);
  if (opened.stream == nullptr) return ExchangeRefusal{problemOf(opened.refusal), opened.refusal};
  m_stream = opened.stream;
  m_load = std::move(opened.load);
  watchContent(false);
  m_stream->setHandler(this);
  m_window = m_services.answerWindows.takeUpTo(request.window);
  if (m_window > 0) m_stream->widen(m_window);
  m_frames.reset();
  m_interim = http::InterimBudget(http::kTunnelInterimLimits);
  m_answer = AnswerState::Awaited;
  m_isHead = request.head.method == "HEAD";
  m_webSocket = request.webSocket;

  std::erase_if(request.head.fields, [](const http::Field& field) {
    return http::equalsIgnoreCase(field.name, "content-length") ||
           http::equalsIgnoreCase(field.name, "host") || http::equalsIgnoreCase(field.name, "expect");
  });
  wire::RequestHeadFrame frame;
  frame.head = &request.head;
  frame.framing = request.framing;
  frame.webSocket = request.webSocket;
  frame.expectContinue = request.expectContinue;
  const wire::StreamHead head{wire::StreamKind::Http, destination.tunnel, request.visitor, request.scheme};
  if (!relay::sendRequestHead(*m_stream, m_services.loop.writer(), head, frame)) {
    drop(wire::AppError::LimitExceeded);
    return ExchangeRefusal{http::Problem::HeadTooLarge, wire::AppError::LimitExceeded};
  }
  return std::nullopt;
}

/// A visitor on this machine may be a proxy that speaks for many, and a trusted one is.
PlaceRequest Exchange::placeFor(const ExchangeRequest& request) {
  PlaceRequest place;
  if (!request.visitor.isLoopback() && !isTrusted(m_services.config.get().trustedProxies, request.visitor))
    place.visitor = VisitorKey::of(request.visitor);
  const bool hasContent = request.framing.body == http::BodyFraming::Chunked || request.framing.length > 0;
  place.awaitsContent = hasContent && !request.mayPause;
  // Such a visitor keeps its content back until it is told to go on.
  m_awaitsContinue = place.awaitsContent && request.expectContinue;
  if (m_awaitsContinue) place.awaitsContent = false;
  return place;
}

/// Starts to wait for content, where it is due and where it is up to the visitor to send it. `begun`: some
/// of it came already.
void Exchange::watchContent(bool begun) {
  if (m_load == nullptr || !m_place.awaitsContent) return;
  if (isCongested()) {
    TunnelLoad::Waiter::unlink();
  } else if (begun) {
    m_load->awaitMore(*this, m_services.loop.now());
  } else {
    m_load->awaitContent(*this, m_services.loop.now());
  }
}

void Exchange::onGiveWay() {
  drop(wire::AppError::VisitorGone);
  m_sink.onExchangeFailed(wire::AppError::Overloaded);
}

void Exchange::sendBody(Slice data) {
  if (m_stream == nullptr) return;
  relay::sendData(*m_stream, m_services.loop.writer(), std::move(data));
  watchContent(true);
}

void Exchange::sendTrailers(std::span<const http::Field> fields) {
  if (m_stream == nullptr || relay::sendTrailers(*m_stream, m_services.loop.writer(), fields)) return;
  fail(wire::AppError::LimitExceeded);
}

void Exchange::finishRequest() {
  m_place.awaitsContent = m_awaitsContinue = false;
  TunnelLoad::Waiter::unlink();
  if (m_stream != nullptr) m_stream->finish();
}

bool Exchange::isCongested() const noexcept {
  return m_stream != nullptr && m_stream->unsentBytes() >= transport::kSendHighWater;
}

void Exchange::end() {
  TunnelLoad::Waiter::unlink();
  m_services.answerWindows.give(std::exchange(m_window, 0));
  if (m_load != nullptr) {
    m_load->leave(m_place.visitor);
    m_load.reset();
  }
  m_credit.settle(m_stream);
  if (m_stream != nullptr) {
    m_stream->setHandler(nullptr);
    m_stream = nullptr;
  }
}

void Exchange::drop(wire::AppError code) {
  if (m_stream != nullptr) {
    m_stream->reset(static_cast<transport::AppErrorCode>(code));
    m_stream->stopSending(static_cast<transport::AppErrorCode>(code));
  }
  end();
}

void Exchange::fail(wire::AppError cause) {
  drop(cause);
  m_sink.onExchangeFailed(cause);
}

/// What the client sent is not a message of the protocol: it is told which rule it broke, the visitor that
/// there is no (whole) answer.
void Exchange::refuseAnswer(wire::AppError code) {
  drop(code);
  m_sink.onExchangeFailed(wire::AppError::OriginBroken);
}

void Exchange::onStreamData(transport::Stream& stream, ByteView data, bool fin) {
  m_bodyInFeed = 0;
  relay::PieceJoiner joined;
  m_joined = &joined;
  Result<> fed = m_frames.feed(data, *this);
  if (m_stream == &stream) {
    const Result<> passed = passJoined();
    if (fed) fed = passed;
  }
  m_joined = nullptr;
  // What was no body has nothing to wait for.
  stream.consume(data.size() - std::min(data.size(), m_bodyInFeed));
  if (m_stream != &stream) return;  // the sink ended it
  if (!fed) {
    logWarning("server", "a client's answer was refused: {}", fed.error().detail);
    refuseAnswer(wire::streamErrorOf(fed.error()));
    return;
  }
  if (!fin) return;
  const bool incomplete =
      m_answer == AnswerState::Awaited ||
      (m_answer == AnswerState::Begun && m_framing == http::BodyFraming::Length && m_remaining != 0);
  if (!m_frames.atFrameBoundary() || incomplete) {
    refuseAnswer(wire::AppError::Malformed);
    return;
  }
  m_sink.onResponseEnd();
}

Result<> Exchange::onFrame(wire::FrameType type, ByteView payload) {
  if (auto passed = passJoined(); !passed) return passed;
  if (m_stream == nullptr) return adit::fail(ErrorCode::Closed, "the exchange is over");
  switch (type) {
    case wire::FrameType::ResponseHead:
    case wire::FrameType::InterimHead: {
      if (m_answer != AnswerState::Awaited)
        return adit::fail(ErrorCode::ProtocolViolation, "a second response head");
      m_response.clear();
      wire::ResponseHeadFrame frame;
      frame.head = &m_response;
      if (auto read = wire::readResponseHead(payload, frame); !read) return read;
      return type == wire::FrameType::InterimHead ? takeInterimHead(payload.size()) : takeHead(frame.framing);
    }
    case wire::FrameType::Trailers:
      return takeTrailers(payload);
    case wire::FrameType::RequestHead:
    case wire::FrameType::Data:
      break;
  }
  return adit::fail(ErrorCode::ProtocolViolation, "a frame that is no part of a response");
}

Result<> Exchange::takeInterimHead(std::size_t size) {
  if (m_response.status < 100 || m_response.status > 199 || m_response.status == 101)
    return adit::fail(ErrorCode::Malformed, "an interim head that is none");
  if (!m_interim.take(m_services.loop.now(), size))
    return adit::fail(ErrorCode::LimitExceeded, "too many interim heads");
  if (m_response.status == 100 && std::exchange(m_awaitsContinue, false)) {
    m_place.awaitsContent = true;
    watchContent(false);
  }
  return m_sink.onInterimHead(m_response);
}

Result<> Exchange::takeHead(const http::Framing& framing) {
  const std::uint16_t status = m_response.status;
  if (status < 200 && status != 101) return adit::fail(ErrorCode::Malformed, "an interim status as final");
  const bool upgraded = status == 101;
  if (upgraded && !m_webSocket)
    return adit::fail(ErrorCode::ProtocolViolation, "101 without an upgrade request");
  const bool bodiless = m_isHead || status == 204 || status == 304 || upgraded;
  ResponseStart start{m_response, bodiless ? http::Framing{} : framing, upgraded, bodiless};
  if (start.framing.body == http::BodyFraming::UntilClose) start.framing.body = http::BodyFraming::Chunked;
  m_framing = start.framing.body;
  m_remaining = m_framing == http::BodyFraming::Length ? start.framing.length : 0;
  m_answer = upgraded ? AnswerState::Upgraded : AnswerState::Begun;
  m_place.awaitsContent = m_awaitsContinue = false;
  TunnelLoad::Waiter::unlink();
  // The origin declined; the request had no content, so the exchange goes on as a plain one.
  if (m_webSocket && !upgraded) finishRequest();
  m_trailers.clear();
  http::passResponse(m_response, m_services.date());
  return m_sink.onResponseHead(start);
}

Result<> Exchange::onBody(ByteView data) {
  if (m_stream == nullptr) return adit::fail(ErrorCode::Closed, "the exchange is over");
  if (m_answer == AnswerState::Awaited)
    return adit::fail(ErrorCode::ProtocolViolation, "content before the response head");
  if (m_answer == AnswerState::Begun) {
    if (m_framing == http::BodyFraming::None)
      return adit::fail(ErrorCode::ProtocolViolation, "content where there is none");
    if (m_framing == http::BodyFraming::Length) {
      if (data.size() > m_remaining) return adit::fail(ErrorCode::Malformed, "more content than announced");
      m_remaining -= data.size();
    }
  }
  m_bodyInFeed += data.size();
  m_credit.queued(data.size());
  if (m_joined->keep(data)) return {};
  if (auto passed = passJoined(); !passed) return passed;
  if (m_stream == nullptr) return adit::fail(ErrorCode::Closed, "the exchange is over");
  return m_sink.onResponseBody(data);
}

Result<> Exchange::passJoined() {
  const ByteView joined = m_joined->take();
  return joined.empty() ? Result<>() : m_sink.onResponseBody(joined);
}

Result<> Exchange::takeTrailers(ByteView payload) {
  if (m_answer == AnswerState::Awaited)
    return adit::fail(ErrorCode::ProtocolViolation, "trailers before the response head");
  if (m_framing != http::BodyFraming::Chunked)
    return adit::fail(ErrorCode::ProtocolViolation, "trailers behind content of a known length");
  m_trailers.clear();
  if (auto read = wire::readTrailers(payload, m_trailers); !read) return read;
  std::erase_if(m_trailers, [](const http::Field& field) { return http::isForbiddenTrailer(field.name); });
  return m_trailers.empty() ? Result<>{} : m_sink.onResponseTrailers(m_trailers);
}

void Exchange::onStreamReset(transport::Stream& stream, transport::AppErrorCode code) {
  if (m_stream != &stream) return;
  const auto cause = static_cast<wire::AppError>(code);
  drop(m_answer == AnswerState::Upgraded ? wire::AppError::VisitorGone : cause);
  m_sink.onExchangeFailed(cause);
}

void Exchange::onStreamStopped(transport::Stream& stream, transport::AppErrorCode) {
  if (m_stream == &stream) m_sink.onRequestStopped();
}

void Exchange::onStreamWritable(transport::Stream& stream) {
  if (m_stream != &stream) return;
  watchContent(true);
  m_sink.onRequestWritable();
}

void Exchange::onStreamClosed(transport::Stream& stream) {
  if (m_stream != &stream) return;
  m_stream = nullptr;
  fail(wire::AppError::Draining);
}

}  // namespace adit::server
