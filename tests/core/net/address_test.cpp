// SPDX-License-Identifier: Apache-2.0
// Socket addresses: what parses, what is refused, and that text, native form and value agree.
#include <array>
#include <cstring>
#include <unordered_set>

#include <QTest>

#include "core/net/address.h"
#include "core/net/socket_headers.h"

using namespace adit;
using namespace adit::net;

namespace {

QString text(const std::string& value) { return QString::fromStdString(value); }

SocketAddress mapped(std::uint8_t last, std::uint16_t port) {
  return SocketAddress::fromIpv6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, last}, port);
}

}  // namespace

class AddressTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void parses_data() {
    QTest::addColumn<QString>("input");
    QTest::addColumn<QString>("expected");
    QTest::newRow("ipv4") << "1.2.3.4:80"
                          << "1.2.3.4:80";
    QTest::newRow("ipv4 longest") << "255.255.255.255:1"
                                  << "255.255.255.255:1";
    QTest::newRow("ipv4 shortest") << "0.0.0.0:1"
                                   << "0.0.0.0:1";
    QTest::newRow("ipv6") << "[::1]:80"
                          << "[::1]:80";
    QTest::newRow("ipv6 shortened") << "[2001:DB8:0:0::1]:65535"
                                    << "[2001:db8::1]:65535";
    QTest::newRow("mapped prints as IPv4") << "[::ffff:1.2.3.4]:80"
                                           << "1.2.3.4:80";
    QTest::newRow("any") << ":8080"
                         << "0.0.0.0:8080";
    QTest::newRow("any6") << "[::]:0"
                          << "[::]:0";
    QTest::newRow("port alone") << "3000"
                                << "0.0.0.0:3000";
    QTest::newRow("port zero") << "127.0.0.1:0"
                               << "127.0.0.1:0";
    QTest::newRow("interface") << "[fe80::1%lo]:80"
                               << "[fe80::1%lo]:80";
    QTest::newRow("unix") << "unix:/run/a.sock"
                          << "unix:/run/a.sock";
    QTest::newRow("unix with colon") << "unix:/run/a:80"
                                     << "unix:/run/a:80";
  }
  void parses() {
    QFETCH(QString, input);
    QFETCH(QString, expected);
    const auto address = SocketAddress::parse(input.toStdString());
    QVERIFY2(address.has_value(), address ? "" : address.error().detail.c_str());
    QCOMPARE(text(address->toString()), expected);
    // What was printed parses to something that prints the same.
    QCOMPARE(text(SocketAddress::parse(address->toString())->toString()), expected);
  }

  void refuses_data() {
    QTest::addColumn<QString>("input");
    for (const char* input : {"",
                              ":",
                              "[]:80",
                              "[::1]",
                              "[::1]80",
                              "[::1",
                              "::1:80",
                              "::1",
                              "1.2.3.4",
                              "1.2.3.4:",
                              "1.2.3.4:65536",
                              "1.2.3.4:-1",
                              "1.2.3.4:+1",
                              "1.2.3.4: 80",
                              "1.2.3.4:80 ",
                              "1.2.3.4:0x50",
                              "1.2.3.4:080000",
                              "1.2.3:80",
                              "1.2.3.4.5:80",
                              "256.1.1.1:80",
                              "01.2.3.4:80",
                              "localhost:80",
                              "example.com:80",
                              "[1.2.3.4]:80",
                              "[::1%]:80",
                              "[fe80::1%nosuchif]:80",
                              "1.2.3.4%lo:80",
                              "[:::1]:80",
                              "[12345::]:80",
                              "unix:",
                              "99999",
                              "http"}) {
      QTest::newRow(input) << QString::fromLatin1(input);
    }
  }
  void refuses() {
    QFETCH(QString, input);
    const auto address = SocketAddress::parse(input.toStdString());
    QVERIFY2(!address.has_value(), address ? address->toString().c_str() : "");
    QCOMPARE(toString(address.error().code), std::string_view("invalid-argument"));
    QVERIFY(!address.error().detail.empty());
  }

  void aPortAloneTakesTheDefaultHost() {
    QCOMPARE(*SocketAddress::parse("3000", "127.0.0.1"), SocketAddress::loopback4(3000));
    QCOMPARE(*SocketAddress::parse("3000", "::1"), SocketAddress::loopback6(3000));
    QCOMPARE(text(SocketAddress::parse(":3000", "127.0.0.1")->toString()), text("0.0.0.0:3000"));
  }

  void knowsLoopbacks() {
    QVERIFY(SocketAddress::loopback4(1).isLoopback());
    QVERIFY(SocketAddress::loopback6(1).isLoopback());
    QVERIFY(SocketAddress::parse("127.200.0.1:1")->isLoopback());
    QVERIFY(mapped(1, 1).isLoopback());
    QVERIFY(SocketAddress::unixPath("/x")->isLoopback());
    QVERIFY(!SocketAddress::parse("128.0.0.1:1")->isLoopback());
    QVERIFY(!SocketAddress::parse("[::2]:1")->isLoopback());
    QVERIFY(!SocketAddress::parse("[1::1]:1")->isLoopback());
    QVERIFY(!SocketAddress::parse("[::]:1")->isLoopback());
    QVERIFY(!SocketAddress().isLoopback());
  }

  void knowsWildcards() {
    QVERIFY(SocketAddress::parse(":1")->isUnspecified());
    QVERIFY(SocketAddress::parse("[::]:1")->isUnspecified());
    QVERIFY(!SocketAddress::loopback4(1).isUnspecified());
    QVERIFY(!SocketAddress::loopback6(1).isUnspecified());
    QVERIFY(!SocketAddress::unixPath("/x")->isUnspecified());
    QVERIFY(!SocketAddress().isUnspecified());
  }

  void givesAddressBytes() {
    QCOMPARE(SocketAddress::loopback4(1).ipBytes(), std::string_view("\x7f\0\0\1", 4));
    QCOMPARE(mapped(9, 1).ipBytes(), std::string_view("\x7f\0\0\x09", 4));
    QCOMPARE(SocketAddress::loopback6(1).ipBytes().size(), std::size_t{16});
    QVERIFY(SocketAddress::unixPath("/x")->ipBytes().empty());
    QCOMPARE(text(mapped(9, 1).host()), text("127.0.0.9"));
    QCOMPARE(text(SocketAddress::loopback6(1).host()), text("::1"));
  }

  void comparesByMeaning() {
    QVERIFY(SocketAddress::loopback4(1) == SocketAddress::loopback4(1));
    QVERIFY(!(SocketAddress::loopback4(1) == SocketAddress::loopback4(2)));
    QVERIFY(!(SocketAddress::loopback4(1) == SocketAddress::loopback6(1)));
    QVERIFY(!(mapped(1, 1) == SocketAddress::loopback4(1)));
    QVERIFY(SocketAddress() == SocketAddress());
    QVERIFY(!(SocketAddress::fromIpv6({0xfe, 0x80}, 1, 1) == SocketAddress::fromIpv6({0xfe, 0x80}, 1, 2)));
    // Flow labels and padding are not part of the address.
    sockaddr_in6 native{};
    std::memcpy(&native, SocketAddress::loopback6(7).native(), sizeof native);
    native.sin6_flowinfo = 42;
    QVERIFY(SocketAddress::fromNative(reinterpret_cast<sockaddr*>(&native), sizeof native) ==
            SocketAddress::loopback6(7));
    QVERIFY(*SocketAddress::unixPath("/a") == *SocketAddress::unixPath("/a"));
    QVERIFY(!(*SocketAddress::unixPath("/a") == *SocketAddress::unixPath("/b")));
    std::unordered_set<SocketAddress, SocketAddressHash> set{
        SocketAddress::loopback4(1), SocketAddress::loopback4(1), SocketAddress::loopback4(2),
        *SocketAddress::unixPath("/a")};
    QCOMPARE(set.size(), std::size_t{3});
  }

  void setsPorts() {
    SocketAddress address = SocketAddress::loopback6(1);
    address.setPort(0xabcd);
    QCOMPARE(address.port(), std::uint16_t{0xabcd});
    SocketAddress path = *SocketAddress::unixPath("/x");
    path.setPort(5);
    QCOMPARE(path.port(), std::uint16_t{0});
    QCOMPARE(text(path.toString()), text("unix:/x"));
  }

  void refusesUnixPathsThatDoNotFit() {
    QVERIFY(!SocketAddress::unixPath(""));
    QVERIFY(!SocketAddress::unixPath(std::string("/a\0b", 4)));
    const std::size_t most = sizeof(sockaddr_un::sun_path) - 1;
    const std::string longest(most, 'p');
    QCOMPARE(SocketAddress::unixPath(longest)->host(), longest);
    QVERIFY(!SocketAddress::unixPath(longest + "p"));
  }

  void toleratesNativeFormsOfEveryLength() {
    sockaddr_in6 native{};
    native.sin6_family = AF_INET6;
    const auto* generic = reinterpret_cast<const sockaddr*>(&native);
    for (std::size_t length = 0; length < sizeof native; ++length) {
      QVERIFY(SocketAddress::fromNative(generic, length).family() == AddressFamily::None);
    }
    QVERIFY(SocketAddress::fromNative(generic, sizeof native).family() == AddressFamily::Ipv6);
    QVERIFY(SocketAddress::fromNative(nullptr, 100).family() == AddressFamily::None);
    sockaddr_un unnamed{};
    unnamed.sun_family = AF_UNIX;
    const auto address = SocketAddress::fromNative(reinterpret_cast<const sockaddr*>(&unnamed),
                                                   offsetof(sockaddr_un, sun_path));
    QCOMPARE(text(address.toString()), text("unix:"));
    std::memcpy(unnamed.sun_path, "\0abc", 4);
    const auto abstract = SocketAddress::fromNative(reinterpret_cast<const sockaddr*>(&unnamed),
                                                    offsetof(sockaddr_un, sun_path) + 4);
    QCOMPARE(text(abstract.toString()), text("unix:@abc"));
    QCOMPARE(text(SocketAddress().toString()), text("none"));
  }
};

QTEST_APPLESS_MAIN(AddressTest)
#include "address_test.moc"
