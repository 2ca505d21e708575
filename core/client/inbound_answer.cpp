// SPDX-License-Identifier: Apache-2.0
// The answer's way through an InboundRequest: what the origin sends becomes frames on the stream.
#include <spdlog/fmt/fmt.h>

#include "core/base/log.h"
#include "core/client/inbound_request.h"
#include "core/relay/http_stream_writer.h"

namespace adit::client {

namespace {

/// PROTOCOL.md section 6.
wire::AppError codeFor(http::H2Error reset, bool isHead) noexcept {
  switch (reset) {
    case http::H2Error::Cancel:
      return wire::AppError::OriginCancelled;
    case http::H2Error::RefusedStream:
      // After a head the promise that the request was not processed does not hold.
      return isHead ? wire::AppError::OriginRefusedStream : wire::AppError::OriginReset;
    case http::H2Error::EnhanceYourCalm:
      return wire::AppError::OriginEnhanceYourCalm;
    case http::H2Error::InadequateSecurity:
      return wire::AppError::OriginInadequateSecurity;
    default:
      return wire::AppError::OriginReset;
  }
}

}  // namespace

void InboundRequest::onInterim(http::ResponseHead& head) {
  wire::ResponseHeadFrame frame;
  frame.head = &head;
  // One that is too large for a frame is left out: interim answers are optional (RFC 9110 section 15.2).
  (void)relay::sendResponseHead(*m_stream, m_owner.loop().writer(), wire::FrameType::InterimHead, frame);
}

void InboundRequest::onHead(http::ResponseHead& head, http::Framing framing, bool upgraded) {
  cancelTimeout();
  wire::ResponseHeadFrame frame;
  frame.head = &head;
  frame.framing = framing;
  if (!relay::sendResponseHead(*m_stream, m_owner.loop().writer(), wire::FrameType::ResponseHead, frame)) {
    answerProblem({http::Problem::OriginBroken, "the answer's head is too large"});
    return;
  }
  m_answerPhase = upgraded ? AnswerPhase::Upgraded : AnswerPhase::Body;
}

void InboundRequest::onContent(Slice data) {
  relay::sendData(*m_stream, m_owner.loop().writer(), std::move(data));
  const std::size_t unsent = m_stream->unsentBytes();
  if (m_owner.answerBudget().isSpent()) {
    if (unsent < AnswerBudget::kShare) return;
    m_stream->awaitWritable(AnswerBudget::kShare / 2);
    m_exchange->pauseAnswer();
  } else if (unsent >= transport::kSendHighWater) {
    m_exchange->pauseAnswer();
  }
}

void InboundRequest::onTrailers(std::span<const http::Field> fields) {
  if (relay::sendTrailers(*m_stream, m_owner.loop().writer(), fields)) return;
  tellProblem({http::Problem::OriginBroken, "the answer's trailers are too large"}, 0);
  refuse(wire::AppError::OriginBroken);
}

void InboundRequest::onHalfEnd() { m_stream->finish(); }

void InboundRequest::onEnd() {
  m_answerPhase = AnswerPhase::Done;
  m_stream->finish();
  // Answered before the request was whole: the rest is not wanted.
  if (!m_requestEnded) m_stream->stopSending(static_cast<transport::AppErrorCode>(wire::AppError::NoError));
  end(false);
}

void InboundRequest::onFailed(const OriginFailure& failure) {
  const bool isHead = m_answerPhase == AnswerPhase::Head;
  // A gRPC library derives its status from the reset, which a page cannot convey.
  const bool tellsReset =
      !isHead || (m_pageFormat.call == http::CallKind::Grpc && m_request.version == http::Version::Http2);
  if (failure.reset && tellsReset) {
    refuse(codeFor(*failure.reset, isHead));
  } else if (isHead) {
    answerProblem(failure);
  } else {
    tellProblem(failure, 0);
    refuse(wire::AppError::OriginBroken);
  }
}

void InboundRequest::tellProblem(const OriginFailure& failure, std::uint16_t status) {
  OriginProblem problem;
  problem.tunnel = m_tunnel->id;
  problem.status = status;
  problem.code = http::codeOf(failure.problem);
  std::string_view why = failure.detail;
  if (failure.error != nullptr) {
    problem.cause = toString(failure.error->code);
    if (!failure.error->detail.empty()) why = failure.error->detail;
  }
  if (why.empty()) why = "its answer was not HTTP, or broke off";
  problem.message = fmt::format("{}: {}", m_tunnel->target.toString(), why);
  m_owner.onProblem(std::move(problem));
}

void InboundRequest::onTimeout() {
  // This request may be the last that keeps the tunnel alive, and with it the queue that is calling.
  m_owner.loop().post([tunnel = m_tunnel] {});
  const std::string detail = fmt::format("{} took too long to answer", m_tunnel->target.forVisitors());
  answerProblem({http::Problem::OriginSlow, detail});
}

void InboundRequest::answerProblem(const OriginFailure& failure) {
  http::ProblemPage page;
  page.problem = failure.problem;
  page.detail = failure.detail;
  if (failure.reset) page.grpcStatus = http::grpcStatusFor(*failure.reset);
  const http::RenderedPage rendered = http::renderPage(page, m_pageFormat);
  tellProblem(failure, http::statusOf(failure.problem));
  http::ResponseHead answer;
  answer.status = rendered.status;
  for (const auto& [name, value] : rendered.fields) answer.fields.push_back({name, value});
  wire::ResponseHeadFrame frame;
  frame.head = &answer;
  const std::string length = fmt::to_string(rendered.content.size());
  if (m_isHead) {
    answer.fields.push_back({"Content-Length", length});
  } else if (!rendered.content.empty()) {
    frame.framing = {http::BodyFraming::Length, rendered.content.size()};
  }
  SlabWriter& writer = m_owner.loop().writer();
  (void)relay::sendResponseHead(*m_stream, writer, wire::FrameType::ResponseHead, frame);  // ours: small
  if (!m_isHead) {
    writer.copyAll(asBytes(rendered.content),
                   [&](Slice piece) { relay::sendData(*m_stream, writer, std::move(piece)); });
  }
  m_stream->finish();
  if (!m_requestEnded) m_stream->stopSending(static_cast<transport::AppErrorCode>(wire::AppError::NoError));
  end(true, CancelReason::NotWanted);
}

}  // namespace adit::client
