// SPDX-License-Identifier: Apache-2.0
// Networks in CIDR notation: what parses, and which addresses belong to them.
#include <QTest>

#include "core/net/network.h"

using namespace adit;
using namespace adit::net;

class NetworkTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void contains_data() {
    QTest::addColumn<QByteArray>("network");
    QTest::addColumn<QByteArray>("address");
    QTest::addColumn<bool>("inside");
    const auto row = [](const char* network, const char* address, bool inside) {
      QTest::addRow("%s %s", network, address) << QByteArray(network) << QByteArray(address) << inside;
    };
    row("10.0.0.0/8", "10.255.0.1:80", true);
    row("10.0.0.0/8", "11.0.0.1:80", false);
    row("10.128.0.0/9", "10.127.255.255:80", false);
    row("10.128.0.0/9", "10.128.0.0:80", true);
    row("192.0.2.7", "192.0.2.7:1", true);
    row("192.0.2.7", "192.0.2.8:1", false);
    row("192.0.2.7/32", "192.0.2.7:1", true);
    row("0.0.0.0/0", "203.0.113.9:1", true);
    row("0.0.0.0/0", "[2001:db8::1]:1", false);
    row("10.0.0.0/8", "[::ffff:10.1.2.3]:1", true);
    row("2001:db8::/33", "[2001:db8:7fff::1]:1", true);
    row("2001:db8::/33", "[2001:db8:8000::1]:1", false);
    row("::/0", "[2001:db8::1]:1", true);
    row("::/0", "10.0.0.1:1", false);
    row("::1", "[::1]:1", true);
    row("fe80::/10", "unix:/run/a", false);
  }
  void contains() {
    QFETCH(QByteArray, network);
    QFETCH(QByteArray, address);
    QFETCH(bool, inside);
    const auto parsed = Network::parse(network.toStdString());
    QVERIFY2(parsed, parsed ? "" : parsed.error().detail.c_str());
    QCOMPARE(parsed->contains(SocketAddress::parse(address.toStdString()).value()), inside);
    QVERIFY(!parsed->contains(SocketAddress()));
  }

  void refuses_data() {
    QTest::addColumn<QByteArray>("text");
    for (const char* text :
         {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.1/8", "10.0.0/8",
          "2001:db8::/129", "2001:db8::1/64", "[::1]/128", "localhost", "example.com/8", "10.0.0.0:80",
          "10.0.0.0/8/8", "fe80::1%lo", "unix:/run/a"})
      QTest::newRow(text) << QByteArray(text);
  }
  void refuses() {
    QFETCH(QByteArray, text);
    const auto parsed = Network::parse(text.toStdString());
    QVERIFY(!parsed);
    QVERIFY(parsed.error().code == ErrorCode::InvalidArgument);
  }

  void isWrittenAsItIsRead() {
    for (const char* text : {"10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"})
      QCOMPARE(Network::parse(text)->toString(), std::string(text));
  }
};

QTEST_APPLESS_MAIN(NetworkTest)
#include "network_test.moc"
