// SPDX-License-Identifier: Apache-2.0
#include "core/session/server_session.h"

#include <QtTest>

#include "core/base/random.h"
#include "tests/core/session/recording_handlers.h"

using namespace adit;
using namespace adit::session;
using namespace adit::session::test;
using wire::AppError;

using State = ServerSessionState;

namespace {

struct Bench {
  ServerRecord record;
  ServerSession session{{}, record, at(0s)};
  explicit Bench(State state = State::Ready) {
    if (state == State::AwaitingLogin) return;
    if (state == State::Failed) {
      session.drain(1s, "", at(0s));
      return;
    }
    record.waits = state == State::Authenticating;
    give(session, oneOfEach()[0], at(0s));
    record.waits = false;
    if (state == State::Draining) give(session, wire::Drain{1000, ""}, at(0s));
  }
};

}  // namespace

class ServerSessionTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void transitionTable_data();
  void transitionTable();
  void everyMessageInEveryState_data();
  void everyMessageInEveryState();
  void acceptsALogin();
  void choosesTheNewestCommonVersion();
  void refusesAClientThatIsTooNew();
  void refusesWithTheHandlersSentence();
  void cleansWhatTheClientSaysOfItself();
  void loginTimesOut();
  void aTrickledLoginTimesOut();
  void loginMessagesAreSmall();
  void largeDeclarationsPassAfterLogin();
  void answersDeclarations();
  void revisionsMustGrow();
  void silenceEndsTheSession();
  void anythingHeardKeepsTheSession();
  void forgivesOneLateWakeUp();
  void drains();
  void aClientThatLeavesHasTheTimeItNamed();
  void controlEndsWithADrainOnly_data();
  void controlEndsWithADrainOnly();
  void refusesLoginsWhileShuttingDown();
  void floodsEndTheSession();
  void floodsOfUnknownMessagesEndTheSession();
  void malformedBytesEndTheSession();
  void callbacksMayCallBack();
  void theHandlerMayEndItInsideAuthenticate();
  void theVerdictMayComeLater();
  void aVerdictThatComesTooLateIsDropped();
  void answersMayComeLater();
  void releasesNames();
  void withdrawsNames();
  void probesTheClient();
  void randomBytesNeverHangOrCrash();
};

void ServerSessionTest::transitionTable_data() {
  QTest::addColumn<int>("from");
  QTest::addColumn<QList<int>>("to");
  QTest::newRow("awaiting login") << 0 << QList<int>{1, 4};
  QTest::newRow("authenticating") << 1 << QList<int>{2, 4};
  QTest::newRow("ready") << 2 << QList<int>{3, 4};
  QTest::newRow("draining") << 3 << QList<int>{4};
  QTest::newRow("failed") << 4 << QList<int>{};
}

void ServerSessionTest::transitionTable() {
  QFETCH(int, from);
  QFETCH(QList<int>, to);
  for (int next = 0; next < 5; ++next) {
    QCOMPARE(isAllowed(static_cast<State>(from), static_cast<State>(next)), to.contains(next));
  }
}

void ServerSessionTest::everyMessageInEveryState_data() {
  QTest::addColumn<int>("state");
  QTest::addColumn<QList<int>>("next");
  const int waiting = 0, checking = 1, ready = 2, draining = 3, failed = 4;
  // Login, LoginAccepted, LoginRefused, Declare, Declared, Ping, Pong, Drain, Withdrawn, Release, Released
  QTest::newRow("awaiting login") << waiting << QList<int>{ready,  failed, failed, failed, failed, failed,
                                                           failed, failed, failed, failed, failed};
  QTest::newRow("authenticating") << checking << QList<int>(11, failed);
  QTest::newRow("ready") << ready << QList<int>{failed, failed,   failed, ready, failed, ready,
                                                ready,  draining, failed, ready, failed};
  QTest::newRow("draining") << draining << QList<int>{failed,   failed,   failed, draining, failed, draining,
                                                      draining, draining, failed, draining, failed};
  QTest::newRow("failed") << failed << QList<int>(11, failed);
}

void ServerSessionTest::everyMessageInEveryState() {
  QFETCH(int, state);
  QFETCH(QList<int>, next);
  const auto messages = oneOfEach();
  for (std::size_t i = 0; i < messages.size(); ++i) {
    Bench bench{static_cast<State>(state)};
    const int failuresBefore = bench.record.failures;
    give(bench.session, messages[i], at(1s));
    QCOMPARE(static_cast<int>(bench.session.state()), next[static_cast<qsizetype>(i)]);
    const bool fails = state != 4 && next[static_cast<qsizetype>(i)] == 4;
    QCOMPARE(bench.record.failures, failuresBefore + (fails ? 1 : 0));
    if (fails) {
      QVERIFY(bench.record.code == AppError::Protocol);
      QVERIFY(bench.record.error->code == ErrorCode::ProtocolViolation);
    }
    // Before login nothing reaches the handler and nothing is answered.
    if (state == 0 && i != 0) QVERIFY(bench.record.sent.empty() && bench.record.declares.empty());
  }
}

void ServerSessionTest::acceptsALogin() {
  Bench bench{State::AwaitingLogin};
  give(bench.session, oneOfEach()[0], at(0s));
  QCOMPARE(bench.record.logins.at(0).token, std::string("token"));
  const auto accepted = bench.record.sentOf<wire::LoginAccepted>();
  QCOMPARE(accepted.size(), std::size_t{1});
  // Version, heartbeat and common capabilities are the session's; the rest is the handler's.
  QVERIFY(accepted[0] == (wire::LoginAccepted{1, "s-1", "t.example.com", 100, 5000, {"push"}}));
}

void ServerSessionTest::choosesTheNewestCommonVersion() {
  Bench bench{State::AwaitingLogin};
  give(bench.session, wire::Login{1, 7, "t", "", "", {}}, at(0s));
  QCOMPARE(bench.record.sentOf<wire::LoginAccepted>().at(0).version, wire::kProtocolVersion);
}

void ServerSessionTest::refusesAClientThatIsTooNew() {
  Bench bench{State::AwaitingLogin};
  give(bench.session, wire::Login{2, 7, "t", "", "", {}}, at(0s));
  QVERIFY(bench.record.logins.empty());
  QCOMPARE(bench.record.sentOf<wire::LoginRefused>().at(0).code, std::string("version-mismatch"));
  QVERIFY(bench.record.code == AppError::VersionMismatch);
}

void ServerSessionTest::refusesWithTheHandlersSentence() {
  Bench bench{State::AwaitingLogin};
  bench.record.refusal = Error{ErrorCode::TokenRevoked, "this token was revoked", 0};
  give(bench.session, oneOfEach()[0], at(0s));
  QVERIFY(bench.record.sentOf<wire::LoginRefused>() ==
          (std::vector{wire::LoginRefused{"token-revoked", "this token was revoked"}}));
  QVERIFY(bench.session.state() == State::Failed);
  QVERIFY(bench.record.error->code == ErrorCode::TokenRevoked);
  QVERIFY(bench.record.code == AppError::LoginRefused);
}

void ServerSessionTest::cleansWhatTheClientSaysOfItself() {
  Bench bench{State::AwaitingLogin};
  give(bench.session, wire::Login{1, 1, "t", "lap\x1b[31mtop\n", "adit\r\nevil", {}}, at(0s));
  QCOMPARE(bench.record.logins.at(0).clientName, std::string("lap[31mtop"));
  QCOMPARE(bench.record.logins.at(0).agent, std::string("adit evil"));
  give(bench.session,
       wire::Drain{1,
                   "\x07"
                   "bye"},
       at(0s));
  QCOMPARE(bench.record.drains.at(0).reason, std::string("bye"));
}

void ServerSessionTest::loginTimesOut() {
  Bench bench{State::AwaitingLogin};
  QVERIFY(bench.session.deadline() == at(5s));
  bench.session.expire(at(5s) - 1ns);
  QVERIFY(bench.session.state() == State::AwaitingLogin);
  bench.session.expire(at(5s));
  QVERIFY(bench.session.state() == State::Failed);
  QVERIFY(bench.record.code == AppError::LoginTimeout);
  QVERIFY(bench.session.deadline() == kNever);
}

void ServerSessionTest::aTrickledLoginTimesOut() {
  Bench bench{State::AwaitingLogin};
  const std::string login = wire::encode(oneOfEach()[0]);
  for (std::size_t i = 0; i + 1 < login.size() && i < 4; ++i) {
    bench.session.receive(asBytes(login).subspan(i, 1), at(std::chrono::seconds(i)));
  }
  QVERIFY(bench.session.deadline() == at(5s));
  bench.session.expire(at(5s));
  QVERIFY(bench.record.code == AppError::LoginTimeout);
}

void ServerSessionTest::loginMessagesAreSmall() {
  Bench bench{State::AwaitingLogin};
  const std::string header("\x01\x50\x01", 3);  // Login of 4097 bytes
  bench.session.receive(asBytes(header), at(0s));
  QVERIFY(bench.session.state() == State::Failed);
  QVERIFY(bench.record.code == AppError::LimitExceeded);
  QVERIFY(bench.record.error->code == ErrorCode::LimitExceeded);
}

void ServerSessionTest::largeDeclarationsPassAfterLogin() {
  Bench bench{State::AwaitingLogin};
  wire::Declare declare{1, {}};
  for (std::uint64_t i = 0; i < wire::kMaxTunnels; ++i)
    declare.tunnels.push_back({i, wire::TunnelKind::Http, std::string(63, 'x')});
  const std::string login = wire::encode(oneOfEach()[0]);
  const std::string bytes = wire::encode(declare);
  bench.session.receive(asBytes(login), at(0s));
  bench.session.receive(asBytes(bytes), at(0s));
  QCOMPARE(bench.record.declares.size(), std::size_t{1});
  QVERIFY(bench.record.declares[0] == declare);
  // More than one message may have, in one piece and with more behind it.
  Bench other;
  const std::string two =
      bytes + wire::encode(wire::Ping{1}) + wire::encode(wire::Drain{1, std::string(500, 'x')});
  other.session.receive(asBytes(two), at(0s));
  QCOMPARE(other.record.drains.size(), std::size_t{1});
}

void ServerSessionTest::answersDeclarations() {
  Bench bench;
  give(bench.session, wire::Declare{3, {{9, wire::TunnelKind::Http, "shop"}}}, at(0s));
  const auto declared = bench.record.sentOf<wire::Declared>();
  QVERIFY(declared ==
          (std::vector{wire::Declared{3, {{9, true, "shop", "http://shop.t.example.com", "", ""}}}}));
}

void ServerSessionTest::revisionsMustGrow() {
  for (const std::uint64_t next : {std::uint64_t{4}, std::uint64_t{5}}) {
    Bench bench;
    give(bench.session, wire::Declare{5, {}}, at(0s));
    give(bench.session, wire::Declare{next, {}}, at(0s));
    QVERIFY(bench.session.state() == State::Failed);
    QVERIFY(bench.record.code == AppError::Protocol);
    QCOMPARE(bench.record.declares.size(), std::size_t{1});
  }
}

void ServerSessionTest::silenceEndsTheSession() {
  Bench bench;
  QVERIFY(bench.session.deadline() == at(15s));
  bench.session.expire(at(15s) - 1ns);
  QVERIFY(bench.session.state() == State::Ready);
  bench.session.expire(at(15s));
  QVERIFY(bench.session.state() == State::Failed);
  QVERIFY(bench.record.error->code == ErrorCode::TimedOut);
  QVERIFY(bench.record.code == AppError::HeartbeatLost);
}

void ServerSessionTest::anythingHeardKeepsTheSession() {
  Bench bench;
  give(bench.session, wire::Ping{77}, at(10s));
  QVERIFY(bench.record.sentOf<wire::Pong>() == std::vector{wire::Pong{77}});
  QVERIFY(bench.session.deadline() == at(25s));
  bench.session.expire(at(15s));
  QVERIFY(bench.session.state() == State::Ready);
}

void ServerSessionTest::forgivesOneLateWakeUp() {
  Bench bench;
  bench.session.expire(at(1h));
  QVERIFY(bench.session.state() == State::Ready);
  QVERIFY(bench.session.deadline() == at(1h) + 5s);
  bench.session.expire(at(2h));
  QVERIFY(bench.session.state() == State::Failed);
}

void ServerSessionTest::drains() {
  Bench bench;
  bench.session.drain(2s, "restart", at(0s));
  bench.session.drain(3s, "restart", at(0s));
  QVERIFY(bench.session.state() == State::Draining);
  QVERIFY(bench.record.sentOf<wire::Drain>() == (std::vector{wire::Drain{2000, "restart"}}));
  QVERIFY(bench.session.deadline() == at(2s));
  give(bench.session, wire::Drain{1, ""}, at(1s));  // the client leaves, too
  QCOMPARE(bench.record.drains.size(), std::size_t{1});
  bench.session.expire(at(2s));
  QVERIFY(bench.session.state() == State::Failed);
  QVERIFY(bench.record.error->code == ErrorCode::Closed);
  QVERIFY(bench.record.code == AppError::Draining);
}

void ServerSessionTest::aClientThatLeavesHasTheTimeItNamed() {
  Bench bench;
  give(bench.session, wire::Drain{1000, "bye"}, at(1s));
  give(bench.session, wire::Drain{60'000, "later"}, at(1s));  // changes nothing
  QCOMPARE(bench.record.drains.size(), std::size_t{1});
  QVERIFY(bench.session.deadline() == at(7s));  // and a heartbeat of 5 s
  give(bench.session, wire::Ping{1}, at(6s));
  bench.session.expire(at(7s) - 1ms);
  QVERIFY(bench.session.state() == State::Draining);
  bench.session.expire(at(7s));
  QVERIFY(bench.session.state() == State::Failed);
  QVERIFY(bench.record.code == AppError::NoError);
}

void ServerSessionTest::controlEndsWithADrainOnly_data() {
  QTest::addColumn<int>("state");
  QTest::addColumn<int>("code");
  const auto row = [](State state, AppError code) {
    QTest::newRow(std::string(toString(state)).c_str()) << static_cast<int>(state) << static_cast<int>(code);
  };
  row(State::AwaitingLogin, AppError::Protocol);
  row(State::Ready, AppError::Protocol);
  row(State::Draining, AppError::NoError);
}

void ServerSessionTest::controlEndsWithADrainOnly() {
  QFETCH(int, state);
  QFETCH(int, code);
  Bench bench{static_cast<State>(state)};
  bench.session.controlEnded();
  bench.session.controlEnded();
  QCOMPARE(bench.record.failures, 1);
  QCOMPARE(static_cast<int>(*bench.record.code), code);
  // The server's own Drain does not let a client go without a word.
  Bench server;
  server.session.drain(2s, "restart", at(0s));
  server.session.controlEnded();
  QVERIFY(server.record.code == AppError::Protocol);
}

void ServerSessionTest::refusesLoginsWhileShuttingDown() {
  Bench bench{State::AwaitingLogin};
  bench.session.drain(2s, "restart", at(0s));
  QCOMPARE(bench.record.sentOf<wire::LoginRefused>().at(0).code, std::string("overloaded"));
  QVERIFY(bench.record.code == AppError::Draining);
  give(bench.session, oneOfEach()[0], at(0s));
  QVERIFY(bench.record.logins.empty());
}

void ServerSessionTest::floodsEndTheSession() {
  Bench bench;
  std::string flood;
  for (int i = 0; i < 10'000; ++i) flood += wire::encode(wire::Ping{1});
  bench.session.receive(asBytes(flood), at(0s));
  QVERIFY(bench.session.state() == State::Failed);
  QVERIFY(bench.record.code == AppError::LimitExceeded);
  QVERIFY(bench.record.sentOf<wire::Pong>().size() <= 500);  // cut at the budget, not after the batch
  // A busy but patient client is none.
  Bench busy;
  for (int second = 0; second < 60; ++second) {
    for (int i = 0; i < 40; ++i) give(busy.session, wire::Ping{1}, at(std::chrono::seconds(second)));
  }
  QVERIFY(busy.session.state() == State::Ready);
}

void ServerSessionTest::floodsOfUnknownMessagesEndTheSession() {
  for (const State state : {State::AwaitingLogin, State::Ready}) {
    Bench bench{state};
    std::string flood;
    for (int i = 0; i < 1000; ++i) flood += std::string("\x3f\x00", 2);
    bench.session.receive(asBytes(flood), at(0s));
    QVERIFY(bench.record.code == AppError::LimitExceeded);
  }
}

void ServerSessionTest::malformedBytesEndTheSession() {
  Bench bench{State::AwaitingLogin};
  const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  bench.session.receive(asBytes(bytes), at(0s));
  bench.session.expire(at(5s));
  QVERIFY(bench.session.state() == State::Failed);
  QVERIFY(bench.record.logins.empty());
  QVERIFY(bench.record.sent.empty());
  QCOMPARE(bench.record.failures, 1);
}

void ServerSessionTest::callbacksMayCallBack() {
  for (int depth = 1; depth <= 4; ++depth) {
    ServerRecord record;
    ServerSession session({}, record, at(0s));
    int left = depth;
    record.onEvent = [&] {
      if (left-- <= 0) return;
      session.expire(at(0s));
      if (session.state() == State::Ready) session.drain(1s, "", at(0s));
    };
    for (const std::size_t i : {0U, 3U, 5U, 7U, 0U}) give(session, oneOfEach()[i], at(0s));
    QVERIFY(session.state() == State::Failed);
    QCOMPARE(record.failures, 1);
  }
}

void ServerSessionTest::theHandlerMayEndItInsideAuthenticate() {
  ServerRecord record;
  ServerSession session({}, record, at(0s));
  record.onEvent = [&] { session.drain(1s, "", at(0s)); };
  give(session, oneOfEach()[0], at(0s));
  QVERIFY(session.state() == State::Failed);
  QCOMPARE(record.failures, 1);
  QVERIFY(record.sentOf<wire::LoginAccepted>().empty());
}

void ServerSessionTest::randomBytesNeverHangOrCrash() {
  SeededRandom random(4);
  for (int round = 0; round < 3000; ++round) {
    Bench bench{static_cast<State>(random.below(5))};
    for (int part = 0; part < 8; ++part) {
      std::string bytes = wire::encode(oneOfEach()[random.below(11)]);
      for (std::uint64_t flips = random.below(3); flips > 0; --flips) {
        bytes[random.below(bytes.size())] = static_cast<char>(random.next());
      }
      bench.session.receive(asBytes(bytes), at(Duration(random.below(10'000'000'000))));
      bench.session.expire(at(Duration(random.below(10'000'000'000))));
    }
    QCOMPARE(bench.record.failures == 1, bench.session.state() == State::Failed);
  }
}

void ServerSessionTest::theVerdictMayComeLater() {
  Bench bench{State::Authenticating};
  QVERIFY(bench.record.sent.empty());
  bench.session.finishLogin(bench.record.answer, at(4s));
  QVERIFY(bench.session.state() == State::Ready);
  QVERIFY(bench.record.sentOf<wire::LoginAccepted>().at(0) ==
          (wire::LoginAccepted{1, "s-1", "t.example.com", 100, 5000, {"push"}}));
  QVERIFY(bench.session.deadline() == at(4s) + 15s);

  Bench refused{State::Authenticating};
  refused.session.finishLogin(fail(ErrorCode::TokenUnknown, "no such token"), at(1s));
  QCOMPARE(refused.record.sentOf<wire::LoginRefused>().at(0).code, std::string("token-unknown"));
  QVERIFY(refused.record.code == AppError::LoginRefused);
}

void ServerSessionTest::aVerdictThatComesTooLateIsDropped() {
  Bench bench{State::Authenticating};
  QVERIFY(bench.session.deadline() == at(5s));
  bench.session.expire(at(5s));
  QVERIFY(bench.record.code == AppError::LoginTimeout);
  bench.session.finishLogin(bench.record.answer, at(6s));
  QVERIFY(bench.session.state() == State::Failed);
  QVERIFY(bench.record.sent.empty());
  QCOMPARE(bench.record.failures, 1);
}

void ServerSessionTest::answersMayComeLater() {
  Bench bench;
  bench.record.waits = true;
  give(bench.session, wire::Declare{1, {{1, wire::TunnelKind::Http, "shop"}}}, at(0s));
  QVERIFY(bench.record.sentOf<wire::Declared>().at(0) == (wire::Declared{1, {}}));
  const wire::Declared later{1, {{1, true, "shop", "http://shop.t.example.com", "", ""}}};
  bench.session.answer(later);
  QVERIFY(bench.record.sentOf<wire::Declared>().at(1) == later);
  // After a newer declaration they are of no use to anybody.
  give(bench.session, wire::Declare{2, {}}, at(1s));
  bench.session.answer(later);
  QCOMPARE(bench.record.sentOf<wire::Declared>().size(), std::size_t{3});
  QCOMPARE(bench.record.sentOf<wire::Declared>().at(2).revision, std::uint64_t{2});
}

void ServerSessionTest::releasesNames() {
  Bench bench;
  give(bench.session, wire::Release{41, "shop"}, at(0s));
  QCOMPARE(bench.record.releases.at(0).name, std::string("shop"));
  QVERIFY(bench.record.sentOf<wire::Released>().at(0) == (wire::Released{41, true, "", ""}));
}

void ServerSessionTest::withdrawsNames() {
  const wire::Withdrawn message{{7}, "taken-over", "the name moved to 'desk'"};
  Bench bench;
  bench.session.withdraw(message);
  QVERIFY(bench.record.sentOf<wire::Withdrawn>().at(0) == message);
  Bench stranger{State::AwaitingLogin};
  stranger.session.withdraw(message);
  QVERIFY(stranger.record.sent.empty());
}

void ServerSessionTest::probesTheClient() {
  Bench bench;
  give(bench.session, wire::Pong{0}, at(0s));  // nobody asked
  QCOMPARE(bench.record.probesAnswered, 0);
  bench.session.probe();
  bench.session.probe();
  const auto pings = bench.record.sentOf<wire::Ping>();
  QCOMPARE(pings.size(), std::size_t{2});
  give(bench.session, wire::Pong{pings[0].nonce}, at(1s));  // sent before the second was asked
  QCOMPARE(bench.record.probesAnswered, 0);
  give(bench.session, wire::Pong{pings[1].nonce}, at(1s));
  QCOMPARE(bench.record.probesAnswered, 1);
}

QTEST_APPLESS_MAIN(ServerSessionTest)
#include "server_session_test.moc"
