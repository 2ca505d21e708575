// SPDX-License-Identifier: Apache-2.0
// How a tunnel follows what the server says about it.
#include <QTest>

#include "core/client/tunnel.h"

using namespace adit;
using namespace adit::client;

class TunnelTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  // A name that moved away may be given again by the answer to a declaration that was on its way: a tunnel
  // that stayed marked would be left out of the next one and vanish.
  void anAcceptedTunnelIsHeldHere() {
    Tunnel tunnel;
    tunnel.spec.name = "shop";
    tunnel.heldElsewhere = tunnel.takesOver = tunnel.hasError = true;
    wire::TunnelAnswer answer;
    answer.accepted = true;
    answer.name = "shop";
    answer.url = "http://shop.example.com";
    tunnel.accept(answer);
    QVERIFY(!tunnel.heldElsewhere);
    QVERIFY(!tunnel.takesOver);
    QVERIFY(!tunnel.hasError);
    QCOMPARE(tunnel.name(), std::string("shop"));
  }
};

QTEST_APPLESS_MAIN(TunnelTest)
#include "tunnel_test.moc"
