// SPDX-License-Identifier: Apache-2.0
// Both UDP sockets over loopback: batches, segmentation, ECN, addresses, refusals. Each test runs with the
// portable one and with the one that `open` picks.
#include <deque>

#include <QTest>

#include "core/net/udp_socket.h"
#include "tests/core/net/net_test_support.h"

using namespace adit;
using namespace adit::net;
using namespace adit::net::test;

namespace {

struct Receiver final : UdpSocket::Handler {
  std::deque<std::string> payloads;
  std::vector<Ecn> marks;
  std::vector<SocketAddress> peers, locals, refused;
  int calls = 0, writable = 0, errors = 0;
  std::function<void()> hook;

  void onDatagrams(std::span<const ReceivedDatagram> datagrams) override {
    ++calls;
    for (const ReceivedDatagram& datagram : datagrams) {
      payloads.emplace_back(asText(datagram.payload));
      marks.push_back(datagram.ecn);
      peers.push_back(*datagram.peer);
      locals.push_back(*datagram.local);
    }
    if (hook) hook();
  }
  void onWritable() override { ++writable; }
  void onRefused(const SocketAddress& peer) override { refused.push_back(peer); }
  void onSocketError(const Error&) override { ++errors; }
};

using Open = Result<std::unique_ptr<UdpSocket>> (*)(EventLoop&, const UdpParams&, UdpSocket::Handler&);

struct Ends {
  std::unique_ptr<EventLoop> loop = makeLoop();
  Receiver atA, atB;
  std::unique_ptr<UdpSocket> a, b;

  explicit Ends(Open open, const SocketAddress& bind = SocketAddress::loopback4(0),
                Duration timePerWake = std::chrono::hours(1)) {
    UdpParams params;
    params.timePerWake = timePerWake;
    params.bind = bind;
    params.bufferBytes = 256 * 1024;
    a = std::move(*open(*loop, params, atA));
    b = std::move(*open(*loop, params, atB));
  }
  SendResult sendToB(ByteView bytes, std::size_t segment, Ecn ecn = Ecn::NotEct) {
    target = b->localAddress();
    if (target.isUnspecified()) {
      target = target.family() == AddressFamily::Ipv4 ? SocketAddress::loopback4(target.port())
                                                      : SocketAddress::loopback6(target.port());
    }
    return a->send({&target, nullptr, ecn, bytes, segment});
  }
  SocketAddress target;
};

std::string numbered(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i / 7);
  return text;
}

}  // namespace

class UdpSocketTest : public QObject {
  Q_OBJECT

 private:
  static void bothKinds() {
    QTest::addColumn<bool>("portable");
    QTest::newRow("portable") << true;
    QTest::newRow("preferred") << false;
  }
  static Open kind() {
    QFETCH(bool, portable);
    return portable ? &UdpSocket::openPortable : &UdpSocket::open;
  }

 private Q_SLOTS:
  void delivers_data() { bothKinds(); }
  void delivers() {
    Ends ends(kind());
    const SendResult result = ends.sendToB(asBytes("ping"), 1200);
    QVERIFY(result.outcome == SendOutcome::Sent);
    QCOMPARE(result.sent, std::size_t{4});
    QVERIFY(runUntil(*ends.loop, [&] { return ends.atB.payloads.size() == 1; }));
    QCOMPARE(ends.atB.payloads[0], std::string("ping"));
    QCOMPARE(ends.atB.peers[0], ends.a->localAddress());
    QCOMPARE(ends.atB.locals[0], ends.b->localAddress());
    QCOMPARE(ends.a->counters().datagramsOut, std::uint64_t{1});
    QCOMPARE(ends.b->counters().datagramsIn, std::uint64_t{1});
    QCOMPARE(ends.b->counters().bytesIn, std::uint64_t{4});
    QVERIFY(ends.loop->counters().wakeups > 0);
  }

  void splitsBatches_data() {
    QTest::addColumn<bool>("portable");
    QTest::addColumn<int>("bytes");
    QTest::addColumn<int>("segment");
    for (const bool portable : {true, false}) {
      const auto row = [&](const char* name, int bytes, int segment) {
        QTest::addRow("%s %s", portable ? "portable" : "preferred", name) << portable << bytes << segment;
      };
      row("one short", 100, 1200);
      row("one exact", 1200, 1200);
      row("even", 12000, 1200);
      row("short last", 12001, 1200);
      row("many small", 64 * 10, 10);
      row("more than one call takes", 100'000, 1200);
      row("more segments than one call takes", 130, 1);
      row("large segments", 16000 * 5 + 3, 16000);
      row("no size", 5000, 0);
      row("empty", 0, 0);
    }
  }
  void splitsBatches() {
    QFETCH(int, bytes);
    QFETCH(int, segment);
    Ends ends(kind());
    const std::string text = numbered(static_cast<std::size_t>(bytes));
    const SendResult result = ends.sendToB(asBytes(text), static_cast<std::size_t>(segment));
    QVERIFY(result.outcome == SendOutcome::Sent);
    QCOMPARE(result.sent, text.size());
    const std::size_t size = segment == 0 ? text.size() : static_cast<std::size_t>(segment);
    const std::size_t count = size == 0 ? 1 : (text.size() + size - 1) / size;
    QVERIFY(runUntil(*ends.loop, [&] { return ends.atB.payloads.size() == count; }));
    std::string together;
    for (std::size_t i = 0; i < count; ++i) {
      if (i + 1 < count) QCOMPARE(ends.atB.payloads[i].size(), size);
      together += ends.atB.payloads[i];
    }
    QVERIFY(together == text);
    QCOMPARE(ends.a->counters().datagramsOut, count);
    QCOMPARE(ends.b->counters().datagramsIn, count);
  }

  void takesFewCallsForABatch() {
    Ends ends(&UdpSocket::open);
    if (ends.a->maxSegments() == 1) QSKIP("no segmentation offload here");
    const std::string text = numbered(40 * 1200);
    QVERIFY(ends.sendToB(asBytes(text), 1200).outcome == SendOutcome::Sent);
    QVERIFY(runUntil(*ends.loop, [&] { return ends.atB.payloads.size() == 40; }));
    QCOMPARE(ends.a->counters().sendCalls, std::uint64_t{1});
    QCOMPARE(ends.b->counters().receiveCalls, std::uint64_t{1});
    QCOMPARE(ends.atB.calls, 1);
  }

  void readsManyDatagramsInABoundedWake_data() { bothKinds(); }
  void readsManyDatagramsInABoundedWake() {
    Ends ends(kind());
    // Of different sizes, which the kernel does not join.
    for (std::size_t i = 0; i < 150; ++i) ends.sendToB(asBytes(std::string(i + 1, 'x')), 1200);
    ends.loop->runOnce();
    QCOMPARE(ends.atB.payloads.size(), std::size_t{64});
    QVERIFY(runUntil(*ends.loop, [&] { return ends.atB.payloads.size() == 150; }));
    for (std::size_t i = 0; i < 150; ++i) QCOMPARE(ends.atB.payloads[i].size(), i + 1);
  }

  void readsOnceInAWakeWhoseTimeIsUp_data() { bothKinds(); }
  void readsOnceInAWakeWhoseTimeIsUp() {
    Ends ends(kind(), SocketAddress::loopback4(0), Duration::zero());
    for (std::size_t i = 0; i < 40; ++i) ends.sendToB(asBytes(std::string(i + 1, 'x')), 1200);
    for (const std::size_t seen : {std::size_t{16}, std::size_t{32}, std::size_t{40}}) {
      ends.loop->runOnce();
      QCOMPARE(ends.atB.payloads.size(), seen);
    }
    for (std::size_t i = 0; i < 40; ++i) QCOMPARE(ends.atB.payloads[i].size(), i + 1);
  }

  void readsFewLargeMessagesAtOnce() {
    Ends ends(&UdpSocket::open, SocketAddress::loopback4(0), Duration::zero());
    if (ends.a->maxSegments() == 1) QSKIP("no segmentation offload here");
    const std::string text = numbered(20 * 1200);
    for (int i = 0; i < 5; ++i) QVERIFY(ends.sendToB(asBytes(text), 1200).outcome == SendOutcome::Sent);
    ends.loop->runOnce();
    QCOMPARE(ends.atB.payloads.size(), std::size_t{5 * 20});
    for (int i = 0; i < 5; ++i) QVERIFY(ends.sendToB(asBytes(text), 1200).outcome == SendOutcome::Sent);
    ends.loop->runOnce();
    QCOMPARE(ends.atB.payloads.size(), std::size_t{9 * 20});
    ends.loop->runOnce();
    QCOMPARE(ends.atB.payloads.size(), std::size_t{10 * 20});
  }

  void tellsWhatWasRefused_data() {
    QTest::addColumn<bool>("six");
    QTest::newRow("IPv4") << false;
    QTest::newRow("IPv6") << true;
  }
  void tellsWhatWasRefused() {
    QFETCH(bool, six);
    const SocketAddress bind = six ? SocketAddress::loopback6(0) : SocketAddress::loopback4(0);
    Ends ends(&UdpSocket::open, bind);
    if (ends.a->maxSegments() == 1) QSKIP("only Linux tells which datagram was refused");
    Receiver told;
    UdpParams params;
    params.bind = bind;
    params.tellsRefusals = true;
    const auto socket = std::move(*UdpSocket::open(*ends.loop, params, told));
    const SocketAddress gone = ends.b->localAddress(), alive = ends.a->localAddress();
    ends.b.reset();
    QVERIFY(socket->send({&gone, nullptr, Ecn::NotEct, asBytes("x"), 1200}).outcome == SendOutcome::Sent);
    QVERIFY(runUntil(*ends.loop, [&] { return !told.refused.empty(); }));
    QCOMPARE(told.refused.size(), std::size_t{1});
    QCOMPARE(told.refused[0], gone);
    // The socket goes on as if nothing had happened.
    QVERIFY(socket->send({&alive, nullptr, Ecn::NotEct, asBytes("y"), 1200}).outcome == SendOutcome::Sent);
    QVERIFY(runUntil(*ends.loop, [&] { return ends.atA.payloads.size() == 1; }));
    QCOMPARE(told.errors, 0);
  }

  void passesEcnMarks_data() {
    QTest::addColumn<bool>("six");
    QTest::newRow("IPv4") << false;
    QTest::newRow("IPv6") << true;
  }
  void passesEcnMarks() {
    QFETCH(bool, six);
    Ends ends(&UdpSocket::open, six ? SocketAddress::loopback6(0) : SocketAddress::loopback4(0));
    if (ends.a->maxSegments() == 1) QSKIP("the portable socket knows no marks");
    const std::vector<Ecn> marks = {Ecn::NotEct, Ecn::Ect0, Ecn::Ect1, Ecn::Ce};
    for (const Ecn mark : marks) ends.sendToB(asBytes("m"), 1200, mark);
    const std::string text = numbered(6000);
    ends.sendToB(asBytes(text), 1200, Ecn::Ect0);
    QVERIFY(runUntil(*ends.loop, [&] { return ends.atB.marks.size() == 9; }));
    for (std::size_t i = 0; i < 4; ++i) QVERIFY(ends.atB.marks[i] == marks[i]);
    for (std::size_t i = 4; i < 9; ++i) QVERIFY(ends.atB.marks[i] == Ecn::Ect0);
  }

  void tellsTheLocalAddressOfAWildcard_data() {
    QTest::addColumn<QString>("bind");
    QTest::newRow("IPv4") << "0.0.0.0:0";
    QTest::newRow("IPv6") << "[::]:0";
  }
  void tellsTheLocalAddressOfAWildcard() {
    QFETCH(QString, bind);
    Ends ends(&UdpSocket::open, *SocketAddress::parse(bind.toStdString()));
    if (ends.a->maxSegments() == 1) QSKIP("the portable socket knows its port only");
    ends.sendToB(asBytes("x"), 1200);
    QVERIFY(runUntil(*ends.loop, [&] { return ends.atB.locals.size() == 1; }));
    QVERIFY(ends.atB.locals[0].isLoopback());
    QCOMPARE(ends.atB.locals[0].port(), ends.b->localAddress().port());
    // The answer leaves from where the question went.
    QVERIFY(ends.b->send({&ends.atB.peers[0], &ends.atB.locals[0], Ecn::Ect0, asBytes("y"), 1200}).outcome ==
            SendOutcome::Sent);
    QVERIFY(runUntil(*ends.loop, [&] { return ends.atA.peers.size() == 1; }));
    QCOMPARE(ends.atA.peers[0], ends.atB.locals[0]);
  }

  void answersFromTheAddressThatWasAsked() {
    Ends ends(&UdpSocket::open, *SocketAddress::parse("0.0.0.0:0"));
    if (ends.a->maxSegments() == 1) QSKIP("the portable socket cannot choose");
    // All of 127/8 is ours: without a source the system would answer from 127.0.0.1.
    const auto to = SocketAddress::fromIpv4({127, 0, 0, 9}, ends.b->localAddress().port());
    ends.a->send({&to, nullptr, Ecn::NotEct, asBytes("x"), 1200});
    QVERIFY(runUntil(*ends.loop, [&] { return ends.atB.locals.size() == 1; }));
    QCOMPARE(ends.atB.locals[0], to);
    ends.b->send({&ends.atB.peers[0], &ends.atB.locals[0], Ecn::NotEct, asBytes("y"), 1200});
    QVERIFY(runUntil(*ends.loop, [&] { return ends.atA.peers.size() == 1; }));
    QCOMPARE(ends.atA.peers[0], to);
  }

  void anIpv6WildcardServesIpv4_data() { bothKinds(); }
  void anIpv6WildcardServesIpv4() {
    Ends ends(kind(), *SocketAddress::parse("[::]:0"));
    Receiver atC;
    UdpParams params;
    params.bind = SocketAddress::loopback4(0);
    auto c = kind()(*ends.loop, params, atC);
    const auto to = SocketAddress::loopback4(ends.b->localAddress().port());
    QVERIFY((*c)->send({&to, nullptr, Ecn::Ect0, asBytes("four"), 1200}).outcome == SendOutcome::Sent);
    QVERIFY(runUntil(*ends.loop, [&] { return ends.atB.payloads.size() == 1; }));
    QCOMPARE(ends.atB.peers[0].host(), std::string("127.0.0.1"));
    const std::string two = numbered(2400);
    QVERIFY(ends.b->send({&ends.atB.peers[0], &ends.atB.locals[0], Ecn::Ect0, asBytes(two), 1200}).outcome ==
            SendOutcome::Sent);
    QVERIFY(runUntil(*ends.loop, [&] { return atC.payloads.size() == 2; }));
    QCOMPARE(atC.peers[0], to);
    if (ends.b->maxSegments() > 1) {
      QVERIFY(ends.atB.marks[0] == Ecn::Ect0);
      QVERIFY(atC.marks[1] == Ecn::Ect0);
      QCOMPARE(ends.atB.locals[0].host(), std::string("127.0.0.1"));
    }
  }

  void refusesWhatNoPathTakes_data() { bothKinds(); }
  void refusesWhatNoPathTakes() {
    Ends ends(kind());
    const std::string text = numbered(65508);
    const std::size_t segments = ends.a->maxSegments();
    const SendResult result = ends.sendToB(asBytes(text), 65508);
    QVERIFY(result.outcome == SendOutcome::TooLarge);
    QCOMPARE(result.sent, std::size_t{0});
    QCOMPARE(ends.a->counters().sendErrors, std::uint64_t{1});
    // The socket and its offload are as good as before.
    QCOMPARE(ends.a->maxSegments(), segments);
    QVERIFY(ends.sendToB(asBytes("ok"), 1200).outcome == SendOutcome::Sent);
    QVERIFY(runUntil(*ends.loop, [&] { return ends.atB.payloads.size() == 1; }));
  }

  void reportsUnreachablePeers_data() { bothKinds(); }
  void reportsUnreachablePeers() {
    Ends ends(kind());
    // Bound to loopback, the socket cannot leave it.
    const auto away = SocketAddress::fromIpv4({192, 0, 2, 1}, 9);
    const SendResult result = ends.a->send({&away, nullptr, Ecn::NotEct, asBytes("x"), 1200});
    QVERIFY(result.outcome == SendOutcome::Failed);
    QVERIFY(result.systemError != 0);
    QCOMPARE(ends.atA.errors, 0);
    QVERIFY(ends.sendToB(asBytes("ok"), 1200).outcome == SendOutcome::Sent);
  }

  void survivesRefusals_data() { bothKinds(); }
  void survivesRefusals() {
    Ends ends(kind());
    const SocketAddress gone = ends.b->localAddress();
    ends.b.reset();
    for (int i = 0; i < 5; ++i) ends.a->send({&gone, nullptr, Ecn::NotEct, asBytes("x"), 1200});
    runTurns(*ends.loop, 5);
    QCOMPARE(ends.atA.errors, 0);
    UdpParams params;
    params.bind = gone;
    auto again = kind()(*ends.loop, params, ends.atB);
    QVERIFY(again.has_value());
    QVERIFY(ends.a->send({&gone, nullptr, Ecn::NotEct, asBytes("back"), 1200}).outcome == SendOutcome::Sent);
    QVERIFY(runUntil(*ends.loop, [&] { return ends.atB.payloads.size() == 1; }));
  }

  void namesTheAddressItCannotHave_data() { bothKinds(); }
  void namesTheAddressItCannotHave() {
    Ends ends(kind());
    UdpParams params;
    params.bind = ends.a->localAddress();
    Receiver other;
    const auto taken = kind()(*ends.loop, params, other);
    QVERIFY(!taken);
    QCOMPARE(toString(taken.error().code), std::string_view("address-in-use"));
    QVERIFY(taken.error().detail.find(params.bind.toString()) != std::string::npos);
    params.bind = SocketAddress::fromIpv4({192, 0, 2, 1}, 0);
    const auto foreign = kind()(*ends.loop, params, other);
    QVERIFY(!foreign);
    QCOMPARE(toString(foreign.error().code), std::string_view("address-unavailable"));
  }

  void workersShareAPort() {
#ifndef __linux__
    QSKIP("ports are shared on Linux only");
#endif
    auto loop = makeLoop();
    Receiver first, second, sender;
    UdpParams params;
    params.bind = SocketAddress::loopback4(0);
    params.reusePort = true;
    auto a = UdpSocket::open(*loop, params, first);
    QVERIFY(a.has_value());
    params.bind = (*a)->localAddress();
    auto b = UdpSocket::open(*loop, params, second);
    QVERIFY2(b.has_value(), b ? "" : b.error().detail.c_str());
    // Flows spread over the two by their source port.
    for (int i = 0; i < 64; ++i) {
      UdpParams from;
      from.bind = SocketAddress::loopback4(0);
      auto socket = UdpSocket::open(*loop, from, sender);
      QVERIFY((*socket)->send({&params.bind, nullptr, Ecn::NotEct, asBytes("x"), 1200}).outcome ==
              SendOutcome::Sent);
    }
    QVERIFY(runUntil(*loop, [&] { return first.payloads.size() + second.payloads.size() == 64; }));
    QVERIFY(!first.payloads.empty());
    QVERIFY(!second.payloads.empty());
  }

  void mayBeDestroyedInsideItsCallback_data() { bothKinds(); }
  void mayBeDestroyedInsideItsCallback() {
    Ends ends(kind());
    ends.atB.hook = [&] { ends.b.reset(); };
    for (std::size_t i = 0; i < 40; ++i) ends.sendToB(asBytes(std::string(i + 1, 'x')), 1200);
    QVERIFY(runUntil(*ends.loop, [&] { return ends.b == nullptr; }));
    runTurns(*ends.loop, 2);
    QCOMPARE(ends.atB.calls, 1);
  }
};

QTEST_GUILESS_MAIN(UdpSocketTest)
#include "udp_socket_test.moc"
