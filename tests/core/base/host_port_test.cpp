// SPDX-License-Identifier: Apache-2.0
// The one table of hosts and ports: what is read from each text, and what is wrong with the others.
#include <string>

#include <QTest>

#include "core/base/host_port.h"
#include "core/base/random.h"

using namespace adit;

namespace {

QString shown(const tl::expected<HostPort, HostPortError>& parsed) {
  if (!parsed) {
    switch (parsed.error()) {
      case HostPortError::Empty:
        return "empty";
      case HostPortError::NoHost:
        return "no host";
      case HostPortError::BadHost:
        return "bad host";
      case HostPortError::NoClosingBracket:
        return "no bracket";
      case HostPortError::NotIpv6:
        return "not IPv6";
      case HostPortError::Ipv6WithoutBrackets:
        return "unbracketed";
      case HostPortError::BadPort:
        return "bad port";
    }
    return "?";
  }
  static const QStringList kinds{"name", "IPv4", "IPv6", "number"};
  QString text = kinds[static_cast<int>(parsed->kind)] + " " +
                 QString::fromUtf8(parsed->host.data(), static_cast<qsizetype>(parsed->host.size()));
  if (parsed->port) text += " " + QString::number(*parsed->port);
  return text;
}

}  // namespace

class HostPortTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void reads_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("expected");
    const auto row = [](const std::string& text, const char* expected) {
      QTest::addRow("'%s'", text.substr(0, 60).c_str())
          << QByteArray::fromStdString(text) << QString(expected);
    };
    row("a", "name a");
    row("A.Example:80", "name A.Example 80");
    row("a.example.", "name a.example.");
    row("a.example.:1", "name a.example. 1");
    row("a_b-c~d.x:0", "name a_b-c~d.x 0");
    row("-a-:65535", "name -a- 65535");
    row("localhost:08080", "name localhost 8080");
    row("127.0.0.1:0", "IPv4 127.0.0.1 0");
    row("255.255.255.255", "IPv4 255.255.255.255");
    row("1e3", "name 1e3");
    row("1.2.3.a", "name 1.2.3.a");
    row("40955:40955", "number 40955 40955");
    row("256.0.0.1", "number 256.0.0.1");
    row("1.2.3", "number 1.2.3");
    row("01.2.3.4", "number 01.2.3.4");
    row("1.2.3.4.", "number 1.2.3.4.");
    row("1.2.3.4.5:1", "number 1.2.3.4.5 1");
    row("[::]", "IPv6 ::");
    row("[::1]:443", "IPv6 ::1 443");
    row("[1:2:3:4:5:6:7:8]", "IPv6 1:2:3:4:5:6:7:8");
    row("[1::8]", "IPv6 1::8");
    row("[1:2::]:9", "IPv6 1:2:: 9");
    row("[1:2:3:4:5:6:7::]", "IPv6 1:2:3:4:5:6:7::");
    row("[::ffff:1.2.3.4]", "IPv6 ::ffff:1.2.3.4");
    row("[1:2:3:4:5:6:1.2.3.4]", "IPv6 1:2:3:4:5:6:1.2.3.4");
    row("[fe80::1%eth0]:9", "IPv6 fe80::1%eth0 9");

    row("", "empty");
    row(":80", "no host");
    row(":", "no host");
    for (const char* text : {".", "..", ".a", "a..b", "a..", "a b", " a", "a ", "a@b", "a/b", "a,b", "a%41",
                             "*", "a\\b", "a\xc3\xa4", "a]:80", "user@host:1"})
      row(text, "bad host");
    row(std::string("a\0b", 3), "bad host");
    row(std::string(64, 'a'), "bad host");
    row(std::string(64, 'a') + ".b:80", "bad host");
    row("[", "no bracket");
    row("[::1", "no bracket");
    row("[2001:db8::1:4433", "no bracket");
    for (const char* text : {"[]",
                             "[]:80",
                             "[:]",
                             "[:::]",
                             "[1]",
                             "[1:2:3:4:5:6:7:8:9]",
                             "[1:2:3:4:5:6:7:8::]",
                             "[::1:2:3:4:5:6:7:8]",
                             "[12345::]",
                             "[g::]",
                             "[::1.2.3]",
                             "[::1.2.3.4.5]",
                             "[::01.2.3.4]",
                             "[1:2:3:4:5:6:7:1.2.3.4]",
                             "[1.2.3.4]",
                             "[example]",
                             "[1:]",
                             "[1:2:3:4::5:6:7:8]",
                             "[1::2::3]",
                             "[fe80::1%]",
                             "[fe80::1%a b]",
                             "[%eth0]",
                             "[1:2:3:4:5:6:7]"})
      row(text, "not IPv6");
    row("::1", "unbracketed");
    row("::1:80", "unbracketed");
    row("2001:db8::1", "unbracketed");
    row("a:80:90", "unbracketed");
    for (const char* text :
         {"a:", "a:b", "a:65536", "a:123456", "a:000080", "a:+1", "a:-1", "a: 80", "a:80 ", "a:0x50", "a:80/",
          "a:44x", "http://a", "[::1]x", "[::1]:", "[::1]80", "[::1]:65536", "[::1] :80"})
      row(text, "bad port");
  }
  void reads() {
    QFETCH(QByteArray, text);
    QFETCH(QString, expected);
    QCOMPARE(shown(parseHostPort(text.toStdString())), expected);
  }

  void hostsHaveALongestForm() {
    const std::string label(63, 'a');
    const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'a');
    QCOMPARE(longest.size(), std::size_t{253});
    QVERIFY(parseHostPort(longest + ":80").has_value());
    QVERIFY(parseHostPort(longest + ".").has_value());
    QVERIFY(!parseHostPort(longest + "a").has_value());
    QVERIFY(!parseHostPort(longest + "a.").has_value());
  }

  void zonesAreTold() {
    const std::string text = "[fe80::1%eth0.5]:1";
    QCOMPARE(std::string(parseHostPort(text)->zone), std::string("eth0.5"));
    QVERIFY(parseHostPort("[fe80::1]")->zone.empty());
    QVERIFY(parseHostPort("[::1%" + std::string(32, 'z') + "]").has_value());
    QVERIFY(!parseHostPort("[::1%" + std::string(33, 'z') + "]").has_value());
  }

  void everyErrorHasWords() {
    for (int value = 0; value <= static_cast<int>(HostPortError::BadPort); ++value)
      QVERIFY(!describe(static_cast<HostPortError>(value)).empty());
  }

  void portsAlone() {
    QCOMPARE(parsePort("0"), std::optional<std::uint16_t>(0));
    QCOMPARE(parsePort("65535"), std::optional<std::uint16_t>(65535));
    for (const char* text : {"", "65536", "-1", "+1", " 1", "1 ", "0x1", "100000", "1a"})
      QVERIFY2(!parsePort(text).has_value(), text);
  }

  void domains() {
    for (const char* text :
         {"localhost", "t.example.com", "T.Example.COM", "1a.b", "xn--4ca.example", "a-b.c"})
      QVERIFY2(isDomainName(text), text);
    for (const char* text : {"", ".", "a.", "-a.b", "a-.b", "a.-b", "a.b-", "a_b", "a~b", "1.2.3.4", "12",
                             "[::1]", "a:80", "a b", "a..b"})
      QVERIFY2(!isDomainName(text), text);
  }

  /// What is read can be put together again and reads the same.
  void readingIsStable() {
    SeededRandom random(7);
    constexpr std::string_view kAlphabet = "a1.:[]%-_0f~/@ ";
    int read = 0;
    for (int round = 0; round < 200'000; ++round) {
      std::string text;
      for (std::uint64_t i = random.below(14); i > 0; --i)
        text.push_back(kAlphabet[random.below(kAlphabet.size())]);
      const auto parsed = parseHostPort(text);
      if (!parsed) continue;
      ++read;
      std::string again =
          parsed->kind == HostKind::Ipv6 ? "[" + std::string(parsed->host) + "]" : std::string(parsed->host);
      if (parsed->port) again += ":" + std::to_string(*parsed->port);
      QCOMPARE(shown(parseHostPort(again)), shown(parsed));
    }
    QVERIFY(read > 1000);
  }
};

QTEST_APPLESS_MAIN(HostPortTest)
#include "host_port_test.moc"
