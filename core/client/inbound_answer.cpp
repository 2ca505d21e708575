// SPDX-License-Identifier: Apache-2.0
// The way back of an InboundRequest: what the origin says becomes frames on the stream.
#include <spdlog/fmt/fmt.h>

#include "core/base/log.h"
#include "core/client/inbound_request.h"
#include "core/http/h1_parser.h"
#include "core/http/semantics.h"
#include "core/relay/http_stream_writer.h"

namespace adit::client {

void InboundRequest::onInterim(http::ResponseHead& head) {
  wire::ResponseHeadFrame frame;
  frame.head = &head;
  relay::sendResponseHead(*m_stream, m_owner.loop().writer(), wire::FrameType::InterimHead, frame);
}

void InboundRequest::onHead(http::ResponseHead& head, http::Framing framing, bool upgraded) {
  cancelTimeout();
  wire::ResponseHeadFrame frame;
  frame.head = &head;
  frame.framing = framing;
  if (!relay::sendResponseHead(*m_stream, m_owner.loop().writer(), wire::FrameType::ResponseHead, frame)) {
    answerProblem(http::Problem::OriginBroken, "the answer's head is too large");
    return;
  }
  m_answerPhase = upgraded ? AnswerPhase::Upgraded : AnswerPhase::Body;
}

void InboundRequest::onContent(Slice data) {
  relay::sendData(*m_stream, m_owner.loop().writer(), std::move(data));
  if (m_stream->unsentBytes() >= quic::kSendHighWater) m_exchange->pauseAnswer();
}

void InboundRequest::onTrailers(std::span<const http::Field> fields) {
  relay::sendTrailers(*m_stream, m_owner.loop().writer(), fields);
}

void InboundRequest::onHalfEnd() { m_stream->finish(); }

void InboundRequest::onEnd() {
  m_answerPhase = AnswerPhase::Done;
  m_stream->finish();
  // Answered before the request was whole: the rest is not wanted.
  if (!m_requestEnded) m_stream->stopSending(static_cast<quic::AppErrorCode>(wire::AppError::NoError));
  end(false);
}

void InboundRequest::onFailed(http::Problem problem, std::string_view detail) {
  logDebug("client", "{}: {}", m_tunnel->target.toString(), detail);
  if (m_answerPhase == AnswerPhase::Head) {
    answerProblem(problem, detail);
  } else {
    refuse(wire::AppError::OriginBroken);
  }
}

void InboundRequest::onTimeout() {
  answerProblem(http::Problem::OriginSlow,
                fmt::format("{} took too long to answer", m_tunnel->target.forVisitors()));
}

void InboundRequest::answerProblem(http::Problem problem, std::string_view detail) {
  const std::string page = http::renderProblem({problem, {}, detail, true, m_isHead}, m_wantsJson);
  // The page is a whole HTTP/1.1 response; on the stream it travels as head and content like any other.
  std::size_t scanned = 0;
  http::ResponseHead answer;
  http::ResponseTraits traits;
  const http::ParseResult head =
      http::parseResponseHead(page, {}, scanned, m_isHead ? "HEAD" : "GET", answer, traits);
  if (head.status != http::ParseStatus::Complete) {
    refuse(wire::AppError::Internal);
    return;
  }
  http::removeHopByHop(answer.fields, http::Direction::Response);
  wire::ResponseHeadFrame frame;
  frame.head = &answer;
  frame.framing = traits.framing;
  SlabWriter& writer = m_owner.loop().writer();
  relay::sendResponseHead(*m_stream, writer, wire::FrameType::ResponseHead, frame);
  const std::string_view content = std::string_view(page).substr(head.consumed);
  for (std::size_t at = 0; at < content.size(); at += kSlabSize) {
    relay::sendData(*m_stream, writer, writer.copy(asBytes(content.substr(at, kSlabSize))));
  }
  m_stream->finish();
  if (!m_requestEnded) m_stream->stopSending(static_cast<quic::AppErrorCode>(wire::AppError::NoError));
  end(true, CancelReason::NotWanted);
}

}  // namespace adit::client
