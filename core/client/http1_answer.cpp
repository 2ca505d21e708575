// SPDX-License-Identifier: Apache-2.0
// The answer's way through an Http1Exchange: the origin's bytes become a head, content and trailers.
#include <algorithm>
#include <vector>

#include "core/client/http1_exchange.h"
#include "core/client/tunnel.h"
#include "core/http/semantics.h"
#include "core/relay/piece_joiner.h"

namespace adit::client {

namespace {

/// Larger than for visitors: origins are trusted more, and real ones send large cookies.
constexpr http::HeadLimits kAnswerLimits{48 * 1024, 8 * 1024, 256};

}  // namespace

void Http1Exchange::onOriginData(Slice data) {
  m_tunnel->traffic->addOut(data.size());
  if (m_phase == Phase::Head) {
    readHead(std::move(data));
  } else {
    forward(std::move(data));
  }
}

void Http1Exchange::readHead(Slice data) {
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
      fail(http::Problem::OriginBroken, result.errorReason == nullptr ? "" : result.errorReason);
      return;
    }
    m_scanned = 0;
    const std::size_t left = text.size() - result.consumed;
    const bool goesOn = startAnswer(result.consumed);
    m_answerHead.clear();
    if (!goesOn) return;
    data = data.part(data.size() - left, left);
    if (m_phase != Phase::Head) break;
    if (data.empty()) return;  // an interim head; the final one follows
  }
  const bool whole = m_traits.framing.body == http::BodyFraming::None ||
                     (m_traits.framing.body == http::BodyFraming::Length && m_remaining == 0);
  if (m_phase == Phase::Body && whole) {
    if (!data.empty()) m_traits.keepAlive = false;  // bytes after the answer: do not reuse the connection
    endAnswer();
    return;
  }
  if (!data.empty()) forward(std::move(data));
}

/// The checks of RFC 6455 section 4.1 and RFC 9110 section 7.8, for visitors that do not make them
/// themselves.
const char* Http1Exchange::refuseUpgrade() {
  const http::Field* upgrade = http::findField(m_answer.fields, "upgrade");
  if (upgrade == nullptr || !http::equalsIgnoreCase(upgrade->value, "websocket"))
    return "it upgraded to something else";
  const char* problem = m_offer.refuseAnswer(m_answer.fields);
  if (problem == nullptr && m_ownKey) {
    std::erase_if(m_answer.fields, [](const http::Field& field) {
      return http::equalsIgnoreCase(field.name, "sec-websocket-accept");
    });
  }
  return problem;
}

bool Http1Exchange::startAnswer(std::size_t headBytes) {
  if (m_traits.interim) {
    if (!m_interim.take(m_loop.now(), headBytes)) {
      fail(http::Problem::OriginBroken, "the origin sends too many interim answers");
      return false;
    }
    http::removeHopByHop(m_answer.fields, http::Direction::Response);
    m_user.onInterim(m_answer);
    return m_phase != Phase::Ended;
  }
  if (m_traits.switchingProtocols && !m_webSocket) {
    fail(http::Problem::OriginBroken, "the origin switched protocols without being asked");
    return false;
  }
  if (m_traits.switchingProtocols) {
    if (const char* problem = refuseUpgrade(); problem != nullptr) {
      fail(http::Problem::OriginBroken, problem);
      return false;
    }
  }
  m_head.clear();
  m_content.clear();
  m_keepsContent = false;
  if (http::authenticatesConnection(m_answer.fields)) m_origin->pinTo(*m_visitor);
  const bool keepsLength = m_method == "HEAD" || m_answer.status == 304;
  http::removeHopByHop(m_answer.fields, http::Direction::Response);
  if (!keepsLength) {
    std::erase_if(m_answer.fields, [](const http::Field& field) {
      return http::equalsIgnoreCase(field.name, "content-length");
    });
  }
  http::Framing framing = m_traits.framing;
  if (framing.body == http::BodyFraming::UntilClose) framing.body = http::BodyFraming::Chunked;
  m_phase = m_traits.switchingProtocols ? Phase::Upgraded : Phase::Body;
  m_remaining = m_traits.framing.length;
  if (m_traits.framing.body == http::BodyFraming::Chunked) m_chunked.reset();
  m_user.onHead(m_answer, framing, m_phase == Phase::Upgraded);
  if (m_phase == Phase::Upgraded && m_finished) m_origin->socket().shutdownSend();  // half-closed already
  return m_phase != Phase::Ended;
}

void Http1Exchange::forward(Slice data) {
  if (m_phase == Phase::Upgraded || m_traits.framing.body == http::BodyFraming::UntilClose) {
    m_user.onContent(std::move(data));
  } else if (m_traits.framing.body == http::BodyFraming::Length) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(m_remaining, data.size()));
    if (count < data.size()) m_traits.keepAlive = false;
    m_remaining -= count;
    m_user.onContent(data.part(0, count));
    if (m_remaining == 0) endAnswer();
  } else {
    forwardChunks(std::move(data));
  }
}

void Http1Exchange::forwardChunks(Slice data) {
  relay::PieceJoiner joined;
  const auto passJoined = [&] {
    if (const ByteView kept = joined.take(); !kept.empty() && m_phase == Phase::Body)
      m_user.onContent(m_loop.writer().copy(kept));
  };
  while (!data.empty() && m_phase == Phase::Body) {
    const http::ChunkedDecoder::Step step = m_chunked.next(data.text());
    switch (step.event) {
      case http::ChunkedDecoder::Event::Invalid:
        fail(http::Problem::OriginBroken, "the chunked content is malformed");
        return;
      case http::ChunkedDecoder::Event::Data:
        if (joined.keep(asBytes(step.data))) break;
        passJoined();
        if (m_phase != Phase::Body) return;
        m_user.onContent(
            data.part(static_cast<std::size_t>(step.data.data() - data.text().data()), step.data.size()));
        break;
      case http::ChunkedDecoder::Event::End: {
        passJoined();
        if (m_phase != Phase::Body) return;
        if (step.consumed < data.size()) m_traits.keepAlive = false;
        if (!m_chunked.trailers().empty()) {
          std::vector<http::Field> trailers = m_chunked.trailers();
          std::erase_if(trailers,
                        [](const http::Field& field) { return http::isForbiddenTrailer(field.name); });
          m_user.onTrailers(trailers);
        }
        endAnswer();
        return;
      }
      case http::ChunkedDecoder::Event::NeedMore:
        break;
    }
    data.removePrefix(step.consumed);
  }
  passJoined();
}

void Http1Exchange::endAnswer() {
  if (m_phase == Phase::Ended) return;
  const bool reusable = m_traits.keepAlive && m_finished && !m_originEnded &&
                        m_traits.framing.body != http::BodyFraming::UntilClose &&
                        m_origin->socket().queuedBytes() == 0;
  m_phase = Phase::Ended;
  release(reusable ? Fate::Keep : Fate::Close);
  m_user.onEnd();
}

void Http1Exchange::onOriginEnd() {
  m_originEnded = true;
  switch (m_phase) {
    case Phase::Head:
      if (!retry()) fail(http::Problem::OriginBroken, "the connection ended before an answer");
      return;
    case Phase::Body:
      if (m_traits.framing.body == http::BodyFraming::UntilClose) {
        endAnswer();
      } else {
        fail(http::Problem::OriginBroken, "the answer broke off");
      }
      return;
    case Phase::Upgraded:
      m_user.onHalfEnd();
      checkUpgradedEnd();
      return;
    case Phase::Ended:
      return;
  }
}

void Http1Exchange::onOriginError(const Error& error) {
  if (retry()) return;
  fail(http::Problem::OriginBroken, error.code == ErrorCode::ConnectionReset ? "the connection was cut" : "",
       &error);
}

void Http1Exchange::checkUpgradedEnd() {
  if (m_phase != Phase::Upgraded || !m_originEnded || !m_finished) return;
  // The visitor's last bytes may still be queued for the origin.
  if (m_origin != nullptr && m_origin->socket().queuedBytes() > 0) return;
  m_phase = Phase::Ended;
  release(Fate::Close);
  m_user.onEnd();
}

void Http1Exchange::fail(http::Problem problem, std::string_view detail, const Error* error) {
  if (m_phase == Phase::Ended) return;
  const Fate fate = m_phase == Phase::Head ? Fate::Close : Fate::Abort;
  m_phase = Phase::Ended;
  release(fate);
  m_content.clear();
  m_head.clear();
  m_user.onFailed({problem, detail, error});
}

}  // namespace adit::client
