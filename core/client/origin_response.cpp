// SPDX-License-Identifier: Apache-2.0
// The way back of an InboundRequest: the origin's HTTP/1.1 answer becomes frames on the stream.
#include <algorithm>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "core/base/log.h"
#include "core/client/inbound_request.h"
#include "core/http/semantics.h"
#include "core/relay/http_stream_writer.h"

namespace adit::client {

namespace {

/// An origin is trusted more than a visitor, and real ones send large cookies.
constexpr http::HeadLimits kAnswerLimits{48 * 1024, 8 * 1024, 256};
/// PROTOCOL.md section 7.
constexpr unsigned kMaxInterimHeads = 16;

}  // namespace

void InboundRequest::onOriginData(Slice data) {
  m_tunnel->traffic->addOut(data.size());
  if (m_answerPhase == AnswerPhase::Head) {
    readAnswerHead(std::move(data));
  } else {
    forwardAnswer(std::move(data));
  }
}

void InboundRequest::readAnswerHead(Slice data) {
  m_originSpoke = true;
  for (;;) {
    if (!m_answerHead.empty()) m_answerHead.append(data.text());
    const std::string_view text = m_answerHead.empty() ? data.text() : std::string_view(m_answerHead);
    m_answer.clear();
    const http::ParseResult result =
        http::parseResponseHead(text, kAnswerLimits, m_scanned, m_method, m_answer, m_traits);
    if (result.status == http::ParseStatus::NeedMore) {
      if (m_answerHead.empty()) m_answerHead.assign(text);
      return;
    }
    if (result.status == http::ParseStatus::Invalid) {
      breakAnswer(http::Problem::OriginBroken, result.errorReason == nullptr ? "" : result.errorReason);
      return;
    }
    m_scanned = 0;
    const std::size_t left = text.size() - result.consumed;
    const bool goesOn = startAnswer();
    m_answerHead.clear();
    if (!goesOn) return;
    data = data.part(data.size() - left, left);
    if (m_answerPhase != AnswerPhase::Head) break;
    if (data.empty()) return;  // an interim head; the final one follows
  }
  if (m_answerPhase == AnswerPhase::Body && m_traits.framing.body == http::BodyFraming::None) {
    if (!data.empty()) m_traits.keepAlive = false;  // more than an answer: do not use the connection again
    finishAnswer();
    return;
  }
  if (m_answerPhase == AnswerPhase::Body && m_traits.framing.body == http::BodyFraming::Length &&
      m_answerRemaining == 0) {
    if (!data.empty()) m_traits.keepAlive = false;
    finishAnswer();
    return;
  }
  if (!data.empty()) forwardAnswer(std::move(data));
}

bool InboundRequest::startAnswer() {
  SlabWriter& writer = m_owner.loop().writer();
  wire::ResponseHeadFrame frame;
  frame.head = &m_answer;
  if (m_traits.interim) {
    if (++m_interimHeads > kMaxInterimHeads) {
      breakAnswer(http::Problem::OriginBroken, "the origin sends interim answers without end");
      return false;
    }
    http::removeHopByHop(m_answer.fields, http::Direction::Response);
    relay::sendResponseHead(*m_stream, writer, wire::FrameType::InterimHead, frame);
    return true;
  }
  if (m_traits.switchingProtocols && !m_webSocket) {
    breakAnswer(http::Problem::OriginBroken, "the origin switched protocols unasked");
    return false;
  }
  cancelTimeout();
  m_originHead.clear();
  const bool keepsLength = m_method == "HEAD" || m_answer.status == 304;
  http::removeHopByHop(m_answer.fields, http::Direction::Response);
  if (!keepsLength) {
    std::erase_if(m_answer.fields, [](const http::Field& field) {
      return http::equalsIgnoreCase(field.name, "content-length");
    });
  }
  frame.framing = m_traits.framing;
  if (frame.framing.body == http::BodyFraming::UntilClose) frame.framing.body = http::BodyFraming::Chunked;
  if (!relay::sendResponseHead(*m_stream, writer, wire::FrameType::ResponseHead, frame)) {
    breakAnswer(http::Problem::OriginBroken, "the answer's head is too large");
    return false;
  }
  if (m_traits.switchingProtocols) {
    m_answerPhase = AnswerPhase::Upgraded;
    if (m_requestEnded) m_origin->socket().shutdownSend();  // the visitor half-closed already
    return true;
  }
  m_answerPhase = AnswerPhase::Body;
  m_answerRemaining = m_traits.framing.length;
  if (m_traits.framing.body == http::BodyFraming::Chunked) m_chunked.reset();
  return true;
}

void InboundRequest::forwardAnswer(Slice data) {
  SlabWriter& writer = m_owner.loop().writer();
  if (m_answerPhase == AnswerPhase::Upgraded || m_traits.framing.body == http::BodyFraming::UntilClose) {
    relay::sendData(*m_stream, writer, std::move(data));
  } else if (m_traits.framing.body == http::BodyFraming::Length) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(m_answerRemaining, data.size()));
    if (count < data.size()) m_traits.keepAlive = false;
    m_answerRemaining -= count;
    relay::sendData(*m_stream, writer, data.part(0, count));
    if (m_answerRemaining == 0) {
      finishAnswer();
      return;
    }
  } else {
    while (!data.empty()) {
      const http::ChunkedDecoder::Step step = m_chunked.next(data.text());
      if (step.event == http::ChunkedDecoder::Event::Invalid) {
        breakAnswer(http::Problem::OriginBroken, "the chunked content is malformed");
        return;
      }
      if (step.event == http::ChunkedDecoder::Event::Data) {
        const auto offset = static_cast<std::size_t>(step.data.data() - data.text().data());
        relay::sendData(*m_stream, writer, data.part(offset, step.data.size()));
      }
      if (step.event == http::ChunkedDecoder::Event::End) {
        if (step.consumed < data.size()) m_traits.keepAlive = false;
        if (!m_chunked.trailers().empty()) {
          std::vector<http::Field> trailers = m_chunked.trailers();
          std::erase_if(trailers,
                        [](const http::Field& field) { return http::isForbiddenTrailer(field.name); });
          relay::sendTrailers(*m_stream, writer, trailers);
        }
        finishAnswer();
        return;
      }
      data.removePrefix(step.consumed);
    }
  }
  if (m_stream->unsentBytes() >= quic::kSendHighWater)
    m_origin->socket().pauseReading(net::PauseReason::PeerSlow);
}

void InboundRequest::finishAnswer() {
  m_answerPhase = AnswerPhase::Done;
  m_stream->finish();
  const bool reusable = m_traits.keepAlive && m_requestEnded && !m_originEnded &&
                        m_traits.framing.body != http::BodyFraming::UntilClose &&
                        m_origin->socket().queuedBytes() == 0;
  releaseOrigin(reusable ? OriginFate::Keep : OriginFate::Close);
  // Answered before the request was whole: the rest is not wanted.
  if (!m_requestEnded) m_stream->stopSending(static_cast<quic::AppErrorCode>(wire::AppError::NoError));
  end(false);
}

void InboundRequest::onOriginEnd() {
  m_originEnded = true;
  switch (m_answerPhase) {
    case AnswerPhase::Head:
      if (!retry()) breakAnswer(http::Problem::OriginBroken, "the connection ended before an answer");
      return;
    case AnswerPhase::Body:
      if (m_traits.framing.body == http::BodyFraming::UntilClose) {
        finishAnswer();
      } else {
        breakAnswer(http::Problem::OriginBroken, "the answer broke off");
      }
      return;
    case AnswerPhase::Upgraded:
      m_stream->finish();
      checkUpgradedEnd();
      return;
    case AnswerPhase::Done:
      return;
  }
}

void InboundRequest::onOriginError(const Error& error) {
  if (m_answerPhase == AnswerPhase::Head && retry()) return;
  breakAnswer(http::Problem::OriginBroken,
              error.code == ErrorCode::ConnectionReset ? "the connection was cut" : "");
}

void InboundRequest::onTimeout() {
  breakAnswer(http::Problem::OriginSlow,
              fmt::format("{} took too long to answer", m_tunnel->target.forVisitors()));
}

void InboundRequest::checkUpgradedEnd() {
  if (!m_originEnded || !m_requestEnded) return;
  // What the visitor sent last may still be on its way to the origin.
  if (m_origin != nullptr && m_origin->socket().queuedBytes() > 0) return;
  m_answerPhase = AnswerPhase::Done;
  releaseOrigin(OriginFate::Close);
  end(false);
}

void InboundRequest::breakAnswer(http::Problem problem, std::string_view detail) {
  logDebug("client", "{}: {}", m_tunnel->target.toString(), detail);
  if (m_answerPhase == AnswerPhase::Head) {
    answerProblem(problem, detail);
    return;
  }
  refuse(wire::AppError::OriginBroken);
}

void InboundRequest::answerProblem(http::Problem problem, std::string_view detail) {
  releaseOrigin(OriginFate::Close);
  const std::string page = http::renderProblem({problem, {}, detail, true, m_method == "HEAD"}, m_wantsJson);
  // The page is a whole HTTP/1.1 response; on the stream it travels as head and content like any other.
  std::size_t scanned = 0;
  m_answer.clear();
  http::ResponseTraits traits;
  const http::ParseResult head =
      http::parseResponseHead(page, kAnswerLimits, scanned, m_method, m_answer, traits);
  if (head.status != http::ParseStatus::Complete) {
    refuse(wire::AppError::Internal);
    return;
  }
  http::removeHopByHop(m_answer.fields, http::Direction::Response);
  wire::ResponseHeadFrame frame;
  frame.head = &m_answer;
  frame.framing = traits.framing;
  SlabWriter& writer = m_owner.loop().writer();
  relay::sendResponseHead(*m_stream, writer, wire::FrameType::ResponseHead, frame);
  const std::string_view content = std::string_view(page).substr(head.consumed);
  for (std::size_t at = 0; at < content.size(); at += kSlabSize) {
    relay::sendData(*m_stream, writer, writer.copy(asBytes(content.substr(at, kSlabSize))));
  }
  m_stream->finish();
  if (!m_requestEnded) m_stream->stopSending(static_cast<quic::AppErrorCode>(wire::AppError::NoError));
  end(true);
}

}  // namespace adit::client
