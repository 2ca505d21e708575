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
    QVERIFY(first != nullptr && second != nullptr && first != second);
    f.pool->giveBack(*first);
    f.pool->giveBack(*second);
    QCOMPARE(f.pool->idleCount(), std::size_t{2});
    User next;
    QCOMPARE(f.pool->leaseIdle(next), second);
    QVERIFY(second->isReused());
    QCOMPARE(f.pool->leaseIdle(next), first);
    QCOMPARE(f.pool->leaseIdle(next), nullptr);
  }

  void anIdleConnectionThatTheOriginClosesLeaves() {
    Fixture f;
    User user;
    OriginConnection* connection = f.dial(user);
    QVERIFY(connection != nullptr && f.origin.waitFor(1));
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
    QVERIFY(connection != nullptr && f.origin.waitFor(1));
    f.pool->giveBack(*connection);
    f.origin[0].abort();
    QVERIFY(runUntil(*f.loop, [&] { return f.pool->idleCount() == 0; }));
    QCOMPARE(user.errors, 0);
  }

  void bytesThatNobodyAskedForEndAConnection() {
    Fixture f;
    User user;
    OriginConnection* connection = f.dial(user);
    QVERIFY(connection != nullptr && f.origin.waitFor(1));
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
    QVERIFY(connection != nullptr && f.origin.waitFor(1));
    connection->socket().pauseReading(net::PauseReason::PeerSlow);
    f.pool->giveBack(*connection);
    User next;
    QCOMPARE(f.pool->leaseIdle(next), connection);
    f.origin[0].send("answer");
    QVERIFY(runUntil(*f.loop, [&] { return next.received == "answer"; }));
    QCOMPARE(user.received, std::string());
  }

  void discardsWithAnEndOrACut() {
    Fixture f;
    User user;
    OriginConnection* polite = f.dial(user);
    OriginConnection* cut = f.dial(user);
    QVERIFY(polite != nullptr && cut != nullptr && f.origin.waitFor(2));
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
    QVERIFY(connection != nullptr && f.origin.waitFor(1));
    f.pool->giveBack(*connection);
    f.pool.reset();
    QVERIFY(runUntil(*f.loop, [&] { return f.origin[0].gone(); }));
  }
};

QTEST_APPLESS_MAIN(OriginPoolTest)
#include "origin_pool_test.moc"
