// SPDX-License-Identifier: Apache-2.0
// Who gets a place in a tunnel, and who gives way when it is full.
#include <QTest>

#include "core/server/tunnel_load.h"

using namespace adit;
using namespace adit::server;
using namespace std::chrono_literals;

namespace {

VisitorKey from(const char* address) { return VisitorKey::of(net::SocketAddress::parse(address).value()); }

struct Waiter final : TunnelLoad::Waiter {
  int gaveWay = 0;
  void onGiveWay() override { ++gaveWay; }
};

}  // namespace

class TunnelLoadTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void anAddressHasAShareOfWhatIsFree() {
    TunnelLoad load;
    const PlaceRequest one{from("192.0.2.1:1")}, other{from("192.0.2.2:1")}, exempt{};
    constexpr std::uint32_t kPlaces = 1000;
    const auto fill = [&](const PlaceRequest& request) {
      std::uint32_t got = 0;
      while (load.active() < kPlaces && load.hasShare(request, kPlaces - load.active(), 25)) {
        load.enter(request.visitor);
        ++got;
      }
      return got;
    };
    QCOMPARE(fill(one), 200U);    // then a quarter of what is free
    QCOMPARE(fill(other), 160U);  // of 800
    QCOMPARE(fill(exempt), 640U);
    QCOMPARE(load.active(), kPlaces);
    load.leave(one.visitor);
    QVERIFY(!load.hasShare(one, 1, 25));
    QVERIFY(load.hasShare({from("192.0.2.3:1")}, 1, 25));
  }

  void visitorsWithoutAnAddressAreOne() {
    QVERIFY(VisitorKey::of({}) == VisitorKey::of({}));
    QVERIFY(VisitorKey::of({}) != from("192.0.2.1:1"));
  }

  void aFewPlacesAreAlwaysFine() {
    TunnelLoad load;
    const PlaceRequest one{from("[2001:db8::1]:1")};
    const PlaceRequest neighbour{from("[2001:db8::ffff:1]:1")};  // of the same /64
    for (std::uint32_t i = 0; i < TunnelLoad::kLeastShare; ++i) {
      QVERIFY(load.hasShare(i % 2 == 0 ? one : neighbour, 20, 25));
      load.enter(one.visitor);
    }
    QVERIFY(!load.hasShare(one, 20, 25));
    QVERIFY(!load.hasShare(neighbour, 20, 25));
    QVERIFY(load.hasShare({from("[2001:db8:0:1::1]:1")}, 20, 25));
    QVERIFY(load.hasShare(one, 100, 25));
    for (std::uint32_t i = 0; i < TunnelLoad::kLeastShare; ++i) load.leave(one.visitor);
    QCOMPARE(load.active(), 0U);
    QVERIFY(load.hasShare(one, 20, 25));
  }

  void whoHasWaitedLongestGivesWay() {
    TunnelLoad load;
    const Timestamp start(1000s);
    Waiter first, second, third;
    load.awaitContent(first, start);
    load.awaitContent(second, start + 100ms);
    load.awaitContent(third, start + 200ms);
    QVERIFY(!load.makeRoom(start + TunnelLoad::kPatience - 1ms));
    QVERIFY(load.makeRoom(start + 3s));
    QCOMPARE(first.gaveWay, 1);
    third.unlink();  // whole, or answered
    QVERIFY(load.makeRoom(start + 3s));
    QCOMPARE(second.gaveWay, 1);
    QCOMPARE(third.gaveWay, 0);
    QVERIFY(!load.makeRoom(start + 1h));
  }

  void whoSentSomeMayPauseForLonger() {
    TunnelLoad load;
    const Timestamp start(1000s);
    Waiter begun, silent;
    load.awaitContent(begun, start);
    load.awaitMore(begun, start + 1s);
    load.awaitContent(silent, start + 5s);
    QVERIFY(!load.makeRoom(start + 6s));
    QVERIFY(load.makeRoom(start + 8s));
    QCOMPARE(silent.gaveWay, 1);
    QVERIFY(!load.makeRoom(start + 1s + TunnelLoad::kPausePatience - 1ms));
    load.awaitMore(begun, start + 10s);  // and some more
    QVERIFY(!load.makeRoom(start + 1s + TunnelLoad::kPausePatience));
    QVERIFY(load.makeRoom(start + 10s + TunnelLoad::kPausePatience));
    QCOMPARE(begun.gaveWay, 1);
  }
};

QTEST_APPLESS_MAIN(TunnelLoadTest)
#include "tunnel_load_test.moc"
