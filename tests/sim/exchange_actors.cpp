// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/exchange_actors.h"

#include <algorithm>
#include <cstdlib>

namespace adit::sim {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kPiece = 20'000;

std::string valueOf(const std::vector<http::Field>& fields) {
  return fields.empty() ? std::string() : std::string(fields[0].value);
}

}  // namespace

SimVisitor::SimVisitor(ExchangeWorld& world, std::size_t index, RequestScript made)
    : script(std::move(made)), m_world(world), m_index(index), m_exchange(world.services(), *this) {}

void SimVisitor::start() {
  const std::string target = "/" + std::to_string(m_index);
  http::RequestHead head;
  head.method = script.method;
  head.target = target;
  head.authority = "shop.localhost";
  const net::SocketAddress address = net::SocketAddress::fromIpv4({203, 0, 113, 9}, 50000);
  const server::Destination destination{server::Destination::Kind::Here, 0, 1, 7};
  server::ExchangeRequest request{head, script.framing, script.webSocket, false, http::Scheme::Http, address};
  if (m_exchange.begin(destination, request)) return conclude(Outcome::NotBegun);
  if (script.abortAfter) {
    m_world.schedule().after(*script.abortAfter, [this] {
      if (outcome != Outcome::Pending) return;
      m_exchange.drop(wire::AppError::VisitorGone);
      conclude(Outcome::Aborted);
    });
  }
  if (!script.webSocket) sendSome();
}

void SimVisitor::conclude(Outcome what) {
  if (outcome != Outcome::Pending) fault = "a second end";
  outcome = what;
}

void SimVisitor::sendSome() {
  m_sendDue = false;
  if (m_finished || m_stopped || !m_exchange.isActive()) return;
  if (m_exchange.isCongested()) return;  // onRequestWritable goes on
  const std::size_t count =
      std::min(script.content.size() - m_sent, std::size_t{1} + m_world.schedule().random().below(kPiece));
  m_world.loop().writer().copyAll(asBytes(std::string_view(script.content).substr(m_sent, count)),
                                  [this](Slice piece) { m_exchange.sendBody(std::move(piece)); });
  m_sent += count;
  if (m_sent == script.content.size()) {
    m_finished = true;
    const http::Field field{"X-Check", script.trailer};
    if (!script.trailer.empty()) m_exchange.sendTrailers({&field, 1});
    m_exchange.finishRequest();
    if (m_answered) m_exchange.end();
    return;
  }
  m_sendDue = true;
  m_world.schedule().after(m_world.schedule().upTo(script.pause), [this] { sendSome(); });
}

void SimVisitor::onRequestWritable() {
  if (!m_sendDue) sendSome();
}

void SimVisitor::onRequestStopped() {
  m_stopped = true;
  if (m_answered) m_exchange.end();
}

Result<> SimVisitor::onInterimHead(http::ResponseHead& head) {
  if (status != 0) fault = "an interim head behind the final one";
  if (head.status < 100 || head.status > 199) fault = "an interim head of another status";
  return {};
}

Result<> SimVisitor::onResponseHead(const server::ResponseStart& start) {
  if (status != 0) fault = "a second head";
  status = start.head.status;
  upgraded = start.upgraded;
  if (upgraded) {
    sendSome();
  } else if (script.webSocket) {
    m_finished = true;  // the exchange has said so
  }
  return {};
}

Result<> SimVisitor::onResponseBody(ByteView data) {
  if (status == 0) fault = "content before the head";
  received += asText(data);
  m_unread += data.size();
  m_world.schedule().after(m_world.schedule().upTo(script.readDelay),
                           [this, count = data.size()] { readSome(count); });
  return {};
}

void SimVisitor::readSome(std::size_t count) {
  m_unread -= count;
  m_exchange.settle(m_unread);
}

Result<> SimVisitor::onResponseTrailers(const std::vector<http::Field>& fields) {
  trailer = valueOf(fields);
  return {};
}

void SimVisitor::onResponseEnd() {
  conclude(Outcome::Whole);
  m_answered = true;
  if (!upgraded || m_finished || m_stopped) m_exchange.end();
}

void SimVisitor::onExchangeFailed(wire::AppError why) {
  cause = why;
  // Upgraded: the answer was whole, and what we still sent is not wanted.
  if (outcome != Outcome::Whole) conclude(Outcome::Failed);
}

void SimOrigin::later(Duration delay, std::function<void()> what) {
  m_world.schedule().after(delay, [this, epoch = m_epoch, run = std::move(what)] {
    if (epoch == m_epoch && !over) run();
  });
}

void SimOrigin::begin(client::Tunnel&, const client::OriginRequest& request) {
  ++m_epoch;
  received.clear();
  trailer.clear();
  finished = over = m_paused = m_responding = m_sendDue = m_halfEnded = false;
  m_queued = m_sent = 0;
  if (request.head.target == kFoulTarget) {
    m_script = &m_world.foulScript();
    return;
  }
  const auto index =
      static_cast<std::size_t>(std::strtoul(std::string(request.head.target).c_str() + 1, nullptr, 10));
  m_world.origins.at(index) = this;
  m_script = &m_world.visitor(index).script;
  const Duration dial = m_world.schedule().upTo(5ms);
  if (m_script->origin == RequestScript::Origin::Refuses) {
    later(dial, [this] {
      over = true;
      m_user.onFailed({http::Problem::OriginRefused, "nothing answers"});
    });
    return;
  }
  later(dial, [this] { m_user.onReached(); });
  if (m_script->origin == RequestScript::Origin::AnswersEarly || m_script->webSocket)
    later(dial + m_script->think, [this] { respond(); });
}

void SimOrigin::sendContent(ByteView data) {
  received += asText(data);
  m_queued += data.size();
  later(m_world.schedule().upTo(20ms), [this, count = data.size()] { drain(count); });
}

void SimOrigin::drain(std::size_t count) {
  m_queued -= count;
  m_user.onSent();
}

void SimOrigin::sendTrailers(std::span<const http::Field> fields) {
  trailer = fields.empty() ? std::string() : std::string(fields[0].value);
}

void SimOrigin::finish() {
  finished = true;
  if (m_halfEnded) {
    later(0ms, [this] {
      over = true;
      m_user.onEnd();
    });
  }
  const bool answers = m_script->origin != RequestScript::Origin::Refuses;
  if (answers && !m_responding) later(m_script->think, [this] { respond(); });
}

void SimOrigin::cancel(client::CancelReason) { over = true; }

void SimOrigin::resumeAnswer() {
  if (!std::exchange(m_paused, false) || over || !m_responding) return;
  if (!std::exchange(m_sendDue, true)) later(0ms, [this] { sendSome(); });
}

void SimOrigin::respond() {
  if (std::exchange(m_responding, true)) return;
  for (int i = 0; i < m_script->interims && !over; ++i) {
    http::ResponseHead hint;
    hint.status = 103;
    m_user.onInterim(hint);
  }
  if (over) return;
  http::ResponseHead head;
  head.status = m_script->status;
  m_user.onHead(head, m_script->answerFraming, m_script->status == 101);
  if (over) return;
  m_sendDue = true;
  later(m_world.schedule().upTo(5ms), [this] { sendSome(); });
}

void SimOrigin::sendSome() {
  m_sendDue = false;
  if (m_paused) return;
  const bool breaks = m_script->origin == RequestScript::Origin::BreaksOff;
  const std::size_t end = breaks ? m_script->breaksAt : m_script->answer.size();
  const std::size_t count =
      std::min(end - m_sent, std::size_t{1} + m_world.schedule().random().below(kPiece));
  const std::string_view piece = std::string_view(m_script->answer).substr(m_sent, count);
  m_sent += count;
  if (!piece.empty()) {
    m_world.loop().writer().copyAll(asBytes(piece), [this](Slice slice) {
      if (!over) m_user.onContent(std::move(slice));
    });
  }
  if (over) return;
  if (m_sent < end) {
    if (m_paused) return;
    m_sendDue = true;
    later(m_world.schedule().upTo(5ms), [this] { sendSome(); });
    return;
  }
  if (breaks) {
    over = true;
    m_user.onFailed({http::Problem::OriginBroken, "it broke off"});
    return;
  }
  endAnswer();
}

void SimOrigin::endAnswer() {
  const http::Field field{"X-Check", m_script->answerTrailer};
  if (!m_script->answerTrailer.empty()) m_user.onTrailers({&field, 1});
  if (over) return;
  if (m_script->status == 101 && !finished) {
    m_halfEnded = true;
    m_user.onHalfEnd();
    return;
  }
  over = true;
  m_user.onEnd();
}

}  // namespace adit::sim
