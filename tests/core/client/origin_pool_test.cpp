// SPDX-License-Identifier: Apache-2.0
// The pool of origin connections: making, reusing, and what happens to one while nobody uses it.
#include <QTemporaryDir>
#include <QTest>

#include "core/client/origin_pool.h"
#include "tests/core/support/raw_peer.h"

using namespace adit;
using namespace adit::client;
using namespace adit::test;

namespace {

struct User final : OriginUser, OriginDial::Handler {
  std::string received;
  int ends = 0, errors = 0, sent = 0;
  OriginConnection* connection = nullptr;
  std::optional<Error> dialError;
  std::string dialDetail;
  void onOriginData(Slice data) override { received += data.text(); }
  void onOriginEnd() override { ++ends; }
  void onOriginSent() override { ++sent; }
  void onOriginError(const Error&) override { ++errors; }
  void onDialed(OriginConnection& made) override { connection = &made; }
  void onDialFailed(const OriginConnector::Failure& failure) override {
    dialError = failure.error;
    dialDetail = failure.detail;
  }
};

net::SocketAddress visitor(std::uint16_t port = 50'000) {
  return net::SocketAddress::fromIpv4({203, 0, 113, 9}, port);
}

struct Fixture {
  std::unique_ptr<net::EventLoop> loop = makeLoop();
  RawListener origin{*loop};
  std::unique_ptr<OriginPool> pool;

  Fixture() { aim("127.0.0.1", origin.port()); }
  ~Fixture() {
    pool.reset();
    loop->runOnce();
  }
  void aim(std::string host, std::uint16_t port) {
    Target target;
    target.host = std::move(host);
    target.port = port;
    pool = std::make_unique<OriginPool>(*loop, target);
  }
  /// Dials and waits for the outcome.
  OriginConnection* dial(User& user) {
    user.connection = nullptr;
    const auto made = pool->dial(user, user);
    if (!runUntil(*loop, [&] { return user.connection != nullptr || user.dialError; })) return nullptr;
    return user.connection;
  }
  /// The first bytes of an answer arrive for the user's connection, which is the origin's `index`th.
  bool answer(User& user, std::size_t index) {
    user.received.clear();
    origin[index].send("answer");
    return runUntil(*loop, [&] { return user.received == "answer"; });
  }
};

}  // namespace

class OriginPoolTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void dialsAndCarriesBytesBothWays() {
    Fixture f;
    User user;
    OriginConnection* connection = f.dial(user);
    QVERIFY(connection != nullptr);
    QVERIFY(!connection->isReused());
    QVERIFY(f.origin.waitFor(1));
    connection->socket().sendCopy(asBytes("ping"));
    QVERIFY(runUntil(*f.loop, [&] { return f.origin[0].received == "ping"; }));
    QVERIFY(user.sent > 0);
    f.origin[0].send("pong");
    QVERIFY(runUntil(*f.loop, [&] { return user.received == "pong"; }));
    f.origin[0].finish();
    QVERIFY(runUntil(*f.loop, [&] { return user.ends == 1; }));
  }

  void reusesTheNewestFirst() {
    Fixture f;
    User one, two;
    OriginConnection* first = f.dial(one);
    OriginConnection* second = f.dial(two);
    QVERIFY(first != nullptr);
    QVERIFY(second != nullptr);
    QVERIFY(first != second);
    f.pool->giveBack(*first);
    f.pool->giveBack(*second);
    QCOMPARE(f.pool->idleCount(), std::size_t{2});
    User next;
    QCOMPARE(f.pool->leaseIdle(next, visitor()), second);
    QVERIFY(second->isReused());
    QCOMPARE(f.pool->leaseIdle(next, visitor()), first);
    QCOMPARE(f.pool->leaseIdle(next, visitor()), nullptr);
  }

  /// An origin that serves one connection at a time answers the next one only when the first has ended.
  void anIdleConnectionMakesRoomForOneThatGetsNoAnswer() {
    Fixture f;
    User one, two, three;
    OriginConnection* first = f.dial(one);
    QVERIFY(first != nullptr);
    QVERIFY(f.dial(two) != nullptr);
    QVERIFY(f.dial(three) != nullptr);
    QVERIFY(f.origin.waitFor(3));
    QVERIFY(f.answer(one, 0));
    f.pool->giveBack(*first);
    QVERIFY(runUntil(*f.loop, [&] { return f.origin[0].gone(); }));
    QCOMPARE(f.pool->idleCount(), std::size_t{0});
    QVERIFY(f.answer(two, 1));
    f.pool->giveBack(*two.connection);
    QVERIFY(runUntil(*f.loop, [&] { return f.origin[1].gone(); }));
    QVERIFY(f.answer(three, 2));
    f.pool->giveBack(*three.connection);
    runTurns(*f.loop, 20);
    QCOMPARE(f.pool->idleCount(), std::size_t{1});  // nobody waits any more
  }

  /// It is used again and again without a pause; the other one has its turn all the same.
  void aBusyConnectionMakesRoomForOneThatWaitsForLong() {
    Fixture f;
    User one, two;
    OriginConnection* first = f.dial(one);
    QVERIFY(first != nullptr);
    QVERIFY(f.dial(two) != nullptr);
    QVERIFY(f.origin.waitFor(2));
    const Timestamp until = f.loop->now() + std::chrono::seconds(20);
    while (first != nullptr && f.loop->now() < until) {
      QVERIFY(f.answer(one, 0));
      f.pool->giveBack(*first);
      first = f.pool->leaseIdle(one, visitor());
    }
    QCOMPARE(first, nullptr);
    QVERIFY(runUntil(*f.loop, [&] { return f.origin[0].gone(); }));
  }

  void anOriginThatServesSeveralKeepsItsIdleConnections() {
    Fixture f;
    User slow, one, two;
    QVERIFY(f.dial(slow) != nullptr);
    OriginConnection* first = f.dial(one);
    OriginConnection* second = f.dial(two);
    QVERIFY(first != nullptr);
    QVERIFY(second != nullptr);
    QVERIFY(f.origin.waitFor(3));
    QVERIFY(f.answer(one, 1));  // before the one that was connected first
    QVERIFY(f.answer(two, 2));
    f.pool->giveBack(*first);
    f.pool->giveBack(*second);
    const Timestamp until = f.loop->now() + std::chrono::milliseconds(200);
    QVERIFY(runUntil(*f.loop, [&] { return f.loop->now() >= until; }));
    QCOMPARE(f.pool->idleCount(), std::size_t{2});
    // It may have a bound all the same: one makes room, later.
    QVERIFY(runUntil(*f.loop, [&] { return f.pool->idleCount() == 1; }));
    QVERIFY(runUntil(*f.loop, [&] { return f.origin[1].gone(); }));
    QVERIFY(!f.origin[2].gone());
  }

  void anAuthenticatedConnectionIsItsVisitorsAlone() {
    Fixture f;
    User user, stranger;
    OriginConnection* connection = f.dial(user);
    QVERIFY(connection != nullptr);
    connection->pinTo(visitor());
    f.pool->giveBack(*connection);
    QCOMPARE(f.pool->idleCount(), std::size_t{1});
    QCOMPARE(f.pool->leaseIdle(stranger, visitor(50'001)), nullptr);
    QCOMPARE(f.pool->leaseIdle(stranger, net::SocketAddress()), nullptr);
    QCOMPARE(f.pool->leaseIdle(user, visitor()), connection);
    f.pool->giveBack(*connection);
    QCOMPARE(f.pool->leaseIdle(stranger, visitor(50'001)), nullptr);
    QCOMPARE(f.pool->leaseIdle(user, visitor()), connection);
  }

  void anAuthenticatedConnectionOfNobodyKnownIsClosed() {
    Fixture f;
    User user;
    OriginConnection* connection = f.dial(user);
    QVERIFY(connection != nullptr);
    QVERIFY(f.origin.waitFor(1));
    connection->pinTo(visitor(0));
    f.pool->giveBack(*connection);
    QCOMPARE(f.pool->idleCount(), std::size_t{0});
    QVERIFY(runUntil(*f.loop, [&] { return f.origin[0].gone(); }));
  }

  void anIdleConnectionThatTheOriginClosesLeaves() {
    Fixture f;
    User user;
    OriginConnection* connection = f.dial(user);
    QVERIFY(connection != nullptr);
    QVERIFY(f.origin.waitFor(1));
    f.pool->giveBack(*connection);
    f.origin[0].finish();
    QVERIFY(runUntil(*f.loop, [&] { return f.pool->idleCount() == 0; }));
    QCOMPARE(user.ends, 0);
    QVERIFY(runUntil(*f.loop, [&] { return f.origin[0].gone(); }));
  }

  void anIdleConnectionThatTheOriginCutsLeaves() {
    Fixture f;
    User user;
    OriginConnection* connection = f.dial(user);
    QVERIFY(connection != nullptr);
    QVERIFY(f.origin.waitFor(1));
    f.pool->giveBack(*connection);
    f.origin[0].abort();
    QVERIFY(runUntil(*f.loop, [&] { return f.pool->idleCount() == 0; }));
    QCOMPARE(user.errors, 0);
  }

  void bytesThatNobodyAskedForEndAConnection() {
    Fixture f;
    User user;
    OriginConnection* connection = f.dial(user);
    QVERIFY(connection != nullptr);
    QVERIFY(f.origin.waitFor(1));
    f.pool->giveBack(*connection);
    f.origin[0].send("HTTP/1.1 200 OK\r\n\r\n");
    QVERIFY(runUntil(*f.loop, [&] { return f.pool->idleCount() == 0; }));
    QCOMPARE(user.received, std::string());
    QVERIFY(runUntil(*f.loop, [&] { return f.origin[0].gone(); }));
  }

  void aPausedConnectionIsReadAgainAfterItsReturn() {
    Fixture f;
    User user;
    OriginConnection* connection = f.dial(user);
    QVERIFY(connection != nullptr);
    QVERIFY(f.origin.waitFor(1));
    connection->socket().pauseReading(net::PauseReason::PeerSlow);
    f.pool->giveBack(*connection);
    User next;
    QCOMPARE(f.pool->leaseIdle(next, visitor()), connection);
    f.origin[0].send("answer");
    QVERIFY(runUntil(*f.loop, [&] { return next.received == "answer"; }));
    QCOMPARE(user.received, std::string());
  }

  void discardsWithAnEndOrACut() {
    Fixture f;
    User user;
    OriginConnection* polite = f.dial(user);
    OriginConnection* cut = f.dial(user);
    QVERIFY(polite != nullptr);
    QVERIFY(cut != nullptr);
    QVERIFY(f.origin.waitFor(2));
    f.pool->discard(*polite, false);
    f.pool->discard(*cut, true);
    QVERIFY(runUntil(*f.loop, [&] { return f.origin[0].gone() && f.origin[1].gone(); }));
    QVERIFY(f.origin[0].ended);
    QVERIFY(f.origin[1].failed);
    QCOMPARE(f.pool->idleCount(), std::size_t{0});
  }

  void keepsNoMoreThanItsBound() {
    Fixture f;
    std::vector<std::unique_ptr<User>> users;
    for (int i = 0; i < 258; ++i) {
      users.push_back(std::make_unique<User>());
      QVERIFY(f.dial(*users.back()) != nullptr);
    }
    // An answer to the second before the first shows that the origin serves several at a time. Otherwise the
    // pool gives up idle connections for those that wait long, as they do on a busy machine.
    QVERIFY(f.origin.waitFor(2));
    QVERIFY(f.answer(*users[1], 1));
    for (auto& user : users) f.pool->giveBack(*user->connection);
    QCOMPARE(f.pool->idleCount(), std::size_t{256});
  }

  void saysWhatRefuses() {
    Fixture f;
    std::uint16_t closedPort = 0;
    {
      RawListener gone(*f.loop);
      closedPort = gone.port();
    }
    f.aim("127.0.0.1", closedPort);
    User user;
    QCOMPARE(f.dial(user), nullptr);
    QVERIFY(user.dialError.has_value());
    QVERIFY(user.dialError->code == ErrorCode::ConnectionRefused);
  }

  void findsLocalhostInEitherFamily() {
    Fixture f;
    f.aim("localhost", f.origin.port());  // ::1 refuses, 127.0.0.1 answers
    User user;
    QVERIFY(f.dial(user) != nullptr);
  }

  void dialsAUnixSocket() {
    const QTemporaryDir directory;
    const std::string path = directory.filePath("origin.sock").toStdString();
    Fixture f;
    RawListener listener(*f.loop, *net::SocketAddress::unixPath(path));
    Target target;
    target.kind = Target::Kind::Unix;
    target.path = path;
    f.pool = std::make_unique<OriginPool>(*f.loop, target);
    User user;
    OriginConnection* connection = f.dial(user);
    QVERIFY(connection != nullptr);
    connection->socket().sendCopy(asBytes("hello"));
    QVERIFY(listener.waitFor(1));
    QVERIFY(runUntil(*f.loop, [&] { return listener[0].received == "hello"; }));
  }

  void aPathThatIsNoAddressFailsInsteadOfHanging() {
    Fixture f;
    Target target;
    target.kind = Target::Kind::Unix;
    target.path = std::string(500, 'p');
    f.pool = std::make_unique<OriginPool>(*f.loop, target);
    User user;
    QCOMPARE(f.dial(user), nullptr);
    QVERIFY(user.dialError.has_value());
  }

  void aDestroyedDialDoesNotCallBack() {
    Fixture f;
    User user;
    auto dial = f.pool->dial(user, user);
    runTurns(*f.loop, 2);
    dial.reset();
    runTurns(*f.loop, 20);
    QVERIFY(user.connection == nullptr || f.origin.count() == 1);
  }

  void aPoolClosesItsConnectionsWhenItGoes() {
    Fixture f;
    User user;
    OriginConnection* connection = f.dial(user);
    QVERIFY(connection != nullptr);
    QVERIFY(f.origin.waitFor(1));
    f.pool->giveBack(*connection);
    f.pool.reset();
    QVERIFY(runUntil(*f.loop, [&] { return f.origin[0].gone(); }));
  }
};

QTEST_APPLESS_MAIN(OriginPoolTest)
#include "origin_pool_test.moc"
