// SPDX-License-Identifier: Apache-2.0
#include "core/session/tunnel_name.h"

#include <QtTest>

using namespace adit;
using namespace adit::session;

class TunnelNameTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void normalizes_data();
  void normalizes();
};

void TunnelNameTest::normalizes_data() {
  QTest::addColumn<QString>("name");
  QTest::addColumn<QString>("label");  // empty: refused
  QTest::newRow("plain") << "shop"
                         << "shop";
  QTest::newRow("capitals") << "My-Shop-2"
                            << "my-shop-2";
  QTest::newRow("one character") << "a"
                                 << "a";
  QTest::newRow("digits") << "123"
                          << "123";
  QTest::newRow("63 characters") << QString(63, 'x') << QString(63, 'x');
  QTest::newRow("64 characters") << QString(64, 'x') << "";
  QTest::newRow("empty") << ""
                         << "";
  QTest::newRow("hyphen first") << "-a"
                                << "";
  QTest::newRow("hyphen last") << "a-"
                               << "";
  QTest::newRow("dot") << "a.b"
                       << "";
  QTest::newRow("underscore") << "a_b"
                              << "";
  QTest::newRow("space") << "a b"
                         << "";
  QTest::newRow("newline") << "a\n"
                           << "";
  QTest::newRow("umlaut") << QString::fromUtf8("sch\xc3\xb6n") << "";
  QTest::newRow("punycode") << "XN--80ak6aa92e"
                            << "";
  QTest::newRow("www") << "WWW"
                       << "";
  QTest::newRow("admin") << "admin"
                         << "";
  QTest::newRow("api") << "Api"
                       << "";
  QTest::newRow("adit") << "adit"
                        << "";
  QTest::newRow("like a reserved one") << "api2"
                                       << "api2";
}

void TunnelNameTest::normalizes() {
  QFETCH(QString, name);
  QFETCH(QString, label);
  const auto result = normalizeName(name.toStdString());
  QCOMPARE(result.has_value(), !label.isEmpty());
  if (result) {
    QCOMPARE(QString::fromStdString(*result), label);
  } else {
    QVERIFY(result.error().code == ErrorCode::NameInvalid);
  }
}

QTEST_APPLESS_MAIN(TunnelNameTest)
#include "tunnel_name_test.moc"
