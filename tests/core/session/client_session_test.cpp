// SPDX-License-Identifier: Apache-2.0
#include "core/session/client_session.h"

#include <QtTest>

#include "core/base/random.h"
#include "tests/core/session/recording_handlers.h"

using namespace adit;
using namespace adit::session;
using namespace adit::session::test;
using wire::AppError;

using State = ClientSessionState;

namespace {

ClientSession::Params params() {
  ClientSession::Params result;
  result.login = wire::Login{1, 1, "token", "laptop", "adit/0.1.0", {"push"}};
  return result;
}

/// A session brought to `state` by the shortest way.
struct Bench {
  ClientRecord record;
  ClientSession session{params(), record};
  explicit Bench(State state = State::Ready) {
    if (state == State::Idle) return;
    session.start(at(0s));
    if (state == State::LoggingIn) return;
    if (state == State::Failed) {
      session.drain(1s, "", at(0s));
      return;
    }
    give(session, wire::LoginAccepted{1, "s-1", "t.example.com", 100, 5000, {}}, at(0s));
    if (state == State::Draining) give(session, wire::Drain{1000, ""}, at(0s));
  }
};

}  // namespace

class ClientSessionTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void transitionTable_data();
  void transitionTable();
  void everyMessageInEveryState_data();
  void everyMessageInEveryState();
  void logsInAndDeclares();
  void declaresWhatWasSetBeforeLogin();
  void waitsForAnAnswerBeforeItDeclaresAgain();
  void dropsAnswersToOlderRevisions();
  void refusesAnswersToFutureRevisions();
  void dropsAnswersToUnknownIds();
  void answersWhatDoesNotFitItself();
  void reportsARefusedLogin();
  void cleansTheServersSentences();
  void refusesAVersionThatWasNotOffered();
  void keepsOfferedCapabilitiesOnly();
  void loginTimesOut();
  void pingsEveryHeartbeat();
  void failsWithoutPong();
  void anOlderPongGivesTimeForTheNewest();
  void forgivesOneLateWakeUp();
  void drainsOnce();
  void theControlStreamLastsAsLongAsTheSession();
  void aDrainEndsAtItsDeadline();
  void aHugeDrainDeadlineIsBounded();
  void leavesBeforeLogin();
  void malformedBytesEndTheSession();
  void tooLongAMessageEndsTheSession();
  void takesAnswersThatFollow();
  void tellsOfWithdrawnNames();
  void asksForNamesToBeReleased();
  void callbacksMayCallBack();
  void randomBytesNeverHangOrCrash();
};

void ClientSessionTest::transitionTable_data() {
  QTest::addColumn<int>("from");
  QTest::addColumn<QList<int>>("to");
  QTest::newRow("idle") << 0 << QList<int>{1, 4};
  QTest::newRow("logging in") << 1 << QList<int>{2, 4};
  QTest::newRow("ready") << 2 << QList<int>{3, 4};
  QTest::newRow("draining") << 3 << QList<int>{4};
  QTest::newRow("failed") << 4 << QList<int>{};
}

void ClientSessionTest::transitionTable() {
  QFETCH(int, from);
  QFETCH(QList<int>, to);
  for (int next = 0; next < 5; ++next) {
    QCOMPARE(isAllowed(static_cast<State>(from), static_cast<State>(next)), to.contains(next));
  }
}

void ClientSessionTest::everyMessageInEveryState_data() {
  QTest::addColumn<int>("state");
  QTest::addColumn<QList<int>>("next");  // the state after each message, in the order of the types
  const int idle = 0, loggingIn = 1, ready = 2, draining = 3, failed = 4;
  Q_UNUSED(loggingIn)
  // Login, LoginAccepted, LoginRefused, Declare, Declared, Ping, Pong, Drain, Withdrawn, Release, Released
  QTest::newRow("idle") << idle << QList<int>(11, failed);
  QTest::newRow("logging in") << loggingIn << QList<int>{failed, ready,  failed, failed, failed, failed,
                                                         failed, failed, failed, failed, failed};
  QTest::newRow("ready") << ready << QList<int>{failed, failed,   failed, failed, ready, ready,
                                                ready,  draining, ready,  failed, ready};
  QTest::newRow("draining") << draining
                            << QList<int>{failed,   failed,   failed,   failed, draining, draining,
                                          draining, draining, draining, failed, draining};
  QTest::newRow("failed") << failed << QList<int>(11, failed);
}

void ClientSessionTest::everyMessageInEveryState() {
  QFETCH(int, state);
  QFETCH(QList<int>, next);
  const auto messages = oneOfEach();
  for (std::size_t i = 0; i < messages.size(); ++i) {
    Bench bench{State::Idle};
    bench.session.declare({{1, wire::TunnelKind::Http, "shop"}}, at(0s));  // so that revision 1 is known
    if (state != 0) bench.session.start(at(0s));
    if (state == 4) bench.session.drain(1s, "", at(0s));
    if (state == 2 || state == 3) give(bench.session, wire::LoginAccepted{1, "s", "d", 1, 5000, {}}, at(0s));
    if (state == 3) give(bench.session, wire::Drain{1000, ""}, at(0s));
    QCOMPARE(static_cast<int>(bench.session.state()), state);
    const int failuresBefore = bench.record.failures;
    give(bench.session, messages[i], at(1s));
    QCOMPARE(static_cast<int>(bench.session.state()), next[static_cast<qsizetype>(i)]);
    const bool fails = state != 4 && next[static_cast<qsizetype>(i)] == 4;
    QCOMPARE(bench.record.failures, failuresBefore + (fails ? 1 : 0));
    const bool refused = state == 1 && i == 2;
    if (fails && !refused) {
      QVERIFY(bench.record.code == AppError::Protocol);
      QVERIFY(bench.record.error->code == ErrorCode::ProtocolViolation);
    }
  }
}

void ClientSessionTest::logsInAndDeclares() {
  Bench bench{State::LoggingIn};
  QVERIFY(bench.record.sentOf<wire::Login>() == std::vector{params().login});
  give(bench.session, wire::LoginAccepted{1, "s-1", "t.example.com", 100, 5000, {"push"}}, at(1s));
  QVERIFY(bench.session.state() == State::Ready);
  QCOMPARE(bench.record.accepted.at(0).domain, std::string("t.example.com"));
  QCOMPARE(bench.record.sent.size(), std::size_t{1});  // nothing to declare yet
  bench.session.declare({{1, wire::TunnelKind::Http, "shop"}}, at(2s));
  const auto declares = bench.record.sentOf<wire::Declare>();
  QVERIFY(declares == (std::vector{wire::Declare{1, {{1, wire::TunnelKind::Http, "shop"}}}}));
  give(bench.session, wire::Declared{1, {{1, true, "shop", "http://shop.t.example.com", "", ""}}}, at(3s));
  QCOMPARE(bench.record.declared.at(0).answers.at(0).url, std::string("http://shop.t.example.com"));
}

void ClientSessionTest::declaresWhatWasSetBeforeLogin() {
  Bench bench{State::Idle};
  bench.session.declare({{1, wire::TunnelKind::Http, "old"}}, at(0s));
  bench.session.start(at(0s));
  bench.session.declare({{2, wire::TunnelKind::Http, "new"}}, at(0s));
  QVERIFY(bench.record.sentOf<wire::Declare>().empty());
  give(bench.session, wire::LoginAccepted{1, "s", "d", 1, 5000, {}}, at(0s));
  QVERIFY(bench.record.sentOf<wire::Declare>() ==
          (std::vector{wire::Declare{1, {{2, wire::TunnelKind::Http, "new"}}}}));
}

void ClientSessionTest::waitsForAnAnswerBeforeItDeclaresAgain() {
  Bench bench;
  for (std::uint64_t i = 1; i <= 100; ++i) bench.session.declare({{i, wire::TunnelKind::Http, ""}}, at(0s));
  QCOMPARE(bench.record.sentOf<wire::Declare>().size(), std::size_t{1});
  give(bench.session, wire::Declared{1, {}}, at(1s));
  const auto declares = bench.record.sentOf<wire::Declare>();
  QCOMPARE(declares.size(), std::size_t{2});
  QVERIFY(declares[1] == (wire::Declare{2, {{100, wire::TunnelKind::Http, ""}}}));
  QVERIFY(bench.record.declared.empty());  // the first answer was about a set that is not wanted any more
  give(bench.session, wire::Declared{2, {}}, at(2s));
  QCOMPARE(bench.record.declared.size(), std::size_t{1});
  QCOMPARE(bench.record.sentOf<wire::Declare>().size(), std::size_t{2});
}

void ClientSessionTest::dropsAnswersToOlderRevisions() {
  Bench bench;
  bench.session.declare({}, at(0s));
  give(bench.session, wire::Declared{1, {}}, at(0s));
  bench.session.declare({}, at(0s));
  give(bench.session, wire::Declared{1, {}}, at(0s));
  QCOMPARE(bench.record.declared.size(), std::size_t{1});
  give(bench.session, wire::Declared{2, {}}, at(0s));
  QCOMPARE(bench.record.declared.size(), std::size_t{2});
  QCOMPARE(bench.record.declared[1].revision, std::uint64_t{2});
}

void ClientSessionTest::refusesAnswersToFutureRevisions() {
  Bench bench;
  give(bench.session, wire::Declared{1, {}}, at(0s));
  QVERIFY(bench.session.state() == State::Failed);
  QVERIFY(bench.record.code == AppError::Protocol);
}

void ClientSessionTest::dropsAnswersToUnknownIds() {
  Bench bench;
  bench.session.declare({{1, wire::TunnelKind::Http, "a"}}, at(0s));
  give(bench.session,
       wire::Declared{1, {{1, false, "", "", "name-taken", ""}, {2, true, "b", "http://b", "", ""}}}, at(0s));
  QCOMPARE(bench.record.declared.at(0).answers.size(), std::size_t{1});
  QCOMPARE(bench.record.declared[0].answers[0].code, std::string("name-taken"));
}

void ClientSessionTest::answersWhatDoesNotFitItself() {
  Bench bench;
  std::vector<wire::TunnelDeclaration> many;
  for (std::uint64_t i = 0; i < wire::kMaxTunnels + 2; ++i) many.push_back({i, wire::TunnelKind::Http, ""});
  bench.session.declare(many, at(0s));
  QCOMPARE(bench.record.sentOf<wire::Declare>().at(0).tunnels.size(), wire::kMaxTunnels);
  give(bench.session, wire::Declared{1, {}}, at(0s));
  const auto& answers = bench.record.declared.at(0).answers;
  QCOMPARE(answers.size(), std::size_t{2});
  QCOMPARE(answers[1].id, std::uint64_t{wire::kMaxTunnels + 1});
  QVERIFY(!answers[1].accepted);
  QCOMPARE(answers[1].code, std::string("limit-exceeded"));
}

void ClientSessionTest::reportsARefusedLogin() {
  Bench bench{State::LoggingIn};
  give(bench.session, wire::LoginRefused{"token-revoked", "this token was revoked on Monday"}, at(0s));
  QVERIFY(bench.session.state() == State::Failed);
  QVERIFY(bench.record.error->code == ErrorCode::TokenRevoked);
  QVERIFY(bench.record.error->detail.find("revoked on Monday") != std::string::npos);
  QVERIFY(bench.record.code == AppError::NoError);

  Bench newer{State::LoggingIn};
  give(newer.session, wire::LoginRefused{"a-code-of-tomorrow", ""}, at(0s));
  QVERIFY(newer.record.error->code == ErrorCode::Internal);
  QVERIFY(newer.record.error->detail.find("a-code-of-tomorrow") != std::string::npos);
}

void ClientSessionTest::cleansTheServersSentences() {
  Bench bench{State::LoggingIn};
  give(bench.session, wire::LoginRefused{"overloaded", "busy\x1b[2J\n\nlater\xc2\x9b"}, at(0s));
  QVERIFY(bench.record.error->detail.find("busy[2J later") != std::string::npos);

  Bench other;
  other.session.declare({{1, wire::TunnelKind::Http, "a"}}, at(0s));
  give(other.session, wire::Declared{1, {{1, false, "", "", "x", "a\tb\x07"}}}, at(0s));
  QCOMPARE(other.record.declared.at(0).answers.at(0).message, std::string("a b"));
  give(other.session, wire::Drain{1, "bye\r\n"}, at(0s));
  QCOMPARE(other.record.drains.at(0).reason, std::string("bye"));
}

void ClientSessionTest::refusesAVersionThatWasNotOffered() {
  Bench bench{State::LoggingIn};
  give(bench.session, wire::LoginAccepted{2, "s", "d", 1, 5000, {}}, at(0s));
  QVERIFY(bench.session.state() == State::Failed);
  QVERIFY(bench.record.error->code == ErrorCode::VersionMismatch);
  QVERIFY(bench.record.code == AppError::VersionMismatch);
  QVERIFY(bench.record.accepted.empty());
}

void ClientSessionTest::keepsOfferedCapabilitiesOnly() {
  Bench bench{State::LoggingIn};
  give(bench.session, wire::LoginAccepted{1, "s", "d", 1, 5000, {"other", "push"}}, at(0s));
  QVERIFY(bench.record.accepted.at(0).capabilities == std::vector<std::string>{"push"});
}

void ClientSessionTest::loginTimesOut() {
  Bench bench{State::LoggingIn};
  QVERIFY(bench.session.deadline() == at(10s));
  bench.session.expire(at(10s) - 1ns);
  QVERIFY(bench.session.state() == State::LoggingIn);
  bench.session.expire(at(10s));
  QVERIFY(bench.session.state() == State::Failed);
  QVERIFY(bench.record.error->code == ErrorCode::TimedOut);
  QVERIFY(bench.record.code == AppError::LoginTimeout);
  QVERIFY(bench.session.deadline() == kNever);
}

void ClientSessionTest::pingsEveryHeartbeat() {
  Bench bench;
  for (int beat = 1; beat <= 5; ++beat) {
    QVERIFY(bench.session.deadline() == at(beat * 5s));
    bench.session.expire(at(beat * 5s));
    const auto pings = bench.record.sentOf<wire::Ping>();
    QCOMPARE(pings.size(), static_cast<std::size_t>(beat));
    give(bench.session, wire::Pong{pings.back().nonce}, at(beat * 5s + 1s));
  }
  QVERIFY(bench.session.state() == State::Ready);
}

void ClientSessionTest::failsWithoutPong() {
  Bench bench;
  bench.session.expire(at(5s));
  bench.session.expire(at(10s));
  QVERIFY(bench.session.deadline() == at(15s));
  bench.session.expire(at(15s));
  QVERIFY(bench.session.state() == State::Failed);
  QVERIFY(bench.record.error->code == ErrorCode::TimedOut);
  QVERIFY(bench.record.code == AppError::HeartbeatLost);
  QCOMPARE(bench.record.sentOf<wire::Ping>().size(), std::size_t{2});
}

void ClientSessionTest::anOlderPongGivesTimeForTheNewest() {
  Bench bench;
  bench.session.expire(at(5s));
  bench.session.expire(at(10s));
  const auto pings = bench.record.sentOf<wire::Ping>();
  give(bench.session, wire::Pong{pings[0].nonce}, at(14s));
  bench.session.expire(at(15s));  // without the Pong this would be the end
  QVERIFY(bench.session.state() == State::Ready);
  bench.session.expire(at(20s));  // the second Ping's answer is due now
  QVERIFY(bench.session.state() == State::Failed);
}

void ClientSessionTest::forgivesOneLateWakeUp() {
  Bench bench;
  bench.session.expire(at(5s));
  // The process was stopped for an hour: the Pong may lie in the socket, unread.
  bench.session.expire(at(1h));
  QVERIFY(bench.session.state() == State::Ready);
  give(bench.session, wire::Pong{bench.record.sentOf<wire::Ping>().back().nonce}, at(1h));
  QVERIFY(bench.session.deadline() == at(1h) + 5s);

  Bench dead;
  dead.session.expire(at(5s));
  dead.session.expire(at(1h));
  dead.session.expire(at(2h));  // once, not for ever
  QVERIFY(dead.session.state() == State::Failed);
  QVERIFY(dead.record.code == AppError::HeartbeatLost);
}

void ClientSessionTest::theControlStreamLastsAsLongAsTheSession() {
  Bench bench;
  bench.session.controlEnded();
  bench.session.controlEnded();
  QVERIFY(bench.session.state() == State::Failed);
  QCOMPARE(bench.record.failures, 1);
  QVERIFY(bench.record.error->code == ErrorCode::ProtocolViolation);
  QVERIFY(bench.record.code == AppError::Protocol);
}

void ClientSessionTest::drainsOnce() {
  Bench bench;
  bench.session.drain(30s, "closing", at(0s));
  bench.session.drain(20s, "closing", at(1s));
  QVERIFY(bench.session.state() == State::Draining);
  QVERIFY(bench.record.sentOf<wire::Drain>() == (std::vector{wire::Drain{30000, "closing"}}));
  // Heartbeats go on while requests finish; a new set of tunnels is not declared any more.
  bench.session.declare({}, at(2s));
  QVERIFY(bench.record.sentOf<wire::Declare>().empty());
  bench.session.expire(at(5s));
  QCOMPARE(bench.record.sentOf<wire::Ping>().size(), std::size_t{1});

  Bench both{State::Draining};
  both.session.drain(1s, "", at(0s));
  QCOMPARE(both.record.sentOf<wire::Drain>().size(), std::size_t{1});
}

void ClientSessionTest::aDrainEndsAtItsDeadline() {
  Bench bench;
  bench.session.drain(3s, "", at(0s));
  QVERIFY(bench.session.deadline() == at(3s));
  bench.session.expire(at(3s));
  QVERIFY(bench.session.state() == State::Failed);
  QVERIFY(bench.record.error->code == ErrorCode::Closed);
  QVERIFY(bench.record.code == AppError::NoError);
}

void ClientSessionTest::aHugeDrainDeadlineIsBounded() {
  Bench bench;
  bench.session.drain(Duration::max(), "", at(0s));
  QCOMPARE(bench.record.sentOf<wire::Drain>().at(0).deadlineMs, 0xffffffffU);
  QVERIFY(bench.session.deadline() == at(5s));
  Bench negative;
  negative.session.drain(-1s, "", at(0s));
  QCOMPARE(negative.record.sentOf<wire::Drain>().at(0).deadlineMs, 0U);
}

void ClientSessionTest::leavesBeforeLogin() {
  for (const State state : {State::Idle, State::LoggingIn}) {
    Bench bench{state};
    bench.session.drain(1s, "", at(0s));
    QVERIFY(bench.session.state() == State::Failed);
    QVERIFY(bench.record.error->code == ErrorCode::Cancelled);
    QVERIFY(bench.record.sentOf<wire::Drain>().empty());
  }
}

void ClientSessionTest::malformedBytesEndTheSession() {
  Bench bench;
  const std::string bytes = std::string("\x06\x02\xa1\x01", 4) + wire::encode(wire::Drain{1, ""});
  bench.session.receive(asBytes(bytes), at(0s));
  QVERIFY(bench.session.state() == State::Failed);
  QVERIFY(bench.record.error->code == ErrorCode::Malformed);
  QVERIFY(bench.record.code == AppError::Malformed);
  QVERIFY(bench.record.drains.empty());  // nothing after it counts
  give(bench.session, wire::Ping{1}, at(0s));
  bench.session.expire(at(100h));
  QCOMPARE(bench.record.failures, 1);
}

void ClientSessionTest::tooLongAMessageEndsTheSession() {
  Bench bench;
  const std::string bytes("\x05\x80\x10\x00\x01", 5);  // 1 MiB and a byte
  bench.session.receive(asBytes(bytes), at(0s));
  QVERIFY(bench.record.error->code == ErrorCode::LimitExceeded);
  QVERIFY(bench.record.code == AppError::LimitExceeded);
}

void ClientSessionTest::callbacksMayCallBack() {
  // Whatever a handler calls inside a callback, the session ends in order and fails once.
  for (int depth = 1; depth <= 3; ++depth) {
    ClientRecord record;
    ClientSession session(params(), record);
    int left = depth;
    record.onEvent = [&] {
      if (left-- <= 0) return;
      session.declare({{1, wire::TunnelKind::Http, "a"}}, at(0s));
      session.expire(at(0s));
      if (session.state() == State::Ready) session.drain(1s, "", at(0s));
    };
    session.start(at(0s));
    give(session, wire::LoginAccepted{1, "s", "d", 1, 5000, {}}, at(0s));
    give(session, wire::Drain{1, ""}, at(0s));
    give(session, wire::Login{1, 1, "t", "", "", {}}, at(0s));
    QVERIFY(session.state() == State::Failed);
    QCOMPARE(record.failures, 1);
  }
}

void ClientSessionTest::randomBytesNeverHangOrCrash() {
  SeededRandom random(3);
  for (int round = 0; round < 3000; ++round) {
    Bench bench{static_cast<State>(random.below(5))};
    const int failures = bench.record.failures;
    for (int part = 0; part < 8; ++part) {
      std::string bytes = wire::encode(oneOfEach()[random.below(11)]);
      for (std::uint64_t flips = random.below(3); flips > 0; --flips) {
        bytes[random.below(bytes.size())] = static_cast<char>(random.next());
      }
      bench.session.receive(asBytes(bytes), at(Duration(random.below(10'000'000'000))));
      bench.session.expire(at(Duration(random.below(10'000'000'000))));
    }
    QVERIFY(bench.record.failures <= failures + 1);
    QCOMPARE(bench.record.failures == 1, bench.session.state() == State::Failed);
  }
}

void ClientSessionTest::takesAnswersThatFollow() {
  Bench bench;
  bench.session.declare({{1, wire::TunnelKind::Http, "shop"}, {2, wire::TunnelKind::Http, "blog"}}, at(0s));
  give(bench.session, wire::Declared{1, {{2, true, "blog", "http://blog.d", "", ""}}}, at(0s));
  QCOMPARE(bench.record.declared.size(), std::size_t{1});
  wire::TunnelAnswer taken{1, false, "", "", "name-taken", "in use"};
  taken.holder = wire::NameHolder{"lap\ntop", "term\tinal", 4711, 1'700'000'000, true};
  give(bench.session, wire::Declared{1, {taken}}, at(1s));
  QCOMPARE(bench.record.declared.size(), std::size_t{2});
  const wire::TunnelAnswer& answer = bench.record.declared[1].answers.at(0);
  QCOMPARE(answer.holder->device, std::string("lap top"));
  QCOMPARE(answer.holder->program, std::string("term inal"));
  // The first answer is enough to declare anew; what follows of the old revision is dropped.
  bench.session.declare({{2, wire::TunnelKind::Http, "blog"}}, at(2s));
  QCOMPARE(bench.record.sentOf<wire::Declare>().size(), std::size_t{2});
  give(bench.session, wire::Declared{1, {taken}}, at(2s));
  QCOMPARE(bench.record.declared.size(), std::size_t{2});
}

void ClientSessionTest::tellsOfWithdrawnNames() {
  Bench bench;
  bench.session.declare({{1, wire::TunnelKind::Http, "shop"}}, at(0s));
  give(bench.session, wire::Withdrawn{{5}, "taken-over", "not one of ours"}, at(0s));
  QVERIFY(bench.record.withdrawn.empty());
  give(bench.session, wire::Withdrawn{{5, 1}, "taken-over", "moved to\x1b[2J 'desk'"}, at(0s));
  QVERIFY(bench.record.withdrawn.at(0) == (wire::Withdrawn{{1}, "taken-over", "moved to[2J 'desk'"}));
  QVERIFY(bench.session.state() == State::Ready);
}

void ClientSessionTest::asksForNamesToBeReleased() {
  Bench before{State::LoggingIn};
  QVERIFY(!before.session.release(1, "shop"));
  Bench bench;
  QVERIFY(bench.session.release(7, "shop"));
  QVERIFY(bench.record.sentOf<wire::Release>().at(0) == (wire::Release{7, "shop"}));
  give(bench.session, wire::Released{7, false, "not-found", "no\nsuch name"}, at(0s));
  QVERIFY(bench.record.released.at(0) == (wire::Released{7, false, "not-found", "no such name"}));
}

QTEST_APPLESS_MAIN(ClientSessionTest)
#include "client_session_test.moc"
