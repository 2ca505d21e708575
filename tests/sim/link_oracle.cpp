// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/link_oracle.h"

#include <algorithm>

namespace adit::sim {

using namespace std::chrono_literals;

namespace {

// Sections 2 and 6.
enum Type : std::uint64_t {
  kLogin = 1,
  kAccepted,
  kRefused,
  kDeclare,
  kDeclared,
  kPing,
  kPong,
  kDrain,
  kWithdrawn,
  kRelease,
  kReleased
};
enum Code : std::uint64_t {
  kNoError,
  kInternal,
  kMalformed,
  kProtocol,
  kLimitExceeded,
  kLoginTimeout,
  kLoginRefused,
  kTakenOver,
  kDraining,
  kVersionMismatch,
  kHeartbeatLost
};

std::uint64_t numberOf(const SeenMessage& message, std::uint64_t key) {
  const auto found = message.numbers.find(key);
  return found == message.numbers.end() ? 0 : found->second;
}

}  // namespace

void LinkOracle::blame(const End& end, const std::string& rule) {
  if (end.excused || !m_verdict.empty()) return;
  m_verdict = (end.side == Side::Client ? "client: " : "server: ") + rule;
}

void LinkOracle::judgeSent(End& end, ByteView data, bool fin) {
  if (end.excused) return;
  if (end.finSent) blame(end, "bytes behind FIN");
  end.sent.feed(asText(data));
  while (const auto message = end.sent.next()) {
    if (end.side == Side::Client) {
      judgeClient(*message);
    } else {
      judgeServer(*message);
    }
  }
  if (end.sent.isBroken()) blame(end, "section 2: what it sent is no control message");
  if (!fin) return;
  end.finSent = true;
  if (!end.sent.isBetweenMessages()) blame(end, "section 2: FIN inside a message");
  if (end.side == Side::Client ? !end.drainSent : !end.refused) blame(end, "section 2.8: FIN out of turn");
}

void LinkOracle::judgeAbort(End& end) {
  // A stream that was stopped is reset by the transport itself.
  if (!peerOf(end).excused) blame(end, "section 2.8: the control stream was reset or stopped");
}

void LinkOracle::judgePong(End& end, std::uint64_t nonce) {
  const auto owed = end.pongsOwed.find(nonce);
  if (owed == end.pongsOwed.end()) return blame(end, "section 2.6: a Pong that answers nothing");
  end.pongsOwed.erase(owed);
}

void LinkOracle::judgeDrain(End& end) {
  if (std::exchange(end.drainSent, true)) blame(end, "section 2.8: a second Drain");
}

void LinkOracle::judgeClient(const SeenMessage& message) {
  const Timestamp now = m_schedule.now();
  End& end = m_client;
  if (message.type == kLogin) {
    if (end.loginAt) blame(end, "section 2.2: a second Login");
    end.loginAt = now;
    return;
  }
  if (!end.acceptedAt) return blame(end, "section 2.2: a message before the answer to Login");
  switch (message.type) {
    case kDeclare:
      if (numberOf(message, 1) <= end.revision) blame(end, "section 2.4: a revision that is not larger");
      if (end.answered < end.revision) blame(end, "section 2.4: Declare before the last one was answered");
      // A Drain that arrives in one piece with what is answered by this Declare may be behind that.
      if (end.drainSent || (end.drainHeardAt && now > *end.drainHeardAt))
        blame(end, "section 2.8: Declare behind a Drain");
      end.revision = numberOf(message, 1);
      return;
    case kPing:
      if (numberOf(message, 1) != ++end.nonce) blame(end, "section 2.6: nonces do not count up from 1");
      if (now - end.lastPingAt.value_or(*end.acceptedAt) < m_heartbeat)
        blame(end, "section 2.6: a Ping early");
      end.lastPingAt = now;
      if (!end.pongDueSince) end.pongDueSince = now;
      return;
    case kPong:
      return judgePong(end, numberOf(message, 1));
    case kDrain:
      return judgeDrain(end);
    case kRelease:
      return;
    default:
      blame(end, "section 2: a message of the other side");
  }
}

void LinkOracle::judgeServer(const SeenMessage& message) {
  const Timestamp now = m_schedule.now();
  End& end = m_server;
  if (message.type == kAccepted || message.type == kRefused) {
    if (!end.loginAt) blame(end, "section 2.3: an answer before Login");
    if (end.loggedIn || end.refused) blame(end, "section 2.3: a second answer to Login");
    (message.type == kAccepted ? end.loggedIn : end.refused) = true;
    return;
  }
  if (!end.loggedIn) return blame(end, "section 2.2: a message before LoginAccepted");
  switch (message.type) {
    case kDeclared: {
      const std::uint64_t revision = numberOf(message, 1);
      if (revision != end.revision) return blame(end, "section 2.4: an answer to no newest Declare");
      if (end.answered != revision && now != end.declareAt) blame(end, "section 2.4: a first answer late");
      if (now - *end.declareAt > 2s) blame(end, "section 2.4: an answer after more than 2 s");
      end.answered = revision;
      return;
    }
    case kPing:
    case kWithdrawn:
      return;
    case kPong:
      return judgePong(end, numberOf(message, 1));
    case kDrain:
      return judgeDrain(end);
    case kReleased:
      if (const auto asked = end.releases.find(numberOf(message, 1)); asked != end.releases.end()) {
        end.releases.erase(asked);
      } else {
        blame(end, "section 2.4: Released that answers nothing");
      }
      return;
    default:
      blame(end, "section 2: a message of the other side");
  }
}

void LinkOracle::noteReceived(End& end, ByteView data, bool fin) {
  end.lastReceivedAt = m_schedule.now();
  end.received.feed(asText(data));
  while (const auto message = end.received.next()) {
    if (message->type == kPing) end.pongsOwed.insert(numberOf(*message, 1));
    if (message->type == kDrain && !std::exchange(end.drainReceived, true)) {
      end.drainHeardAt = m_schedule.now();
      end.peerDrainAt = m_schedule.now() + std::chrono::milliseconds(numberOf(*message, 1));
    }
    if (end.side == Side::Client) {
      noteAtClient(*message);
    } else {
      noteAtServer(*message);
    }
  }
  if (fin) controlEnded(end);
}

void LinkOracle::noteAtClient(const SeenMessage& message) {
  End& end = m_client;
  if (message.type == kAccepted) {
    end.acceptedAt = m_schedule.now();
    m_heartbeat = std::chrono::milliseconds(numberOf(message, 5));
  }
  if (message.type == kRefused) end.refused = true;
  if (message.type == kDeclared) end.answered = std::max(end.answered, numberOf(message, 1));
  if (message.type == kPong) {
    if (numberOf(message, 1) == end.nonce) {
      end.pongDueSince.reset();
    } else if (end.pongDueSince) {
      end.pongDueSince = end.lastPingAt;
    }
  }
}

void LinkOracle::noteAtServer(const SeenMessage& message) {
  End& end = m_server;
  if (message.type == kLogin) end.loginAt = m_schedule.now();
  if (message.type == kRelease) end.releases.insert(numberOf(message, 1));
  if (message.type == kDeclare) {
    if (end.answered != end.revision && !peerOf(end).excused)
      blame(end, "section 2.4: a Declare was not answered");
    end.revision = numberOf(message, 1);
    end.declareAt = m_schedule.now();
  }
}

/// FIN, RESET_STREAM or STOP_SENDING arrived: what must follow at once.
void LinkOracle::controlEnded(End& end) {
  if (end.closedWith || end.excused) return;
  const bool leaves = end.side == Side::Server && end.drainReceived;
  const std::uint64_t code = leaves || end.refused ? kNoError : kProtocol;
  m_schedule.after(Duration::zero(), [this, &end, code] {
    if (!end.closedWith && !end.refused)
      return blame(end, "section 2.8: it goes on without a control stream");
    if (end.closedWith && *end.closedWith != code && !end.refused)
      blame(end,
            "section 2.8: the end of the control stream is closed with " + std::to_string(*end.closedWith));
  });
}

bool LinkOracle::mayClientClose(transport::AppErrorCode code) {
  const Timestamp now = m_schedule.now();
  switch (code) {
    case kNoError:
      return true;
    case kMalformed:
    case kProtocol:
    case kLimitExceeded:
    case kVersionMismatch:
      return m_server.excused;
    case kLoginTimeout:
      return m_client.loginAt && !m_client.acceptedAt && now - *m_client.loginAt >= 10s;
    case kHeartbeatLost:
      return m_client.pongDueSince && now - *m_client.pongDueSince >= 2 * m_heartbeat;
    default:
      return false;
  }
}

bool LinkOracle::mayServerClose(transport::AppErrorCode code) {
  const Timestamp now = m_schedule.now();
  switch (code) {
    case kNoError:
      return m_server.drainReceived;
    case kMalformed:
    case kProtocol:
    case kLimitExceeded:
      return m_client.excused;
    case kLoginTimeout:
      return !m_server.loggedIn && now - m_acceptedAt >= 5s;
    case kLoginRefused:
      return m_server.refused || isRevoked;
    case kVersionMismatch:
      return m_server.refused;
    case kTakenOver:
      return isDisplaced;
    case kDraining:
      return isStopped || m_server.refused || m_server.drainSent;
    case kHeartbeatLost:
      return m_server.loggedIn && now - *m_server.lastReceivedAt >= 3 * m_heartbeat;
    default:
      return false;
  }
}

void LinkOracle::onClose(Side side, transport::AppErrorCode code) {
  End& end = of(side);
  if (end.closedWith) return;
  end.closedWith = code;
  end.closedAt = m_schedule.now();
  if (!(side == Side::Client ? mayClientClose(code) : mayServerClose(code)))
    blame(end, "section 6: it closes with code " + std::to_string(code) + " without cause");
  if (side == Side::Server && m_server.peerDrainAt && !end.excused &&
      m_schedule.now() > *m_server.peerDrainAt + m_heartbeat + 1ms && !isStopped)
    blame(end, "section 2.8: it kept a client that left for longer than it may");
}

}  // namespace adit::sim
