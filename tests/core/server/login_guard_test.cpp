// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "core/server/login_guard.h"

using namespace adit;
using namespace adit::server;
using namespace std::chrono_literals;

namespace {
Timestamp at(Duration sinceStart) { return Timestamp(1h) + sinceStart; }
net::SocketAddress peer(std::string_view text) { return net::SocketAddress::parse(text).value(); }
void failTimes(LoginGuard& guard, const net::SocketAddress& who, int times, Timestamp now) {
  for (int i = 0; i < times; ++i) guard.noteFailure(who, now);
}
}  // namespace

class LoginGuardTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void shutsOutAfterFiveFailuresForAMinute() {
    LoginGuard guard;
    const auto who = peer("192.0.2.1:1000");
    failTimes(guard, who, 4, at(0s));
    QVERIFY(guard.allows(who, at(0s)));
    guard.noteFailure(who, at(10s));
    QVERIFY(!guard.allows(who, at(10s)));
    QVERIFY(!guard.allows(who, at(69s)));
    QVERIFY(guard.allows(who, at(70s)));
  }

  void forgetsOldFailures() {
    LoginGuard guard;
    const auto who = peer("192.0.2.1:1000");
    failTimes(guard, who, 4, at(0s));
    failTimes(guard, who, 4, at(61s));
    QVERIFY(guard.allows(who, at(61s)));
    guard.noteFailure(who, at(62s));
    QVERIFY(!guard.allows(who, at(62s)));
  }

  void countsAnAddressWhateverItsPort() {
    LoginGuard guard;
    for (int port = 1; port <= 5; ++port)
      guard.noteFailure(peer("192.0.2.1:" + std::to_string(port)), at(0s));
    QVERIFY(!guard.allows(peer("192.0.2.1:9"), at(0s)));
    QVERIFY(guard.allows(peer("192.0.2.2:9"), at(0s)));
  }

  void countsAnIpv6NetworkAsOne() {
    LoginGuard guard;
    for (int i = 1; i <= 5; ++i)
      guard.noteFailure(peer("[2001:db8:0:1::" + std::to_string(i) + "]:1"), at(0s));
    QVERIFY(!guard.allows(peer("[2001:db8:0:1:ffff::1]:1"), at(0s)));
    QVERIFY(guard.allows(peer("[2001:db8:0:2::1]:1"), at(0s)));
  }

  void staysBoundedWithoutForgettingWhoIsShutOut() {
    LoginGuard guard;
    const auto guesser = peer("192.0.2.1:1");
    failTimes(guard, guesser, 5, at(0s));
    for (int i = 0; i < 10'500; ++i) {
      const auto byte = [i](int shift) { return static_cast<std::uint8_t>(i >> shift); };
      guard.noteFailure(net::SocketAddress::fromIpv4({10, byte(16), byte(8), byte(0)}, 1), at(1s));
    }
    QVERIFY(!guard.allows(guesser, at(2s)));
  }
};

QTEST_APPLESS_MAIN(LoginGuardTest)
#include "login_guard_test.moc"
