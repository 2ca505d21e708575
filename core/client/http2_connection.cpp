// SPDX-License-Identifier: Apache-2.0
#include "core/client/http2_connection.h"

#include <algorithm>

#include "core/base/log.h"

namespace adit::client {

namespace {

constexpr http::H2ClientLimits kLimits;
/// A stream's window while the AnswerBudget is spent.
constexpr auto kNarrow = static_cast<std::int32_t>(AnswerBudget::kShare);
constexpr std::size_t kMostQueued = 256 * 1024;
constexpr Duration kIdleTimeout = std::chrono::seconds(60);
/// A connection on which nothing was received for this long gets a PING when the next request is opened on
/// it.
constexpr Duration kTrusted = std::chrono::seconds(10);
/// A connection on which nothing is received for this long after a PING is closed.
constexpr Duration kPongTimeout = std::chrono::seconds(10);
/// How often a connection with open requests gets a PING while nothing is received. Also the shortest time
/// between two PINGs without an answer's frame between them: gRPC servers close the connection of a client
/// whose PINGs come more often than every five minutes while they send nothing.
constexpr Duration kSilence = std::chrono::minutes(6);

}  // namespace

Http2Connection::Http2Connection(net::EventLoop& loop, std::unique_ptr<net::StreamSocket> socket,
                                 std::shared_ptr<Traffic> traffic, AnswerBudget& budget, Owner& owner)
    : m_loop(loop),
      m_owner(owner),
      m_traffic(std::move(traffic)),
      m_budget(budget),
      m_socket(std::move(socket)),
      m_timer(loop, [this] { onTimer(); }),
      m_lastReceived(loop.now()),
      m_idleSince(loop.now()) {
  m_socket->setHandler(*this);
}

Http2Connection::~Http2Connection() = default;

bool Http2Connection::start() {
  auto session = http::H2ClientSession::create(*this, kLimits, &m_memory);
  if (!session) {
    logError("client", "{}", session.error().describe());
    return false;
  }
  m_session = std::move(*session);
  m_loop.scheduleFlush(net::FlushPhase::Tcp, *this);
  arm();
  return true;
}

bool Http2Connection::open(http::H2ClientStream& stream, const http::H2Request& request) {
  if (m_gone || !m_session->open(stream, request)) return false;
  ++m_requests;
  fitWindows();
  const Timestamp now = m_loop.now();
  const bool pingIsWelcome = m_session->heardAnswerSincePing() || now - m_lastPing >= kSilence;
  if (m_pingSent == kNever && now - m_lastReceived >= kTrusted && pingIsWelcome) ping(now);
  arm();
  return true;
}

Slice Http2Connection::sliceOf(ByteView view) const noexcept {
  return m_arriving.part(static_cast<std::size_t>(view.data() - m_arriving.data()), view.size());
}

void Http2Connection::onData(Slice data) {
  m_traffic->addOut(data.size());
  m_lastReceived = m_loop.now();
  m_pingSent = kNever;
  m_arriving = std::move(data);
  const Result<> taken = m_session->receive(m_arriving.bytes(), m_lastReceived);
  m_arriving = {};
  if (!m_gone && taken) fitWindows();
  if (m_gone || taken) return;
  logWarning("client", "an origin broke HTTP/2: {}", taken.error().describe());
  end(taken.error().code == ErrorCode::LimitExceeded ? http::H2Error::EnhanceYourCalm
                                                     : http::H2Error::ProtocolError);
}

/// Narrows or restores the streams' windows: pausing an answer stops its origin only when the window is used
/// up.
void Http2Connection::fitWindows() {
  m_session->setStreamWindow(m_budget.isSpent() ? kNarrow : kLimits.streamWindow);
}

void Http2Connection::onEndOfStream() { end(http::H2Error::InternalError); }

void Http2Connection::onSent(std::size_t) { m_loop.scheduleFlush(net::FlushPhase::Tcp, *this); }

void Http2Connection::onSocketError(const Error&) { end(http::H2Error::InternalError); }

void Http2Connection::onOutputReady() {
  if (!m_gone) m_loop.scheduleFlush(net::FlushPhase::Tcp, *this);
}

void Http2Connection::onSlotsChanged() {
  m_slotsChanged = true;
  onOutputReady();
}

bool Http2Connection::isFull() const { return m_socket->queuedBytes() >= kMostQueued; }
void Http2Connection::write(ByteView bytes) { m_socket->sendCopy(bytes); }
void Http2Connection::write(Slice bytes) { m_socket->send(std::move(bytes)); }

void Http2Connection::flush() {
  if (m_gone) return;
  if (std::exchange(m_slotsChanged, false)) {
    if (m_session->openStreams() == 0) {
      if (isWornOut()) {
        end(http::H2Error::NoError);
        return;
      }
      m_idleSince = m_loop.now();
      arm();
    }
    m_owner.onRoom();
    if (m_gone) return;
  }
  if (auto sent = m_session->send(*this); !sent) {
    logWarning("client", "an origin's HTTP/2 connection failed: {}", sent.error().describe());
    end(http::H2Error::InternalError);
  } else if (!m_gone && m_session->isOver()) {
    end(m_session->peerLeaves() ? http::H2Error::InternalError : http::H2Error::ProtocolError);
  }
}

/// The timer may fire early: only then is it checked what is due, so that requests need not set it.
void Http2Connection::arm() {
  Timestamp due = m_session->openStreams() == 0 ? m_idleSince + kIdleTimeout : m_lastReceived + kSilence;
  if (m_pingSent != kNever) due = std::min(due, m_pingSent + kPongTimeout);
  if (m_timer.isActive() && m_timerDue <= due) return;
  m_timerDue = due;
  m_timer.startAt(due);
}

void Http2Connection::onTimer() {
  const Timestamp now = m_loop.now();
  if (m_pingSent != kNever && now >= m_pingSent + kPongTimeout) {
    logWarning("client", "an origin's HTTP/2 connection does not answer a PING and is closed");
    end(http::H2Error::InternalError);
    return;
  }
  if (m_session->openStreams() == 0) {
    if (now >= m_idleSince + kIdleTimeout) {
      end(http::H2Error::NoError);
      return;
    }
  } else if (m_pingSent == kNever && now >= m_lastReceived + kSilence) {
    ping(now);
  }
  arm();
}

void Http2Connection::ping(Timestamp now) {
  m_pingSent = m_lastPing = now;
  m_session->ping();
}

void Http2Connection::end(http::H2Error code) {
  if (m_gone) return;
  m_gone = true;
  m_timer.stop();
  // Send GOAWAY if the system takes it now, but do not wait for that.
  m_session->leave();
  if (m_socket->isOpen() && m_session->send(*this)) m_socket->flushNow();
  m_socket->close();
  m_session->fail(code);
  // Failing the streams may have destroyed the owner.
  if (!m_abandoned) m_owner.onGone(*this);
}

void Http2Connection::abandon() {
  m_gone = m_abandoned = true;
  m_timer.stop();
  m_socket->close();
}

}  // namespace adit::client
