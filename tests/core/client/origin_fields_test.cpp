// SPDX-License-Identifier: Apache-2.0
// What origins are told about a visitor (RFC 7239).
#include <QTest>

#include "core/client/origin_fields.h"

using namespace adit;
using namespace adit::client;

class OriginFieldsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void forwarded_data() {
    QTest::addColumn<QByteArray>("visitor");
    QTest::addColumn<QByteArray>("expected");
    QTest::newRow("IPv4") << QByteArray("192.0.2.1:4711")
                          << QByteArray("for=192.0.2.1;host=\"a.b:80\";proto=https");
    QTest::newRow("IPv6") << QByteArray("[2001:db8::1]:4711")
                          << QByteArray("for=\"[2001:db8::1]\";host=\"a.b:80\";proto=https");
    QTest::newRow("not known") << QByteArray() << QByteArray("for=unknown;host=\"a.b:80\";proto=https");
  }
  void forwarded() {
    QFETCH(QByteArray, visitor);
    QFETCH(QByteArray, expected);
    const net::SocketAddress address =
        visitor.isEmpty() ? net::SocketAddress() : net::SocketAddress::parse(visitor.toStdString()).value();
    const ForwardingFields fields(address, "a.b:80", http::Scheme::Https);
    QCOMPARE(QByteArray::fromStdString(fields.forwarded), expected);
    QCOMPARE(fields.address.empty(), visitor.isEmpty());
  }
};

QTEST_GUILESS_MAIN(OriginFieldsTest)
#include "origin_fields_test.moc"
