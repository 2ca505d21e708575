// SPDX-License-Identifier: Apache-2.0
// Both ends of a session joined by a virtual link with a delay, over virtual hours.
#include <QtTest>

#include <deque>

#include "core/base/random.h"
#include "tests/core/session/recording_handlers.h"

using namespace adit;
using namespace adit::session;
using namespace adit::session::test;

namespace {

/// Bytes on their way, in portions of random size.
class Pipe {
 public:
  void put(ByteView bytes, Timestamp due) {
    for (const std::uint8_t byte : bytes) m_bytes.push_back({byte, due});
  }
  std::string take(Timestamp now, std::size_t most) {
    std::string result;
    while (!m_bytes.empty() && m_bytes.front().due <= now && result.size() < most) {
      result.push_back(static_cast<char>(m_bytes.front().value));
      m_bytes.pop_front();
    }
    return result;
  }
  [[nodiscard]] Timestamp due() const { return m_bytes.empty() ? kNever : m_bytes.front().due; }
  void cut() { m_bytes.clear(); }

 private:
  struct Byte {
    std::uint8_t value;
    Timestamp due;
  };
  std::deque<Byte> m_bytes;
};

class Link final : public ClientSession::Handler, public ServerSession::Handler {
 public:
  Link(std::uint64_t seed, Duration delay)
      : m_random(seed), m_delay(delay), client(clientParams(), *this), server({}, *this, at(0s)) {
    client.start(m_now);
  }
  void runUntil(Timestamp end) {
    for (;;) {
      const Timestamp next = std::min({toServer.due(), toClient.due(), client.deadline(), server.deadline()});
      if (next > end) break;
      m_now = std::max(m_now, next);
      deliver(toServer, server);
      deliver(toClient, client);
      if (client.deadline() <= m_now) client.expire(m_now);
      asServer([&] {
        if (server.deadline() <= m_now) server.expire(m_now);
      });
    }
    m_now = end;
  }
  [[nodiscard]] Timestamp now() const { return m_now; }

  // Both handlers have a sendControl, an onSessionFailed: the sender is told apart by who is running.
  void sendControl(ByteView bytes) override {
    (m_serverRuns ? toClient : toServer).put(bytes, m_cut ? kNever : m_now + m_delay);
  }
  void onSessionFailed(const Error& error, wire::AppError code) override {
    (m_serverRuns ? serverError : clientError) = error;
    (m_serverRuns ? serverCode : clientCode) = code;
  }
  void onLoggedIn(const wire::LoginAccepted&) override { ++logins; }
  void onDeclared(const wire::Declared& declared) override { answers.push_back(declared); }
  void onServerDraining(const wire::Drain&) override { ++serverDrains; }
  void onWithdrawn(const wire::Withdrawn&) override {}
  void onReleased(const wire::Released&) override {}
  LoginVerdict authenticate(const wire::Login&) override {
    return wire::LoginAccepted{1, "s", "d", 10, 0, {}};
  }
  wire::Released release(const wire::Release&) override { return {0, true, "", ""}; }
  void onProbeAnswered() override {}
  wire::Declared apply(const wire::Declare& declare) override {
    wire::Declared declared;
    for (const auto& tunnel : declare.tunnels)
      declared.answers.push_back({tunnel.id, true, tunnel.name, "http://x", "", ""});
    return declared;
  }
  void onClientDraining(const wire::Drain&) override { ++clientDrains; }

  void asServer(const std::function<void()>& run) {
    m_serverRuns = true;
    run();
    m_serverRuns = false;
  }
  void cut() {
    m_cut = true;
    toServer.cut();
    toClient.cut();
  }

 private:
  static ClientSession::Params clientParams() {
    ClientSession::Params params;
    params.login.token = "t";
    return params;
  }
  template <typename Session>
  void deliver(Pipe& pipe, Session& session) {
    m_serverRuns = std::is_same_v<Session, ServerSession>;
    while (pipe.due() <= m_now) {
      const std::string bytes = pipe.take(m_now, 1 + m_random.below(40));
      session.receive(asBytes(bytes), m_now);
    }
    m_serverRuns = false;
  }

  SeededRandom m_random;
  Duration m_delay;
  Timestamp m_now = at(0s);
  bool m_serverRuns = false;
  bool m_cut = false;

 public:
  Pipe toServer, toClient;
  ClientSession client;
  ServerSession server;
  std::optional<Error> clientError, serverError;
  std::optional<wire::AppError> clientCode, serverCode;
  std::vector<wire::Declared> answers;
  int logins = 0, serverDrains = 0, clientDrains = 0;
};

}  // namespace

class SessionPairTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void livesForADay_data();
  void livesForADay();
  void theNewestSetWins();
  void bothNoticeADeadLink();
  void drainsFromEitherSide();
};

void SessionPairTest::livesForADay_data() {
  QTest::addColumn<qint64>("delayMs");
  QTest::newRow("at once") << qint64{0};
  QTest::newRow("an ocean") << qint64{90};
  QTest::newRow("a satellite") << qint64{700};
  QTest::newRow("almost too slow") << qint64{4900};
}

void SessionPairTest::livesForADay() {
  QFETCH(qint64, delayMs);
  Link link(11, std::chrono::milliseconds(delayMs));
  link.runUntil(at(24h));
  QVERIFY2(!link.clientError && !link.serverError, link.clientError ? link.clientError->detail.c_str() : "");
  QCOMPARE(link.logins, 1);
  QVERIFY(link.client.state() == ClientSessionState::Ready);
  QVERIFY(link.server.state() == ServerSessionState::Ready);
}

void SessionPairTest::theNewestSetWins() {
  Link link(12, 50ms);
  for (std::uint64_t i = 0; i < 200; ++i) {
    link.client.declare({{i, wire::TunnelKind::Http, "n"}}, link.now());
    link.runUntil(link.now() + 7ms);
  }
  link.runUntil(link.now() + 1s);
  QVERIFY(!link.clientError);
  QVERIFY(!link.serverError);
  QVERIFY(!link.answers.empty());
  QCOMPARE(link.answers.back().answers.at(0).id, std::uint64_t{199});
}

void SessionPairTest::bothNoticeADeadLink() {
  Link link(13, 50ms);
  link.runUntil(at(60s));
  link.cut();
  link.runUntil(at(60s) + 25s);
  QVERIFY(link.clientCode == wire::AppError::HeartbeatLost);
  QVERIFY(link.serverCode == wire::AppError::HeartbeatLost);
}

void SessionPairTest::drainsFromEitherSide() {
  Link link(14, 50ms);
  link.runUntil(at(1s));
  link.client.drain(2s, "bye", link.now());
  link.runUntil(at(2s));
  QCOMPARE(link.clientDrains, 1);
  QVERIFY(link.server.state() == ServerSessionState::Draining);
  link.asServer([&] { link.server.drain(2s, "bye", link.now()); });
  link.runUntil(at(2500ms));
  QCOMPARE(link.serverDrains, 1);
  link.runUntil(at(10s));
  QVERIFY(link.clientError->code == ErrorCode::Closed);
}

QTEST_APPLESS_MAIN(SessionPairTest)
#include "session_pair_test.moc"
