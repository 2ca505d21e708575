// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/sim_streams.h"

#include <algorithm>

namespace adit::sim {

bool SimSchedule::runOut(Duration limit) {
  const Timestamp end = m_now + limit;
  while (!m_events.empty() && m_events.begin()->first.first <= end) runFirst();
  return m_events.empty();
}

void SimSchedule::runUntil(Timestamp end) {
  while (!m_events.empty() && m_events.begin()->first.first <= end) runFirst();
  m_now = std::max(m_now, end);
}

void SimSchedule::runFirst() {
  const auto event = m_events.extract(m_events.begin());
  m_due.erase(event.key().second);
  m_now = std::max(m_now, event.key().first);
  event.mapped()();
  if (turn) turn();
}

std::uint64_t SimSchedule::callAt(Timestamp due, std::function<void()> alarm) {
  const std::uint64_t number = m_next++;
  m_due.emplace(number, std::max(due, m_now));
  m_events.emplace(std::pair(std::max(due, m_now), number), std::move(alarm));
  return number;
}

void SimSchedule::cancel(std::uint64_t number) noexcept {
  if (const auto found = m_due.extract(number); !found.empty()) m_events.erase({found.mapped(), number});
}

Duration SimPath::onTheWay() {
  Duration delay = params.delay + m_schedule.upTo(params.jitter);
  if (m_schedule.chance(params.stallPercent)) delay += params.stall;
  if (m_schedule.now() < m_cutUntil)
    delay += m_cutUntil - m_schedule.now() + m_schedule.upTo(std::chrono::seconds(1));
  return delay;
}

std::pair<std::unique_ptr<SimStream>, std::unique_ptr<SimStream>> SimStream::makePair(
    SimSchedule& schedule, SimPath& path, transport::StreamId id) {
  std::unique_ptr<SimStream> a(new SimStream(schedule, path, id)), b(new SimStream(schedule, path, id));
  a->m_peer = b.get();
  b->m_peer = a.get();
  return {std::move(a), std::move(b)};
}

void SimStream::sendCopy(ByteView data) {
  if (m_closed || m_send != SendState::Open || data.empty()) return;
  if (tap != nullptr) tap->onQueued(data, false);
  m_unsent += asText(data);
  m_mostUnsent = std::max(m_mostUnsent, unsentBytes());
  if (unsentBytes() >= transport::kSendHighWater && !m_writableAt) m_writableAt = transport::kSendLowWater;
  schedulePump(Duration::zero());
}

void SimStream::finish() {
  if (m_closed || m_send != SendState::Open) return;
  if (tap != nullptr) tap->onQueued({}, true);
  m_send = SendState::Finishing;
  m_writableAt.reset();
  schedulePump(Duration::zero());
}

void SimStream::reset(transport::AppErrorCode code) {
  if (m_closed || m_send == SendState::Reset) return;
  dropUnsent();
  m_send = SendState::Reset;
  sendReset(code);
}

void SimStream::stopSending(transport::AppErrorCode code) {
  if (m_closed || m_stopAsked || m_receive != ReceiveState::Open) return;
  m_stopAsked = true;
  if (tap != nullptr) tap->onSentStop(code);
  m_schedule.after(onTheWay(), [this, code] { m_peer->receiveStop(code); });
}

void SimStream::consume(std::size_t count) {
  if (m_closed) return;
  m_consumedTooMuch = m_consumedTooMuch || count > m_unconsumed;
  count = std::min(count, m_unconsumed);
  if (count == 0) return;
  m_unconsumed -= count;
  if (m_receive == ReceiveState::Open && !m_stopAsked) widen(count);
}

void SimStream::widen(std::size_t count) {
  m_schedule.after(onTheWay(), [this, count] {
    m_peer->m_credit += count;
    m_peer->schedulePump(Duration::zero());
  });
}

void SimStream::schedulePump(Duration delay) {
  if (std::exchange(m_pumpDue, true)) return;
  m_schedule.after(delay, [this] { pump(); });
}

void SimStream::pump() {
  m_pumpDue = false;
  if (m_closed || (m_send != SendState::Open && m_send != SendState::Finishing)) return;
  // A few pieces a round trip or so: congestion control.
  for (int pieces = 0; pieces < 8 && unsentBytes() > 0 && m_credit > 0; ++pieces) {
    const std::size_t count =
        std::min({unsentBytes(), m_credit,
                  static_cast<std::size_t>(1 + m_schedule.random().below(m_path.params.mostInPiece))});
    std::string piece = m_unsent.substr(m_sentOfUnsent, count);
    m_sentOfUnsent += count;
    m_credit -= count;
    if (unsentBytes() == 0) {
      m_unsent.clear();
      m_sentOfUnsent = 0;
    }
    transmit(std::move(piece), m_send == SendState::Finishing && unsentBytes() == 0);
  }
  if (m_send == SendState::Finishing && unsentBytes() == 0) transmit({}, true);
  if (unsentBytes() > 0 && m_credit > 0) schedulePump(m_path.params.delay);
  if (m_writableAt && unsentBytes() <= *m_writableAt) {
    m_writableAt.reset();
    m_schedule.after(Duration::zero(), [this] {
      if (m_handler != nullptr && !m_closed && m_send != SendState::Reset &&
          unsentBytes() <= transport::kSendLowWater)
        m_handler->onStreamWritable(*this);
    });
  }
}

void SimStream::transmit(std::string piece, bool fin) {
  if (fin) m_send = SendState::Finished;
  if (tap != nullptr) tap->onSent(asBytes(piece), fin);
  m_lastArrival = std::max(m_lastArrival, m_schedule.now() + onTheWay());
  m_schedule.after(m_lastArrival - m_schedule.now(),
                   [this, fin, bytes = std::move(piece)] { m_peer->receive(bytes, fin); });
}

void SimStream::sendReset(transport::AppErrorCode code) {
  if (tap != nullptr) tap->onSentReset(code);
  // It may overtake data, which is lost then.
  m_schedule.after(onTheWay(), [this, code] { m_peer->receiveReset(code); });
}

void SimStream::noteFirst() {
  if (onFirst) std::exchange(onFirst, nullptr)();
}

void SimStream::receive(const std::string& piece, bool fin) {
  if (m_closed || m_receive != ReceiveState::Open) return;
  noteFirst();
  if (tap != nullptr) tap->onReceived(asBytes(piece), fin);
  if (fin) m_receive = ReceiveState::Finished;
  if (!m_stopAsked) {  // otherwise nobody is told of it
    m_unconsumed += piece.size();
    if (m_handler != nullptr) {
      m_handler->onStreamData(*this, asBytes(piece), fin);
    } else {
      consume(piece.size());
    }
  }
  if (!fin) return;
  m_receiveDone = true;
  m_schedule.after(onTheWay(), [this] { m_peer->sendDone(); });
  closeWhenDone();
}

void SimStream::receiveReset(transport::AppErrorCode code) {
  if (!m_closed && m_receive == ReceiveState::Open) {
    noteFirst();
    if (tap != nullptr) tap->onReceivedAbort();
    m_receive = ReceiveState::Reset;
    m_receiveDone = true;
    if (m_handler != nullptr) m_handler->onStreamReset(*this, code);
  }
  m_schedule.after(onTheWay(), [this] { m_peer->sendDone(); });
  closeWhenDone();
}

void SimStream::receiveStop(transport::AppErrorCode code) {
  if (m_closed || m_send == SendState::Reset || m_sendDone) return;
  noteFirst();
  if (tap != nullptr) tap->onReceivedAbort();
  dropUnsent();
  m_send = SendState::Reset;
  if (m_handler != nullptr) m_handler->onStreamStopped(*this, code);
  if (!m_closed) sendReset(code);
}

void SimStream::sendDone() {
  m_sendDone = true;
  closeWhenDone();
}

void SimStream::closeWhenDone() {
  if (!m_sendDone || !m_receiveDone || m_closed) return;
  m_schedule.after(Duration::zero(), [this] { close(); });
}

void SimStream::close() {
  if (std::exchange(m_closed, true)) return;
  dropUnsent();
  if (transport::StreamHandler* handler = std::exchange(m_handler, nullptr); handler != nullptr)
    handler->onStreamClosed(*this);
  m_unconsumed = 0;
}

void SimStream::cut() {
  if (m_closed) return;
  if (m_receive == ReceiveState::Open) {
    m_receive = ReceiveState::Reset;
    if (m_handler != nullptr) m_handler->onStreamReset(*this, 0);
  }
  close();
}

void SimStream::vanish() {
  m_handler = nullptr;
  m_closed = true;
  dropUnsent();
}

void SimStream::dropUnsent() {
  m_unsent.clear();
  m_sentOfUnsent = 0;
  m_writableAt.reset();
}

}  // namespace adit::sim
