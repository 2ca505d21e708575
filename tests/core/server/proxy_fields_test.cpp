// SPDX-License-Identifier: Apache-2.0
// What is believed of a proxy's fields, and whose are not read at all.
#include <QTest>

#include <string>
#include <vector>

#include "core/server/proxy_fields.h"

using namespace adit;
using namespace adit::server;

namespace {

using http::Field;
using http::Scheme;

net::SocketAddress at(const char* text) { return net::SocketAddress::parse(text).value(); }

const std::vector<net::Network> kTrusted{net::Network::parse("10.0.0.0/8").value(),
                                         net::Network::parse("2001:db8:1::/48").value()};

RequestOrigin read(const std::vector<Field>& fields, const char* peer = "10.0.0.1:4711") {
  return requestOrigin({at(peer), Scheme::Http, "inside.example"}, fields, kTrusted);
}

}  // namespace

class ProxyFieldsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void visitor_data() {
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<QByteArray>("address");
    const auto row = [](const char* name, const char* value, const char* address) {
      QTest::addRow("%s: %s", name, value) << QByteArray(name) << QByteArray(value) << QByteArray(address);
    };
    row("X-Forwarded-For", "203.0.113.9", "203.0.113.9");
    row("x-forwarded-for", "203.0.113.9:1234", "203.0.113.9");
    row("X-Forwarded-For", "198.51.100.1, 203.0.113.9", "203.0.113.9");
    row("X-Forwarded-For", "203.0.113.9, 10.1.1.1", "203.0.113.9");
    row("X-Forwarded-For", "198.51.100.1,203.0.113.9,10.1.1.1 , 10.2.2.2", "203.0.113.9");
    row("X-Forwarded-For", "10.9.9.9, 10.1.1.1", "10.9.9.9");  // all are trusted: the leftmost
    row("X-Forwarded-For", "2001:db8:2::5", "2001:db8:2::5");
    row("X-Forwarded-For", "[2001:db8:2::5]:80", "2001:db8:2::5");
    row("X-Forwarded-For", "[2001:db8:2::5], 2001:db8:1::1", "2001:db8:2::5");
    row("X-Forwarded-For", "198.51.100.1, unknown", "");
    row("X-Forwarded-For", "198.51.100.1, 1.2.3.4.5", "");
    row("X-Forwarded-For", "198.51.100.1, fe80::1%eth0", "");
    row("X-Forwarded-For", "198.51.100.1, [::1", "");
    row("X-Forwarded-For", "", "10.0.0.1");
    row("X-Forwarded-For", " , ,", "10.0.0.1");
    row("Forwarded", "for=203.0.113.9", "203.0.113.9");
    row("Forwarded", "for=198.51.100.1, for=\"203.0.113.9:80\";proto=https", "203.0.113.9");
    row("Forwarded", "For=\"[2001:db8:2::5]:80\" ; by=10.0.0.1, for=10.1.1.1", "2001:db8:2::5");
    row("Forwarded", "for=198.51.100.1, for=_hidden", "");
    row("Forwarded", "for=198.51.100.1, proto=http", "");
    row("Forwarded", "for=198.51.100.1;host=\"a,b;for=203.0.113.9\"", "198.51.100.1");
    row("Forwarded", "for=198.51.100.1, for=\"203.0.113.9", "");
    // A visitor's own field to which its proxy has appended.
    row("X-Forwarded-For", "\", 203.0.113.9", "203.0.113.9");
    row("Forwarded", "for=\"x, for=203.0.113.9", "203.0.113.9");
    row("Forwarded", "for=\"x\\\", for=203.0.113.9", "203.0.113.9");
    row("Forwarded", "for=\"x, for=\"[2001:db8:2::5]:80\"", "2001:db8:2::5");
    row("X-Real-IP", "203.0.113.9", "10.0.0.1");
  }
  void visitor() {
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, value);
    QFETCH(QByteArray, address);
    const std::string nameText = name.toStdString(), valueText = value.toStdString();
    const RequestOrigin origin = read({{"Accept", "x"}, {nameText, valueText}});
    QCOMPARE(QByteArray::fromStdString(origin.address.host()), address);
    QVERIFY(origin.isProxied);
    // Who has the proxy's connection may be somebody else with the next request.
    QCOMPARE(int{origin.address.port()}, 0);
  }

  void strangersAreNotBelieved() {
    const RequestOrigin origin = read({{"X-Forwarded-For", "203.0.113.9"},
                                       {"X-Forwarded-Proto", "https"},
                                       {"X-Forwarded-Host", "other.example"},
                                       {"Forwarded", "for=203.0.113.9;proto=https"}},
                                      "192.0.2.1:4711");
    QCOMPARE(origin.address.toString(), std::string("192.0.2.1:4711"));
    QVERIFY(origin.scheme == Scheme::Http);
    QCOMPARE(origin.authority, std::string_view("inside.example"));
    QVERIFY(!origin.isProxied);
  }

  void schemeAndHostAreBelieved() {
    const RequestOrigin origin = read({{"X-Forwarded-For", "203.0.113.9"},
                                       {"X-Forwarded-Proto", "HTTPS"},
                                       {"X-Forwarded-Host", "shop.example:8443"}});
    QVERIFY(origin.scheme == Scheme::Https);
    QCOMPARE(origin.authority, std::string_view("shop.example:8443"));
    // Without an address, too.
    QVERIFY(read({{"X-Forwarded-Proto", "https"}}).scheme == Scheme::Https);
    const RequestOrigin rfc = read({{"Forwarded", "for=203.0.113.9;proto=https;host=\"shop.example\""}});
    QVERIFY(rfc.scheme == Scheme::Https);
    QCOMPARE(rfc.authority, std::string_view("shop.example"));
  }

  void whatIsNoSchemeOrHostIsNot() {
    for (const char* host : {"", "a b", "user@shop.example", "[::1", "shop..example"}) {
      const RequestOrigin origin = read(
          {{"X-Forwarded-For", "203.0.113.9"}, {"X-Forwarded-Proto", "ftp"}, {"X-Forwarded-Host", host}});
      QVERIFY(origin.scheme == Scheme::Http);
      QCOMPARE(origin.authority, std::string_view("inside.example"));
    }
  }

  /// A chain of trusted proxies: what the first of them said, which saw the visitor.
  void chains() {
    const RequestOrigin lists = read({{"X-Forwarded-For", "203.0.113.9, 10.1.1.1"},
                                      {"X-Forwarded-Proto", "https, http"},
                                      {"X-Forwarded-Host", "shop.example, inner.example"}});
    QVERIFY(lists.scheme == Scheme::Https);
    QCOMPARE(lists.authority, std::string_view("shop.example"));
    const RequestOrigin kept = read({{"X-Forwarded-For", "203.0.113.9"},
                                     {"X-Forwarded-For", "10.1.1.1"},
                                     {"X-Forwarded-Proto", "https"}});
    QCOMPARE(kept.address.host(), std::string("203.0.113.9"));
    QVERIFY(kept.scheme == Scheme::Https);
    const RequestOrigin rfc = read(
        {{"Forwarded", "for=203.0.113.9;proto=https;host=shop.example, for=10.1.1.1;proto=http;host=inner"}});
    QVERIFY(rfc.scheme == Scheme::Https);
    QCOMPARE(rfc.authority, std::string_view("shop.example"));
    // What the visitor itself had written before does not count.
    const RequestOrigin spoofed =
        read({{"X-Forwarded-For", "10.5.5.5, 203.0.113.9"}, {"X-Forwarded-Proto", "https, http"}});
    QCOMPARE(spoofed.address.host(), std::string("203.0.113.9"));
    QVERIFY(spoofed.scheme == Scheme::Http);
  }

  void forwardedIsNotReadBesideXForwardedFor() {
    const RequestOrigin origin = read({{"Forwarded", "for=198.51.100.1;proto=https;host=evil.example"},
                                       {"X-Forwarded-For", "203.0.113.9"}});
    QCOMPARE(origin.address.host(), std::string("203.0.113.9"));
    QVERIFY(origin.scheme == Scheme::Http);
    QCOMPARE(origin.authority, std::string_view("inside.example"));
  }

  void longListsAreReadFromTheRight() {
    std::string list;
    for (int i = 0; i < 1000; ++i) list += "198.51.100." + std::to_string(i % 250) + ", ";
    const RequestOrigin origin = read({{"X-Forwarded-For", list + "203.0.113.9, 10.1.1.1"}});
    QCOMPARE(origin.address.host(), std::string("203.0.113.9"));
  }
};

QTEST_APPLESS_MAIN(ProxyFieldsTest)
#include "proxy_fields_test.moc"
