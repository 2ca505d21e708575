// SPDX-License-Identifier: Apache-2.0
// What a server endpoint does under floods, for strangers and for other workers' clients.
#include <QtTest>

#include "core/quic/cid_codec.h"
#include "tests/sim/sim_fixture.h"

using namespace adit;
using namespace adit::sim;
using namespace std::chrono_literals;

namespace {

net::SocketAddress clientNumber(int i) {
  return net::SocketAddress::fromIpv4(
      {10, 1, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}, 50000);
}

std::string noise(Random& random, std::size_t size) {
  std::string bytes(size, '\0');
  random.fill(std::span(reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()));
  return bytes;
}

/// The first datagram of a client.
std::string captureInitial(std::uint64_t seed) {
  SimPair pair(seed);
  std::string initial;
  pair.world.network().tap = [&](const net::SocketAddress&, const net::SocketAddress&, ByteView payload) {
    if (initial.empty()) initial = asText(payload);
    return false;
  };
  pair.startConnect();
  pair.world.runFor(1ms);
  return initial;
}

}  // namespace

class SimServerTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void retryUnderLoad();
  void forgedTokenIsRefused();
  void halfOpenHandshakesAreCapped();
  void oneHostLeavesRoomForOthers();
  void connectionsWithoutLoginGiveWay();
  void neverAmplifiesMoreThanThreefold();
  void garbageIsIgnored();
  void damagedPacketsOfAConnectionAreIgnored();
  void negotiatesVersionsSparingly();
  void resetsSparinglyAndShorter();
  void handsOverForeignDatagrams();
  void resetsDatagramsOfWorkersThatAreGone();
  void clientServedByAnotherWorker();
  void connectionIdsShowNothing();
  void createRefusesNonsense();
};

void SimServerTest::retryUnderLoad() {
  auto params = serverParams();
  params.retryFrom = 3;
  SimPair pair(300, params);
  // Three clients that never finish.
  std::vector<std::unique_ptr<SimNode>> stuck;
  std::vector<std::unique_ptr<ConnectionLog>> logs;
  for (int i = 0; i < 3; ++i) {
    stuck.push_back(std::make_unique<SimNode>(pair.world, clientNumber(i), clientParams()));
    logs.push_back(std::make_unique<ConnectionLog>());
    QVERIFY(stuck.back()->connect(kServerAddress, *logs.back()) != nullptr);
  }
  pair.world.network().tap = [](const net::SocketAddress& from, const net::SocketAddress& to, ByteView) {
    return from != kServerAddress || to == kClientAddress;
  };
  pair.world.runFor(50ms);
  QCOMPARE(pair.server.endpoint().counters().retriesSent, std::uint64_t{0});
  pair.echoes = true;
  QVERIFY(pair.connect());
  QCOMPARE(pair.server.endpoint().counters().retriesSent, std::uint64_t{1});
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  stream->sendCopy(asBytes("after a retry"));
  stream->finish();
  QVERIFY(pair.until([&log = log] { return log->closed; }, 1s));
  QCOMPARE(log->received, std::string("after a retry"));
}

void SimServerTest::forgedTokenIsRefused() {
  auto params = serverParams();
  params.retryFrom = 0;
  SimPair pair(301, params);
  // Every token is damaged on its way back: the answer is an error, not a connection.
  int initials = 0;
  pair.world.network().tap = [&](const net::SocketAddress& from, const net::SocketAddress& to,
                                 ByteView payload) {
    if (from != kClientAddress || ++initials < 2) return true;
    std::string damaged(asText(payload));
    const std::size_t tokenAt = 6 + static_cast<std::uint8_t>(damaged[5]) + 1 + quic::kClientCidLength + 2;
    damaged[tokenAt + 10] = static_cast<char>(damaged[tokenAt + 10] ^ 1);
    if (to == kServerAddress) pair.server.inject(from, damaged);
    return false;
  };
  QVERIFY(pair.startConnect() != nullptr);
  QVERIFY(pair.until([&] { return pair.atClient.closed.has_value(); }, 20s));
  QVERIFY(!pair.atClient.connected);
  QCOMPARE(pair.server.endpoint().connectionCount(), std::size_t{0});
}

void SimServerTest::halfOpenHandshakesAreCapped() {
  auto params = serverParams();
  params.retryFrom = 1000;
  params.maxNewcomers = 20;
  SimPair pair(302, params);
  pair.world.network().tap = [](const net::SocketAddress& from, const net::SocketAddress&, ByteView) {
    return from != kServerAddress;
  };
  std::vector<std::unique_ptr<SimNode>> nodes;
  std::vector<std::unique_ptr<ConnectionLog>> logs;
  for (int i = 0; i < 60; ++i) {
    nodes.push_back(std::make_unique<SimNode>(pair.world, clientNumber(i), clientParams()));
    logs.push_back(std::make_unique<ConnectionLog>());
    QVERIFY(nodes.back()->connect(kServerAddress, *logs.back()) != nullptr);
  }
  pair.world.runFor(1s);
  QCOMPARE(pair.server.endpoint().connectionCount(), std::size_t{20});
  // An honest client of one address more gets in all the same: one of those who are silent gives way.
  pair.world.network().tap = [](const net::SocketAddress& from, const net::SocketAddress& to, ByteView) {
    return from != kServerAddress || to == kClientAddress;
  };
  QVERIFY(pair.connect(5s));
  QVERIFY(pair.server.endpoint().connectionCount() <= 20);
  pair.world.runFor(30s);
  QCOMPARE(pair.server.endpoint().connectionCount(), std::size_t{1});
}

// A host that begins handshakes from port after port, with valid Retry tokens, and never goes on.
void SimServerTest::oneHostLeavesRoomForOthers() {
  auto params = serverParams();
  params.retryFrom = 4;
  params.maxNewcomers = 20;
  SimPair pair(314, params);
  // The attacker hears Retry packets, and no handshake.
  pair.world.network().tap = [](const net::SocketAddress& from, const net::SocketAddress& to,
                                ByteView payload) {
    const bool isRetry = (payload[0] & 0xf0) == 0xf0;
    return from != kServerAddress || to == kClientAddress || isRetry;
  };
  std::vector<std::unique_ptr<SimNode>> nodes;
  std::vector<std::unique_ptr<ConnectionLog>> logs;
  const auto begin = [&](std::uint16_t port) {
    nodes.push_back(std::make_unique<SimNode>(pair.world, net::SocketAddress::fromIpv4({10, 9, 9, 9}, port),
                                              clientParams()));
    logs.push_back(std::make_unique<ConnectionLog>());
    return nodes.back()->connect(kServerAddress, *logs.back()) != nullptr;
  };
  for (std::uint16_t i = 0; i < 40; ++i) QVERIFY(begin(static_cast<std::uint16_t>(1000 + i)));
  pair.world.runFor(100ms);
  QCOMPARE(pair.server.endpoint().connectionCount(), std::size_t{20});
  QVERIFY(pair.startConnect() != nullptr);
  // At once: no handshake had its second yet.
  QVERIFY(pair.until([&] { return pair.atClient.connected; }, 300ms));
  QVERIFY(pair.server.endpoint().connectionCount() <= 20);
}

// Nor does one that completes its handshakes and never logs in.
void SimServerTest::connectionsWithoutLoginGiveWay() {
  auto params = serverParams();
  params.retryFrom = 1000;
  params.maxNewcomers = 10;
  SimPair pair(315, params);
  std::vector<transport::Link*> accepted;
  const auto accept = pair.server.accepted;
  pair.server.accepted = [&](transport::Link& connection) {
    accept(connection);
    accepted.push_back(&connection);
  };
  std::vector<std::unique_ptr<SimNode>> nodes;
  std::vector<std::unique_ptr<ConnectionLog>> logs;
  for (std::uint16_t i = 0; i < 10; ++i) {
    nodes.push_back(std::make_unique<SimNode>(
        pair.world, net::SocketAddress::fromIpv4({10, 9, 9, 9}, static_cast<std::uint16_t>(1000 + i)),
        clientParams()));
    logs.push_back(std::make_unique<ConnectionLog>());
    QVERIFY(nodes.back()->connect(kServerAddress, *logs.back()) != nullptr);
    QVERIFY(pair.until([&] { return logs.back()->connected && accepted.size() == i + 1U; }));
  }
  accepted[0]->markAdmitted();  // logged in: this one stays, however old it is
  QVERIFY(nodes[0]->connect(kServerAddress, *logs[0]) != nullptr);
  pair.world.runFor(100ms);
  QVERIFY(pair.connect(300ms));
  QVERIFY(pair.until([&] { return logs[1]->closed.has_value(); }, 1s));
  QVERIFY(!logs[0]->closed);
}

void SimServerTest::neverAmplifiesMoreThanThreefold() {
  SimPair pair(303);
  std::size_t in = 0, out = 0;
  bool holds = true;
  pair.world.network().tap = [&](const net::SocketAddress& from, const net::SocketAddress&,
                                 ByteView payload) {
    if (from == kServerAddress) {
      out += payload.size();
      holds = holds && out <= 3 * in;
      return false;  // the victim did not ask
    }
    return true;
  };
  const std::string initial = captureInitial(304);
  QVERIFY(initial.size() >= 1200);
  in = initial.size();
  pair.server.inject(net::SocketAddress::fromIpv4({192, 0, 2, 1}, 1), initial);
  pair.world.runFor(20s);
  QVERIFY(out > 0);
  QVERIFY(holds);
  QCOMPARE(pair.server.endpoint().connectionCount(), std::size_t{0});
}

void SimServerTest::garbageIsIgnored() {
  SimPair pair(305);
  pair.echoes = true;
  QVERIFY(pair.connect());
  const net::SocketAddress stranger = net::SocketAddress::fromIpv4({203, 0, 113, 9}, 9);
  SeededRandom random(7);
  const std::string initial = captureInitial(306);
  for (int i = 0; i < 3000; ++i) {
    std::string bytes = noise(random, random.below(1500));
    if (i % 3 == 0 && !bytes.empty()) bytes[0] = static_cast<char>(0xc0 | (bytes[0] & 0x3f));
    if (i % 5 == 0 && bytes.size() > 6) bytes.replace(1, 4, std::string("\0\0\0\1", 4));
    if (i % 7 == 0) {
      bytes = initial;
      bytes[random.below(bytes.size())] ^= static_cast<char>(1 + random.below(255));
    }
    pair.server.inject(stranger, bytes);
    pair.client.inject(kServerAddress, noise(random, random.below(1500)));
    if (i % 100 == 0) pair.world.runFor(1ms);
  }
  pair.world.runFor(20s);
  QVERIFY(!pair.atClient.closed);
  QVERIFY(pair.server.endpoint().connectionCount() <= 1);
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  stream->sendCopy(asBytes("still here"));
  stream->finish();
  QVERIFY(pair.until([&log = log] { return log->closed; }, 2s));
  QCOMPARE(log->received, std::string("still here"));
}

void SimServerTest::damagedPacketsOfAConnectionAreIgnored() {
  SimPair pair(307);
  pair.echoes = true;
  QVERIFY(pair.connect());
  std::vector<std::string> captured;
  pair.world.network().tap = [&](const net::SocketAddress& from, const net::SocketAddress&,
                                 ByteView payload) {
    if (from == kClientAddress && captured.size() < 50) captured.emplace_back(asText(payload));
    return true;
  };
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  stream->sendCopy(asBytes(std::string(60'000, 'd')));
  pair.world.runFor(1s);
  QVERIFY(!captured.empty());
  const Timestamp heard = pair.serverConnection->lastHeard();
  SeededRandom random(8);
  for (const std::string& packet : captured) {
    std::string damaged = packet;
    damaged[quic::kServerCidLength + 1 + random.below(damaged.size() - quic::kServerCidLength - 1)] ^= 0x55;
    pair.server.inject(kClientAddress, damaged);
    pair.server.inject(kClientAddress, packet);  // replayed as it was
  }
  pair.world.runFor(100ms);
  QVERIFY(!pair.atClient.closed);
  QVERIFY(!pair.echo.closed);
  QVERIFY(pair.serverConnection->lastHeard() >= heard);
  stream->finish();
  QVERIFY(pair.until([&log = log] { return log->closed; }, 2s));
  QCOMPARE(log->received.size(), std::size_t{60'000});
}

void SimServerTest::negotiatesVersionsSparingly() {
  SimPair pair(308);
  const net::SocketAddress stranger = net::SocketAddress::fromIpv4({203, 0, 113, 9}, 9);
  std::vector<std::string> answers;
  pair.world.network().tap = [&](const net::SocketAddress&, const net::SocketAddress&, ByteView payload) {
    answers.emplace_back(asText(payload));
    return false;
  };
  std::string unknown = captureInitial(309);
  unknown.replace(1, 4, std::string("\x7a\x7a\x7a\x7a", 4));
  for (int i = 0; i < 500; ++i) pair.server.inject(stranger, unknown);
  pair.server.inject(stranger, unknown.substr(0, 600));  // too small for a client's first
  pair.world.runFor(1ms);
  QCOMPARE(answers.size(), std::size_t{100});
  QCOMPARE(pair.server.endpoint().counters().versionNegotiationsSent, std::uint64_t{100});
  const std::string& answer = answers.front();
  QVERIFY(answer.size() < unknown.size());
  QVERIFY((answer[0] & 0x80) != 0);
  QCOMPARE(answer.substr(1, 4), std::string(4, '\0'));
  QCOMPARE(answer.substr(answer.size() - 4), std::string("\0\0\0\1", 4));
}

void SimServerTest::resetsSparinglyAndShorter() {
  SimPair pair(310);
  const net::SocketAddress stranger = net::SocketAddress::fromIpv4({203, 0, 113, 9}, 9);
  SeededRandom random(9);
  std::size_t trigger = 0, answers = 0;
  bool shorter = true;
  pair.world.network().tap = [&](const net::SocketAddress&, const net::SocketAddress&, ByteView payload) {
    ++answers;
    shorter = shorter && payload.size() < trigger && payload.size() >= 21;
    return false;
  };
  for (trigger = 1; trigger <= 60; ++trigger) {
    std::string bytes = noise(random, trigger);
    bytes[0] = static_cast<char>(0x40 | (bytes[0] & 0x3f));
    pair.server.inject(stranger, bytes);
    pair.world.runFor(1us);
  }
  QVERIFY(answers > 0);
  QVERIFY(shorter);
  trigger = 100;
  for (int i = 0; i < 500; ++i) {
    std::string bytes = noise(random, trigger);
    bytes[0] = static_cast<char>(0x40 | (bytes[0] & 0x3f));
    pair.server.inject(stranger, bytes);
  }
  pair.world.runFor(1ms);
  QVERIFY(answers <= 101);
  QVERIFY(shorter);
}

void SimServerTest::handsOverForeignDatagrams() {
  SimPair pair(311);
  const quic::CidCodec codec(serverParams().keys.connectionId);
  SeededRandom random(10);
  std::vector<int> workers;
  pair.server.foreign = [&](std::uint8_t worker, const net::ReceivedDatagram& datagram) {
    workers.push_back(worker);
    QVERIFY(*datagram.peer == kClientAddress);
  };
  for (const int worker : {0, 1, 7, 255}) {
    const auto cid = codec.encode(static_cast<std::uint8_t>(worker), random);
    std::string shortPacket = "\x41" + std::string(cid.begin(), cid.end()) + noise(random, 50);
    pair.server.inject(kClientAddress, shortPacket);
    std::string longPacket = captureInitial(312);
    longPacket[5] = quic::kServerCidLength;
    longPacket.replace(6, quic::kServerCidLength, std::string(cid.begin(), cid.end()));
    longPacket.at(6 + quic::kServerCidLength) = '\0';
    pair.server.inject(kClientAddress, longPacket);
  }
  pair.world.runFor(1ms);
  QCOMPARE(workers, (std::vector<int>{1, 1, 7, 7, 255, 255}));
  QCOMPARE(pair.server.endpoint().counters().forwarded, std::uint64_t{6});
}

// The server had eight workers before it was restarted, and has two now.
void SimServerTest::resetsDatagramsOfWorkersThatAreGone() {
  auto params = serverParams();
  params.workers = 2;
  SimPair pair(316, params);
  int foreign = 0;
  pair.server.foreign = [&](std::uint8_t, const net::ReceivedDatagram&) { ++foreign; };
  const quic::CidCodec codec(serverParams().keys.connectionId);
  SeededRandom random(11);
  for (const int worker : {1, 7}) {
    const auto cid = codec.encode(static_cast<std::uint8_t>(worker), random);
    pair.server.inject(kClientAddress, "\x41" + std::string(cid.begin(), cid.end()) + noise(random, 50));
  }
  pair.world.runFor(1ms);
  QCOMPARE(foreign, 1);
  QCOMPARE(pair.server.endpoint().counters().resetsSent, std::uint64_t{1});
}

// Two workers behind one address: after a change of the client's port the kernel gives its packets to the
// wrong one.
void SimServerTest::clientServedByAnotherWorker() {
  auto second = serverParams();
  second.worker = 1;
  SimPair pair(313);
  pair.echoes = true;
  SimNode other(pair.world, net::SocketAddress::fromIpv4({10, 0, 0, 11}, 4433), second);
  QVERIFY(pair.connect());
  int forwarded = 0;
  other.foreign = [&](std::uint8_t worker, const net::ReceivedDatagram& datagram) {
    QCOMPARE(int{worker}, 0);
    ++forwarded;
    pair.server.inject(*datagram.peer, asText(datagram.payload));
  };
  pair.world.network().tap = [&](const net::SocketAddress& from, const net::SocketAddress& to,
                                 ByteView payload) {
    if (to != kServerAddress) return true;
    other.inject(from, asText(payload));
    return false;
  };
  pair.client.rebind(net::SocketAddress::fromIpv4({10, 0, 0, 2}, 50999));
  auto [stream, log] = pair.atClient.open(*pair.atClient.connection);
  stream->sendCopy(asBytes(std::string(100'000, 'w')));
  stream->finish();
  QVERIFY(pair.until([&log = log] { return log->closed; }));
  QCOMPARE(log->received.size(), std::size_t{100'000});
  QVERIFY(forwarded > 50);
}

void SimServerTest::connectionIdsShowNothing() {
  const quic::CidCodec codec(serverParams().keys.connectionId);
  SeededRandom random(11);
  SeededRandom other(12);
  const quic::CidCodec stranger(quic::StaticKeys::generate(other).connectionId);
  for (int worker = 0; worker < 256; ++worker) {
    const auto cid = codec.encode(static_cast<std::uint8_t>(worker), random);
    QVERIFY(codec.decode(cid) == static_cast<std::uint8_t>(worker));
    QVERIFY(!stranger.decode(cid));
    QVERIFY(!codec.decode(std::span(cid).first(15)));
    auto changed = cid;
    changed[3] ^= 1;
    QVERIFY(!codec.decode(changed));
    QVERIFY(codec.encode(static_cast<std::uint8_t>(worker), random) != cid);
  }
}

void SimServerTest::createRefusesNonsense() {
  SimPair pair(314);
  auto params = serverParams();
  QVERIFY(quic::Endpoint::create(params, pair.server, pair.server).error().code ==
          ErrorCode::InvalidArgument);
  SlabPool pool;
  SlabWriter writer(pool);
  SeededRandom random(1);
  params.slabs = &pool;
  params.writer = &writer;
  params.random = &random;
  params.identity = nullptr;
  const auto anonymous = quic::Endpoint::create(params, pair.server, pair.server);
  QVERIFY(anonymous.error().detail.find("identity") != std::string::npos);
  params.identity = serverIdentity();
  params.alpn.clear();
  QVERIFY(!quic::Endpoint::create(params, pair.server, pair.server).has_value());
  params.alpn = "adit/1";
  const auto server = quic::Endpoint::create(params, pair.server, pair.server);
  QVERIFY(server.has_value());
  quic::ConnectParams connect;
  connect.peer = kServerAddress;
  connect.local = kClientAddress;
  QVERIFY(!(*server)->connect(connect, pair.world.now()).has_value());
  params.role = quic::Role::Client;
  const auto client = quic::Endpoint::create(params, pair.server, pair.server);
  connect.local = net::SocketAddress::loopback6(1);
  QVERIFY((*client)->connect(connect, pair.world.now()).error().code == ErrorCode::InvalidArgument);
}

QTEST_GUILESS_MAIN(SimServerTest)
#include "sim_server_test.moc"
