// SPDX-License-Identifier: Apache-2.0
// How connections end over the simulated network, and what their users are told.
#include <QtTest>

#include "tests/sim/sim_fixture.h"

using namespace adit;
using namespace adit::sim;
using namespace std::chrono_literals;
using transport::CloseCause;

class SimCloseTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void codeAndReasonArrive();
  void closeFromInsideACallback();
  void longReasonsAreCut();
  void streamsAreToldBeforeTheConnection();
  void lostCloseIsRepeatedSparingly();
  void deadLinkEndsInIdleTimeout();
  void silentServerEndsInHandshakeTimeout();
  void halfDeadHandshakeSaysSo();
  void refusedHandshakeEndsSoon();
  void refusalEndsAConnectionThatIsDead();
  void forgedRefusalsChangeNothing();
  void restartedServerResets();
  void otherKeysCannotReset();
  void wrongPin();
  void wrongProtocol();
  void unknownVersion();
  void fullServerRefuses();
  void drainingServerRefuses();
  void closingTwiceIsClosingOnce();
  void closingBeforeTheHandshake();
  void closeAllReachesEveryClient();
  void deadObjectsStaySilent();
  void reconnectsFromTheLastCallback();
};

void SimCloseTest::codeAndReasonArrive() {
  SimPair pair(100);
  QVERIFY(pair.connect());
  pair.atClient.connection->close(0x2a, "enough");
  QVERIFY(!pair.atClient.closed);  // not inside the call
  QVERIFY(pair.until([&] { return pair.atClient.closed && pair.atServer.closed; }, 1s));
  QVERIFY(pair.atClient.closed->cause == CloseCause::Local);
  QVERIFY(pair.atServer.closed->cause == CloseCause::PeerApplication);
  QCOMPARE(pair.atServer.closed->code, std::uint64_t{0x2a});
  QCOMPARE(pair.atServer.closed->reason, std::string("enough"));
  QVERIFY(pair.atServer.closed->toError().code == ErrorCode::Closed);
  QVERIFY(pair.atServer.closed->toError().detail.find("enough") != std::string::npos);
  QCOMPARE(pair.server.endpoint().connectionCount(), std::size_t{0});
  QCOMPARE(pair.client.endpoint().connectionCount(), std::size_t{0});
  pair.world.runFor(1min);
  QVERIFY(pair.server.endpoint().deadline() == kNever);
  QVERIFY(pair.client.endpoint().deadline() == kNever);
}

void SimCloseTest::closeFromInsideACallback() {
  SimPair pair(101);
  QVERIFY(pair.connect());
  pair.atServer.onOpened = [&](transport::Stream& stream, StreamLog& log) {
    log.onData = [&](transport::Stream& s) {
      s.sendCopy(asBytes("refused"));
      pair.atServer.connection->close(5, "no");
      s.sendCopy(asBytes("ignored"));
    };
    static_cast<void>(stream);
  };
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  stream->sendCopy(asBytes("let me in"));
  QVERIFY(pair.until([&] { return pair.atClient.closed && pair.atServer.closed; }, 5s));
  QCOMPARE(pair.atClient.closed->code, std::uint64_t{5});
  QVERIFY(log->closed);
}

void SimCloseTest::longReasonsAreCut() {
  SimPair pair(102);
  QVERIFY(pair.connect());
  pair.atClient.connection->close(1, std::string(100'000, 'r'));
  QVERIFY(pair.until([&] { return pair.atServer.closed.has_value(); }, 1s));
  QVERIFY(!pair.atServer.closed->reason.empty());
  QVERIFY(pair.atServer.closed->reason.size() <= 1024);
}

void SimCloseTest::streamsAreToldBeforeTheConnection() {
  SimPair pair(103);
  QVERIFY(pair.connect());
  for (int i = 0; i < 10; ++i) {
    auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
    stream->sendCopy(asBytes("unfinished"));
  }
  QVERIFY(pair.until([&] { return pair.atServer.streams.size() == 10; }, 1s));
  pair.atServer.connection->close(9, "");
  QVERIFY(pair.until([&] { return pair.atClient.closed && pair.atServer.closed; }, 1s));
  for (const auto* side : {&pair.atClient, &pair.atServer}) {
    QCOMPARE(side->eventsAfterClose, 0);
    QCOMPARE(side->streams.size(), std::size_t{10});
    for (const auto& [id, log] : side->streams) {
      QVERIFY(log->closed);
      QVERIFY(log->resetCode == std::uint64_t{9});
      QCOMPARE(log->eventsAfterClose, 0);
    }
  }
}

void SimCloseTest::lostCloseIsRepeatedSparingly() {
  SimPair pair(104);
  QVERIFY(pair.connect());
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  pair.world.runFor(100ms);
  // The server's close is lost; what the client sends afterwards is answered with it again.
  int closes = 0;
  pair.world.network().tap = [&](const net::SocketAddress& from, const net::SocketAddress&, ByteView) {
    return from != kServerAddress || ++closes > 1;
  };
  pair.atServer.connection->close(3, "late");
  pair.world.runFor(15ms);
  QVERIFY(!pair.atClient.closed);
  stream->sendCopy(asBytes("hello?"));
  QVERIFY(pair.until([&] { return pair.atClient.closed.has_value(); }, 5s));
  QCOMPARE(pair.atClient.closed->code, std::uint64_t{3});
  QVERIFY(closes <= 4);
}

void SimCloseTest::deadLinkEndsInIdleTimeout() {
  SimPair pair(105);
  QVERIFY(pair.connect());
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  stream->sendCopy(asBytes("into the void"));
  pair.world.link().down = true;
  const Timestamp begun = pair.world.now();
  QVERIFY(pair.until([&] { return pair.atClient.closed && pair.atServer.closed; }, 1min));
  QVERIFY(pair.world.now() - begun >= 25s);
  QVERIFY(pair.atClient.closed->cause == CloseCause::IdleTimeout);
  QVERIFY(pair.atServer.closed->cause == CloseCause::IdleTimeout);
  QVERIFY(pair.atClient.closed->heardFromPeer);
  const Error error = pair.atClient.closed->toError();
  QVERIFY(error.code == ErrorCode::TimedOut);
  QVERIFY2(error.detail.find("10.0.0.1:4433") != std::string::npos &&
               error.detail.find("30 s") != std::string::npos,
           error.detail.c_str());
}

void SimCloseTest::silentServerEndsInHandshakeTimeout() {
  SimPair pair(106);
  pair.world.link().down = true;
  QVERIFY(pair.startConnect() != nullptr);
  const Timestamp begun = pair.world.now();
  QVERIFY(pair.until([&] { return pair.atClient.closed.has_value(); }, 1min));
  const Duration taken = pair.world.now() - begun;
  QVERIFY(taken >= 5s);
  QVERIFY(taken < 6s);
  QVERIFY(pair.atClient.closed->cause == CloseCause::HandshakeTimeout);
  QVERIFY(!pair.atClient.closed->heardFromPeer);
  const Error error = pair.atClient.closed->toError();
  QVERIFY(error.code == ErrorCode::TimedOut);
  QVERIFY2(error.detail.find("no answer by UDP from 10.0.0.1:4433 in 5 s") != std::string::npos,
           error.detail.c_str());
}

void SimCloseTest::halfDeadHandshakeSaysSo() {
  SimPair pair(107);
  // The client's second flight never arrives, nor do the acknowledgements of a server that heard it.
  int fromClient = 0, fromServer = 0;
  pair.world.network().tap = [&](const net::SocketAddress& from, const net::SocketAddress&, ByteView) {
    return from == kClientAddress ? ++fromClient == 1 : ++fromServer == 1;
  };
  QVERIFY(pair.startConnect() != nullptr);
  QVERIFY(pair.until([&] { return pair.atClient.closed.has_value(); }, 1min));
  QVERIFY(pair.atClient.closed->heardFromPeer);
  QCOMPARE(pair.server.endpoint().connectionCount(), std::size_t{0});
  QCOMPARE(pair.server.endpoint().counters().handshakeFailures, std::uint64_t{1});
}

void SimCloseTest::refusedHandshakeEndsSoon() {
  SimPair pair(120);
  pair.world.link().down = true;
  QVERIFY(pair.startConnect() != nullptr);
  pair.world.runFor(1ms);
  const Timestamp refused = pair.world.now();
  pair.client.endpoint().onRefused(kServerAddress, refused);
  QVERIFY(pair.until([&] { return pair.atClient.closed.has_value(); }, 10s));
  QVERIFY(pair.world.now() - refused < 400ms);
  QVERIFY(pair.atClient.closed->cause == CloseCause::Refused);
  QVERIFY(pair.atClient.closed->toError().code == ErrorCode::ConnectionRefused);
}

void SimCloseTest::refusalEndsAConnectionThatIsDead() {
  SimPair pair(121);
  QVERIFY(pair.connect());
  pair.world.runFor(5s);
  pair.world.link().down = true;
  const Timestamp refused = pair.world.now();
  pair.client.endpoint().onRefused(kServerAddress, refused);
  QVERIFY(pair.until([&] { return pair.atClient.closed.has_value(); }, 10s));
  QVERIFY(pair.world.now() - refused < 500ms);
  QVERIFY(pair.atClient.closed->cause == CloseCause::Refused);
  QVERIFY(pair.atClient.closed->toError().code == ErrorCode::ConnectionReset);
}

// Whoever knows two addresses and ports can send an ICMP message.
void SimCloseTest::forgedRefusalsChangeNothing() {
  SimPair pair(122);
  pair.world.link().loss = 0.05;
  QVERIFY(pair.connect());
  pair.client.endpoint().onRefused(kClientAddress, pair.world.now());  // of an address that is nobody's
  for (int i = 0; i < 100; ++i) {
    pair.world.runFor(170ms);
    pair.client.endpoint().onRefused(kServerAddress, pair.world.now());
  }
  QVERIFY(!pair.atClient.closed);
  QVERIFY(!pair.atServer.closed);
}

void SimCloseTest::restartedServerResets() {
  SimPair pair(108);
  QVERIFY(pair.connect());
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  pair.world.runFor(1s);
  pair.server.restart();
  const Timestamp begun = pair.world.now();
  stream->sendCopy(asBytes(std::string(200, 'x')));
  QVERIFY(pair.until([&] { return pair.atClient.closed.has_value(); }, 5s));
  QVERIFY(pair.world.now() - begun < 1s);
  QVERIFY(pair.atClient.closed->cause == CloseCause::StatelessReset);
  QVERIFY(pair.atClient.closed->toError().code == ErrorCode::ConnectionReset);
  QVERIFY(log->closed);
  QVERIFY(pair.server.endpoint().counters().resetsSent >= 1);
}

void SimCloseTest::otherKeysCannotReset() {
  SimPair pair(109);
  QVERIFY(pair.connect());
  pair.world.runFor(1s);
  pair.world.link().down = true;
  SeededRandom random(5);
  for (int i = 0; i < 200; ++i) {
    std::string forged(43, '\0');
    random.fill(std::span(reinterpret_cast<std::uint8_t*>(forged.data()), forged.size()));
    forged[0] = static_cast<char>(0x40 | (forged[0] & 0x3f));
    pair.client.inject(kServerAddress, forged);
  }
  pair.world.runFor(1s);
  QVERIFY(!pair.atClient.closed);
}

void SimCloseTest::wrongPin() {
  SimPair pair(110);
  QVERIFY(pair.client.connect(kServerAddress, pair.atClient, clientIdentity()->pin()) != nullptr);
  QVERIFY(pair.until([&] { return pair.atClient.closed.has_value(); }, 5s));
  QVERIFY(!pair.atClient.connected);
  QVERIFY(pair.atClient.closed->cause == CloseCause::LocalTransport);
  const Error error = pair.atClient.closed->toError();
  QVERIFY(error.code == ErrorCode::PinMismatch);
  QVERIFY(error.detail.find(serverIdentity()->pin().toString()) != std::string::npos);
  pair.world.runFor(10s);
  QCOMPARE(pair.server.endpoint().connectionCount(), std::size_t{0});
  QCOMPARE(pair.server.endpoint().counters().handshakes, std::uint64_t{0});
}

void SimCloseTest::wrongProtocol() {
  auto other = clientParams();
  other.alpn = "adit/99";
  SimPair pair(111, serverParams(), other);
  QVERIFY(pair.startConnect() != nullptr);
  QVERIFY(pair.until([&] { return pair.atClient.closed.has_value(); }, 5s));
  QVERIFY(!pair.atClient.connected);
  const Error error = pair.atClient.closed->toError();
  QVERIFY2(error.code == ErrorCode::VersionMismatch, error.describe().c_str());
}

void SimCloseTest::unknownVersion() {
  // A server that knows none of our versions: its Version Negotiation packet, made by hand.
  SimPair pair(112);
  std::string initial;
  pair.world.network().tap = [&](const net::SocketAddress& from, const net::SocketAddress&,
                                 ByteView payload) {
    if (from == kClientAddress && initial.empty()) initial = asText(payload);
    return false;
  };
  QVERIFY(pair.startConnect() != nullptr);
  pair.world.runFor(1ms);
  QVERIFY(initial.size() >= 1200);
  const std::size_t dcidLength = static_cast<std::uint8_t>(initial[5]);
  const std::string dcid = initial.substr(6, dcidLength);
  const std::size_t scidLength = static_cast<std::uint8_t>(initial[6 + dcidLength]);
  const std::string scid = initial.substr(7 + dcidLength, scidLength);
  std::string answer("\xc0\0\0\0\0", 5);
  answer += static_cast<char>(scidLength);
  answer += scid;
  answer += static_cast<char>(dcidLength);
  answer += dcid;
  answer += std::string("\x0a\x0a\x0a\x0a", 4);
  pair.client.inject(kServerAddress, answer);
  QVERIFY(pair.until([&] { return pair.atClient.closed.has_value(); }, 1s));
  QVERIFY(pair.atClient.closed->cause == CloseCause::VersionNegotiation);
  QVERIFY(pair.atClient.closed->toError().code == ErrorCode::VersionMismatch);
}

void SimCloseTest::fullServerRefuses() {
  auto params = serverParams();
  params.maxConnections = 1;
  SimPair pair(113, params);
  QVERIFY(pair.connect());
  SimNode second(pair.world, net::SocketAddress::fromIpv4({10, 0, 0, 3}, 50000), clientParams());
  ConnectionLog log;
  QVERIFY(second.connect(kServerAddress, log) != nullptr);
  QVERIFY(pair.until([&] { return log.closed.has_value(); }, 10s));
  QVERIFY(log.closed->cause == CloseCause::PeerTransport);
  QVERIFY(log.closed->toError().code == ErrorCode::Overloaded);
  QVERIFY(!pair.atClient.closed);
}

void SimCloseTest::drainingServerRefuses() {
  SimPair pair(114);
  pair.server.endpoint().stopAccepting();
  QVERIFY(pair.startConnect() != nullptr);
  QVERIFY(pair.until([&] { return pair.atClient.closed.has_value(); }, 10s));
  QVERIFY(pair.atClient.closed->toError().code == ErrorCode::Overloaded);
}

void SimCloseTest::closingTwiceIsClosingOnce() {
  SimPair pair(115);
  QVERIFY(pair.connect());
  transport::Link* connection = pair.atClient.connection;
  connection->close(1, "first");
  connection->close(2, "second");
  QVERIFY(connection->openStream() == nullptr);
  QCOMPARE(connection->streamCredit(), std::uint64_t{0});
  QVERIFY(pair.until([&] { return pair.atServer.closed.has_value(); }, 1s));
  QCOMPARE(pair.atServer.closed->code, std::uint64_t{1});
  QCOMPARE(pair.atClient.eventsAfterClose, 0);
}

void SimCloseTest::closingBeforeTheHandshake() {
  SimPair pair(116);
  transport::Link* connection = pair.startConnect();
  connection->close(1, "changed my mind");
  QVERIFY(pair.until([&] { return pair.atClient.closed.has_value(); }, 1s));
  QVERIFY(!pair.atClient.connected);
  pair.world.runFor(20s);
  QCOMPARE(pair.server.endpoint().connectionCount(), std::size_t{0});
  QCOMPARE(pair.client.endpoint().connectionCount(), std::size_t{0});
}

void SimCloseTest::closeAllReachesEveryClient() {
  SimPair pair(117);
  QVERIFY(pair.connect());
  SimNode second(pair.world, net::SocketAddress::fromIpv4({10, 0, 0, 3}, 50000), clientParams());
  ConnectionLog log;
  ConnectionLog atServer;
  pair.server.accepted = [&](transport::Link& connection) { connection.setHandler(&atServer); };
  QVERIFY(second.connect(kServerAddress, log) != nullptr);
  QVERIFY(pair.until([&] { return log.connected && pair.server.endpoint().counters().handshakes == 2; }, 5s));
  pair.server.endpoint().closeAll(8, "draining", pair.world.now());
  QVERIFY(pair.atServer.closed);
  QVERIFY(atServer.closed);  // told at once
  QVERIFY(pair.until([&] { return pair.atClient.closed && log.closed; }, 1s));
  QCOMPARE(log.closed->code, std::uint64_t{8});
}

void SimCloseTest::deadObjectsStaySilent() {
  auto world = std::make_unique<SimWorld>(simSeed(118));
  auto server = std::make_unique<SimNode>(*world, kServerAddress, serverParams());
  auto client = std::make_unique<SimNode>(*world, kClientAddress, clientParams());
  ConnectionLog log, atServer;
  server->accepted = [&](transport::Link& connection) { connection.setHandler(&atServer); };
  QVERIFY(client->connect(kServerAddress, log) != nullptr);
  QVERIFY(world->runUntil([&] { return log.connected; }, 1s));
  auto [stream, streamLog] = log.open(*log.connection);
  stream->sendCopy(asBytes(std::string(500'000, 'x')));
  world->runFor(15ms);
  // An endpoint that is destroyed in the middle of everything tells nobody anything.
  client.reset();
  QVERIFY(!log.closed);
  QVERIFY(!streamLog->closed);
  world->runFor(2min);
  QVERIFY(atServer.closed.has_value());
  QVERIFY(atServer.closed->cause == CloseCause::IdleTimeout);
}

void SimCloseTest::reconnectsFromTheLastCallback() {
  struct Reconnecting final : transport::LinkHandler {
    SimPair* pair = nullptr;
    int connected = 0, closed = 0;
    void onConnected(transport::Link& connection) override {
      if (++connected < 5) connection.close(0, "again");
    }
    void onStreamOpened(transport::Link&, transport::Stream&) override {}
    void onStreamCredit(transport::Link&) override {}
    void onLinkClosed(transport::Link&, const transport::CloseInfo&) override {
      ++closed;
      pair->client.connect(kServerAddress, *this);
    }
  } handler;
  SimPair pair(119);
  pair.server.accepted = [](transport::Link&) {};
  handler.pair = &pair;
  QVERIFY(pair.client.connect(kServerAddress, handler) != nullptr);
  QVERIFY(pair.until([&] { return handler.connected == 5; }, 1min));
  QCOMPARE(handler.closed, 4);
}

QTEST_GUILESS_MAIN(SimCloseTest)
#include "sim_close_test.moc"
