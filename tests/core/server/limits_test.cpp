// SPDX-License-Identifier: Apache-2.0
// Limits by name, who may come in, and how slow a body may be.
#include <QTest>

#include "core/server/body_pace.h"
#include "core/server/limits.h"
#include "core/server/visitor_gate.h"

using namespace adit;
using namespace adit::server;
using namespace std::chrono_literals;

namespace {

net::SocketAddress at(const char* text) { return *net::SocketAddress::parse(text); }

QByteArray refusal(const char* assignment) {
  ServerLimits limits;
  const Result<> set = setLimit(limits, assignment);
  return set ? QByteArray() : QByteArray::fromStdString(set.error().detail);
}

}  // namespace

class LimitsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void areSetByName() {
    ServerLimits limits;
    for (const char* each :
         {"h2-streams=7", "h2-reset-rate=3", "head-bytes=1000", "head-timeout=1500ms", "body-timeout=2m",
          "write-timeout=7", "keep-alive-timeout=5s", "requests-per-tunnel=3", "connections=12",
          "connections-per-address=4", "body-rate=0", "read-rate=99", "spare-descriptors=0"}) {
      QVERIFY2(setLimit(limits, each), each);
    }
    QCOMPARE(limits.h2.concurrentStreams, 7U);
    QCOMPARE(limits.h2.resetRate, 3.0);
    QCOMPARE(limits.head.headBytes, std::size_t{1000});
    QVERIFY(limits.headTimeout == 1500ms);
    QVERIFY(limits.bodyIdleTimeout == 2min);
    QVERIFY(limits.writeIdleTimeout == 7s);
    QVERIFY(limits.keepAliveTimeout == 5s);
    QCOMPARE(limits.requestsPerTunnel, 3U);
    QCOMPARE(limits.connections, std::size_t{12});
    QCOMPARE(limits.connectionsPerAddress, std::size_t{4});
    QCOMPARE(limits.bodyRate, std::size_t{0});
    QCOMPARE(limits.readRate, std::size_t{99});
    QCOMPARE(limits.spareDescriptors, std::size_t{0});
  }

  void refusalsAreSentences() {
    QCOMPARE(refusal("connections"), QByteArray("'connections' is not of the form name=value"));
    QCOMPARE(refusal("conections=1"),
             QByteArray("there is no limit 'conections'; did you mean 'connections'?"));
    QCOMPARE(refusal("nonsense-altogether=1"), QByteArray("there is no limit 'nonsense-altogether'"));
    QCOMPARE(refusal("connections=many"), QByteArray("the limit 'connections' needs a number, not 'many'"));
    QCOMPARE(refusal("connections=10s"), QByteArray("the limit 'connections' needs a number, not '10s'"));
    QCOMPARE(refusal("head-timeout="),
             QByteArray("the limit 'head-timeout' needs a time such as 30s, not ''"));
    QCOMPARE(refusal("head-timeout=-1s"),
             QByteArray("the limit 'head-timeout' needs a time such as 30s, not '-1s'"));
    QCOMPARE(refusal("head-timeout=0"), QByteArray("the limit 'head-timeout' goes from 10ms to 86400s"));
    QCOMPARE(refusal("head-timeout=99999999999999999999s"),
             QByteArray("the limit 'head-timeout' needs a time such as 30s, not '99999999999999999999s'"));
    QCOMPARE(refusal("connections=0"), QByteArray("the limit 'connections' goes from 1 to 1000000"));
    QCOMPARE(refusal("requests-per-tunnel=4294967297"),
             QByteArray("the limit 'requests-per-tunnel' goes from 1 to 1000000"));
  }

  void theirDescriptionNamesDefaults() {
    const std::string text = describeLimits();
    for (const char* part :
         {"head-bytes=32768 ", "target-bytes=8192 ", "head-fields=128 ", "head-timeout=10s ",
          "keep-alive-timeout=60s ", "body-timeout=120s ", "requests-per-tunnel=1000 ", "connections=10000 ",
          "connections-per-address=256 ", "h2-streams=100 ", "h2-reset-burst=200 ",
          "spare-descriptors=64 "}) {
      QVERIFY2(text.find(part) != std::string::npos, part);
    }
  }

  void theGateCountsByAddress() {
    ServerLimits limits;
    limits.connectionsPerAddress = 2;
    limits.connectionsFromLoopback = 3;
    VisitorGate gate(1000);
    using enum VisitorGate::Verdict;
    QVERIFY(gate.admit(at("192.0.2.1:1"), limits) == Admitted);
    QVERIFY(gate.admit(at("192.0.2.1:2"), limits) == Admitted);
    QVERIFY(gate.admit(at("192.0.2.1:3"), limits) == AddressFull);
    QVERIFY(gate.admit(at("192.0.2.2:3"), limits) == Admitted);
    QVERIFY(gate.admit(at("[::ffff:192.0.2.1]:4"), limits) == AddressFull);
    gate.leave(at("192.0.2.1:2"));
    QVERIFY(gate.admit(at("192.0.2.1:3"), limits) == Admitted);
    // IPv6: the /64 counts.
    QVERIFY(gate.admit(at("[2001:db8:0:1::1]:1"), limits) == Admitted);
    QVERIFY(gate.admit(at("[2001:db8:0:1:ffff::2]:1"), limits) == Admitted);
    QVERIFY(gate.admit(at("[2001:db8:0:1::3]:1"), limits) == AddressFull);
    QVERIFY(gate.admit(at("[2001:db8:0:2::1]:1"), limits) == Admitted);
    // This machine.
    for (const char* each : {"127.0.0.1:1", "127.9.9.9:1", "127.0.0.1:2"})
      QVERIFY(gate.admit(at(each), limits) == Admitted);
    QVERIFY(gate.admit(at("127.0.0.1:3"), limits) == AddressFull);
    QCOMPARE(gate.inside(), std::size_t{9});
    // A proxy that is trusted speaks for many, too.
    const std::vector<net::Network> trusted{*net::Network::parse("192.0.2.2")};
    for (const char* each : {"192.0.2.2:4", "192.0.2.2:5"})
      QVERIFY(gate.admit(at(each), limits, trusted) == Admitted);
    QVERIFY(gate.admit(at("192.0.2.2:6"), limits, trusted) == AddressFull);
    gate.leave(at("192.0.2.2:4"));
    gate.leave(at("192.0.2.2:5"));
    // One that moves between workers is never lost on the way.
    gate.leave(at("192.0.2.1:1"));
    QVERIFY(gate.admit(at("192.0.2.1:9"), limits) == Admitted);
    gate.enter(at("192.0.2.1:1"));
    QCOMPARE(gate.inside(), std::size_t{10});
  }

  void theGateHasACapacity() {
    VisitorGate gate(1000);
    ServerLimits limits;
    limits.connections = 2;
    using enum VisitorGate::Verdict;
    QVERIFY(gate.admit(at("192.0.2.1:1"), limits) == Admitted);
    QVERIFY(gate.admit(at("192.0.2.2:1"), limits) == Admitted);
    QVERIFY(gate.isFull(limits));
    QVERIFY(gate.admit(at("192.0.2.3:1"), limits) == Full);
    gate.leave(at("192.0.2.1:1"));
    QVERIFY(gate.admit(at("192.0.2.3:1"), limits) == Admitted);
    // A changed limit applies to those who come from then on.
    limits.connections = 3;
    QVERIFY(gate.admit(at("192.0.2.1:1"), limits) == Admitted);
    limits.connections = 1;
    QVERIFY(gate.isFull(limits));
    QCOMPARE(gate.inside(), std::size_t{3});
  }

  void theGateKeepsDescriptorsBack() {
    ServerLimits limits;
    limits.connections = 100;
    limits.spareDescriptors = 64;
    QCOMPARE(VisitorGate(1000).capacity(limits), std::size_t{100});
    QCOMPARE(VisitorGate(70).capacity(limits), std::size_t{6});
    QCOMPARE(VisitorGate(64).capacity(limits), std::size_t{1});
    QCOMPARE(VisitorGate(0).capacity(limits), std::size_t{1});
  }

  void aBodyHasAPace() {
    ServerLimits limits;
    limits.bodyIdleTimeout = 10s;
    limits.bodyRate = 100;
    const Timestamp start = fromNanoseconds(1'000'000'000);
    BodyPace pace;
    pace.restart(start, limits);
    // While bytes flow they are to come at the rate: half of it lasts twice the time.
    Timestamp now = start;
    int seconds = 0;
    for (; seconds < 60 && pace.received(50, now += 1s, limits); ++seconds) {
    }
    QVERIFY2(seconds >= 19 && seconds <= 20, qPrintable(QString::number(seconds)));
    // A pause of up to ten seconds is not judged by the rate, but what ends it buys little time for the next.
    pace.restart(start, limits);
    QVERIFY(pace.received(100'000, start + 9s, limits));
    QVERIFY(pace.received(1, start + 18s, limits));
    QVERIFY(!pace.received(1, start + 27s, limits));
    // What made it wait was us.
    pace.restart(start, limits);
    QVERIFY(pace.received(1, start + 5s, limits));
    pace.restart(start + 100s, limits);
    QVERIFY(pace.received(1, start + 101s, limits));
    limits.bodyRate = 0;
    QVERIFY(pace.received(1, start + 1000s, limits));
  }
};

QTEST_APPLESS_MAIN(LimitsTest)
#include "limits_test.moc"
