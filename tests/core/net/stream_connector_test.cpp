// SPDX-License-Identifier: Apache-2.0
// Connecting: success, refusal, the next address, the time allowed, and what the error says.
#include <QTemporaryDir>
#include <QTest>

#include "tests/core/net/net_test_support.h"

using namespace adit;
using namespace adit::net;
using namespace adit::net::test;

namespace {

struct Outcome final : StreamConnector::Handler {
  NativeSocket socket;
  int connected = 0, failed = 0;
  Error error;
  std::function<void()> hook;
  void onConnected(std::uintptr_t nativeSocket) override {
    ++connected;
    socket.reset(nativeSocket);
    if (hook) hook();
  }
  void onConnectFailed(const Error& why) override {
    ++failed;
    error = why;
    if (hook) hook();
  }
  [[nodiscard]] bool done() const { return connected + failed > 0; }
};

NativeSocket listening(const SocketAddress& address, int backlog = 16) {
  auto socket = openSocket(address.family(), SocketType::Stream);
  if (!socket || bindSocket(*socket, address) != 0 || listenSocket(*socket, backlog) != 0) return {};
  return std::move(*socket);
}

/// A port that was free a moment ago.
SocketAddress deadAddress() { return localAddressOf(listening(SocketAddress::loopback4(0))); }

/// A listener whose backlog is full: the kernel drops further handshakes, so that connecting hangs.
struct Tarpit {
  NativeSocket listener = listening(SocketAddress::loopback4(0), 0);
  std::vector<NativeSocket> fillers;
  SocketAddress address = localAddressOf(listener);
  Tarpit() {
    for (int i = 0; i < 4; ++i) {
      auto socket = openSocket(AddressFamily::Ipv4, SocketType::Stream);
      connectSocket(*socket, address);
      fillers.push_back(std::move(*socket));
    }
  }
};

constexpr Duration kLong = std::chrono::seconds(10);

}  // namespace

class StreamConnectorTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void connects_data() {
    QTest::addColumn<bool>("six");
    QTest::newRow("IPv4") << false;
    QTest::newRow("IPv6") << true;
  }
  void connects() {
    QFETCH(bool, six);
    auto loop = makeLoop();
    const NativeSocket listener = listening(six ? SocketAddress::loopback6(0) : SocketAddress::loopback4(0));
    const std::array addresses{localAddressOf(listener)};
    Outcome outcome;
    const auto connector = StreamConnector::start(*loop, addresses, kLong, outcome);
    QVERIFY(!outcome.done());
    QVERIFY(runUntil(*loop, [&] { return outcome.done(); }));
    QCOMPARE(outcome.connected, 1);
    QCOMPARE(peerAddressOf(outcome.socket), addresses[0]);
  }

  void connectsToUnixSockets() {
    auto loop = makeLoop();
    QTemporaryDir directory;
    const std::array addresses{
        *SocketAddress::unixPath(directory.filePath(QStringLiteral("s")).toStdString())};
    Outcome missing;
    const auto early = StreamConnector::start(*loop, addresses, kLong, missing);
    QVERIFY(!missing.done());
    QVERIFY(runUntil(*loop, [&] { return missing.done(); }));
    QCOMPARE(toString(missing.error.code), std::string_view("not-found"));
    QVERIFY(missing.error.detail.find(addresses[0].toString()) != std::string::npos);

    NativeSocket listener = listening(addresses[0]);
    Outcome outcome;
    const auto connector = StreamConnector::start(*loop, addresses, kLong, outcome);
    QVERIFY(!outcome.done());  // though the kernel connected it inside the call
    QVERIFY(runUntil(*loop, [&] { return outcome.done(); }));
    QCOMPARE(outcome.connected, 1);

    listener.reset();
    Outcome stale;
    const auto late = StreamConnector::start(*loop, addresses, kLong, stale);
    QVERIFY(runUntil(*loop, [&] { return stale.done(); }));
    QCOMPARE(toString(stale.error.code), std::string_view("connection-refused"));
  }

  void aFullUnixBacklogIsOverload() {
    auto loop = makeLoop();
    QTemporaryDir directory;
    const std::array addresses{
        *SocketAddress::unixPath(directory.filePath(QStringLiteral("s")).toStdString())};
    const NativeSocket listener = listening(addresses[0], 0);
    auto filler = openSocket(AddressFamily::Unix, SocketType::Stream);
    QCOMPARE(connectSocket(*filler, addresses[0]), 0);
    Outcome outcome;
    const auto connector = StreamConnector::start(*loop, addresses, kLong, outcome);
    QVERIFY(runUntil(*loop, [&] { return outcome.done(); }));
    QCOMPARE(toString(outcome.error.code), std::string_view("overloaded"));
  }

  void saysWhoRefused() {
    auto loop = makeLoop();
    const std::array addresses{deadAddress()};
    Outcome outcome;
    const auto connector = StreamConnector::start(*loop, addresses, kLong, outcome);
    QVERIFY(!outcome.done());
    QVERIFY(runUntil(*loop, [&] { return outcome.done(); }));
    QCOMPARE(outcome.failed, 1);
    QCOMPARE(toString(outcome.error.code), std::string_view("connection-refused"));
    QCOMPARE(outcome.error.libraryCode, long{ECONNREFUSED});
    QVERIFY(outcome.error.detail.find(addresses[0].toString()) != std::string::npos);
  }

  void goesOnToTheNextAddressAtOnce() {
    auto loop = makeLoop();
    const NativeSocket listener = listening(SocketAddress::loopback4(0));
    std::vector<SocketAddress> addresses(40, deadAddress());
    addresses.push_back(localAddressOf(listener));
    Outcome outcome;
    const Timestamp started = MonotonicClock::now();
    const auto connector = StreamConnector::start(*loop, addresses, kLong, outcome);
    QVERIFY(runUntil(*loop, [&] { return outcome.done(); }));
    QCOMPARE(outcome.connected, 1);
    QCOMPARE(peerAddressOf(outcome.socket), addresses.back());
    // Forty slots of 250 ms would have been the whole time allowed.
    QVERIFY(MonotonicClock::now() - started < std::chrono::seconds(5));
  }

  void startsTheNextAddressBesideASilentOne() {
    auto loop = makeLoop();
    const Tarpit silent;
    const NativeSocket listener = listening(SocketAddress::loopback4(0));
    const std::array addresses{silent.address, localAddressOf(listener)};
    Outcome outcome;
    const Timestamp started = MonotonicClock::now();
    const auto connector = StreamConnector::start(*loop, addresses, kLong, outcome);
    QVERIFY(runUntil(*loop, [&] { return outcome.done(); }));
    QCOMPARE(outcome.connected, 1);
    QCOMPARE(peerAddressOf(outcome.socket), addresses[1]);
    QVERIFY(MonotonicClock::now() - started >= std::chrono::milliseconds(250));
  }

  void givesUpInTheTimeAllowed() {
    auto loop = makeLoop();
    const Tarpit silent;
    const std::array addresses{silent.address};
    Outcome outcome;
    const auto connector = StreamConnector::start(*loop, addresses, std::chrono::milliseconds(60), outcome);
    QVERIFY(runUntil(*loop, [&] { return outcome.done(); }));
    QCOMPARE(toString(outcome.error.code), std::string_view("timed-out"));
    QVERIFY(outcome.error.detail.find(silent.address.toString()) != std::string::npos);
    runTurns(*loop, 3);
    QCOMPARE(outcome.failed, 1);
  }

  void reportsTheFailureThatSaysMost() {
    auto loop = makeLoop();
    // No route from a socket of that family, then a refusal, then silence: what swallows connections is what
    // a person must know of, where "localhost" is two addresses and only one of them is listened on.
    const Tarpit silent;
    const SocketAddress dead = deadAddress();
    const std::array addresses{*SocketAddress::parse("[2001:db8::1]:9"), dead, silent.address};
    Outcome outcome;
    const auto connector = StreamConnector::start(*loop, addresses, std::chrono::milliseconds(600), outcome);
    QVERIFY(runUntil(*loop, [&] { return outcome.done(); }));
    QCOMPARE(toString(outcome.error.code), std::string_view("timed-out"));
  }

  void withoutAddressesItFailsLater() {
    auto loop = makeLoop();
    Outcome outcome;
    const auto connector = StreamConnector::start(*loop, {}, Duration::zero(), outcome);
    QVERIFY(!outcome.done());
    QVERIFY(runUntil(*loop, [&] { return outcome.done(); }));
    QCOMPARE(toString(outcome.error.code), std::string_view("invalid-argument"));
    runTurns(*loop, 3);
    QCOMPARE(outcome.failed, 1);
  }

  void destroyingItCancels() {
    auto loop = makeLoop();
    const NativeSocket listener = listening(SocketAddress::loopback4(0));
    const std::array addresses{localAddressOf(listener)};
    Outcome outcome;
    auto connector = StreamConnector::start(*loop, addresses, kLong, outcome);
    connector.reset();
    runTurns(*loop, 5);
    QVERIFY(!outcome.done());
  }

  void mayBeDestroyedInsideItsCallbacks() {
    auto loop = makeLoop();
    const NativeSocket listener = listening(SocketAddress::loopback4(0));
    const Tarpit silent;
    const std::array<std::vector<SocketAddress>, 4> cases{
        std::vector{localAddressOf(listener)}, std::vector{deadAddress()}, std::vector{silent.address}, {}};
    for (const auto& addresses : cases) {
      Outcome outcome;
      std::unique_ptr<StreamConnector> connector;
      outcome.hook = [&] { connector.reset(); };
      connector = StreamConnector::start(*loop, addresses, std::chrono::milliseconds(40), outcome);
      QVERIFY(runUntil(*loop, [&] { return outcome.done(); }));
      QVERIFY(connector == nullptr);
    }
  }
};

QTEST_GUILESS_MAIN(StreamConnectorTest)
#include "stream_connector_test.moc"
