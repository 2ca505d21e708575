// SPDX-License-Identifier: Apache-2.0
#include "core/session/join_link.h"

#include <QtTest>

#include "core/base/random.h"

using namespace adit;
using adit::session::JoinLink;

namespace {

const std::string kToken = "SeCrEt_token-0123456789";
const std::string kPinText = "sha256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

std::string joinLink(const std::string& server, const std::string& query = "?pin=" + kPinText) {
  return "adit://" + kToken + "@" + server + query;
}

}  // namespace

class JoinLinkTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void readsWhatTheServerPrints();
  void readsEveryFormOfAddress_data();
  void readsEveryFormOfAddress();
  void forgivesHowPeoplePaste_data();
  void forgivesHowPeoplePaste();
  void namesThePartThatIsWrong_data();
  void namesThePartThatIsWrong();
  void everyTruncationFailsWithoutTheToken();
  void brokenLinksNeverShowTheToken();
};

void JoinLinkTest::readsWhatTheServerPrints() {
  const auto parsed = JoinLink::parse(joinLink("t.example.com:4433"));
  QVERIFY2(parsed.has_value(), parsed ? "" : parsed.error().detail.c_str());
  QCOMPARE(parsed->token, kToken);
  QCOMPARE(parsed->host, std::string("t.example.com"));
  QCOMPARE(parsed->port, std::uint16_t{4433});
  QCOMPARE(parsed->pin.toString(), kPinText);
  QCOMPARE(parsed->pin.sha256[31], std::uint8_t{31});
  QCOMPARE(parsed->toString(), joinLink("t.example.com:4433"));
  QCOMPARE(parsed->serverName(), std::string("t.example.com:4433"));
}

void JoinLinkTest::readsEveryFormOfAddress_data() {
  QTest::addColumn<QString>("server");
  QTest::addColumn<QString>("host");
  QTest::addColumn<QString>("shown");
  QTest::newRow("no port") << "t.example.com"
                           << "t.example.com"
                           << "t.example.com:4433";
  QTest::newRow("one label") << "localhost:1"
                             << "localhost"
                             << "localhost:1";
  QTest::newRow("upper case") << "T.Example.COM:65535"
                              << "t.example.com"
                              << "t.example.com:65535";
  QTest::newRow("final dot") << "t.example.com.:4433"
                             << "t.example.com."
                             << "t.example.com.:4433";
  QTest::newRow("underscore") << "my_host:4433"
                              << "my_host"
                              << "my_host:4433";
  QTest::newRow("IPv4") << "192.0.2.1:4433"
                        << "192.0.2.1"
                        << "192.0.2.1:4433";
  QTest::newRow("IPv6") << "[2001:DB8::1]:4433"
                        << "2001:db8::1"
                        << "[2001:db8::1]:4433";
  QTest::newRow("IPv6 without port") << "[::1]"
                                     << "::1"
                                     << "[::1]:4433";
  QTest::newRow("IPv6 any") << "[::]"
                            << "::"
                            << "[::]:4433";
  QTest::newRow("IPv6 in full") << "[1:2:3:4:5:6:7:8]:9"
                                << "1:2:3:4:5:6:7:8"
                                << "[1:2:3:4:5:6:7:8]:9";
  QTest::newRow("IPv6 with a gap at the end") << "[1:2::]:9"
                                              << "1:2::"
                                              << "[1:2::]:9";
  QTest::newRow("IPv4 in IPv6") << "[::ffff:192.0.2.1]:9"
                                << "::ffff:192.0.2.1"
                                << "[::ffff:192.0.2.1]:9";
  QTest::newRow("zone") << "[fe80::1%eth0]:9"
                        << "fe80::1%eth0"
                        << "[fe80::1%eth0]:9";
}

void JoinLinkTest::readsEveryFormOfAddress() {
  QFETCH(QString, server);
  QFETCH(QString, host);
  QFETCH(QString, shown);
  const auto parsed = JoinLink::parse(joinLink(server.toStdString()));
  QVERIFY2(parsed.has_value(), parsed ? "" : parsed.error().detail.c_str());
  QCOMPARE(QString::fromStdString(parsed->host), host);
  QCOMPARE(QString::fromStdString(parsed->serverName()), shown);
  const auto again = JoinLink::parse(parsed->toString());
  QVERIFY(again.has_value());
  QVERIFY(*again == *parsed);
}

void JoinLinkTest::forgivesHowPeoplePaste_data() {
  QTest::addColumn<QString>("text");
  const QString good = QString::fromStdString(joinLink("t.example.com:4433"));
  QTest::newRow("newline") << good + "\n";
  QTest::newRow("spaces") << "  " + good + " \t\r\n";
  QTest::newRow("byte order mark") << QString(QChar(0xfeff)) + good;
  const QString first = good.left(30), second = good.mid(30);
  QTest::newRow("wrapped") << first + "\n" + second;
  QTest::newRow("wrapped and indented") << "  " + first + "\r\n    " + second + "\r\n";
  QTest::newRow("wrapped thrice") << good.left(7) + "\n" + good.mid(7, 40) + " \n" + good.mid(47);
  QTest::newRow("space inside") << first + " " + second;
  for (const auto& [name, open, close] : std::initializer_list<std::tuple<const char*, QString, QString>>{
           {"quotes", "\"", "\""},
           {"apostrophes", "'", "'"},
           {"backticks", "`", "`"},
           {"angle brackets", "<", ">"},
           {"round brackets", "(", ")."},
           {"typographic quotes", QChar(0x201c), QChar(0x201d)},
           {"German quotes", QChar(0x201e), QChar(0x201c)},
           {"guillemets", QChar(0xab), QChar(0xbb)},
           {"quotes in brackets", " <\"", "\"> "}}) {
    QTest::newRow(name) << open + good + close;
  }
  for (const ushort invisible :
       {0x200b, 0x200c, 0x200d, 0x2060, 0xfeff, 0xad, 0xa0, 0x202f, 0x2007, 0x3000, 0x2028})
    QTest::addRow("U+%04X", invisible)
        << QChar(invisible) + first + QChar(invisible) + second + QChar(invisible);
  QTest::newRow("slash before the query") << QString::fromStdString(joinLink("t.example.com:4433/"));
  QTest::newRow("scheme in capitals") << "ADIT" + good.mid(4);
  QTest::newRow("more parameters") << good + "&name=home&x";
  QTest::newRow("pin not first") << QString::fromStdString(
      joinLink("t.example.com:4433", "?name=home&pin=" + kPinText));
}

void JoinLinkTest::forgivesHowPeoplePaste() {
  QFETCH(QString, text);
  const auto parsed = JoinLink::parse(text.toStdString());
  QVERIFY2(parsed.has_value(), parsed ? "" : parsed.error().detail.c_str());
  QCOMPARE(parsed->toString(), joinLink("t.example.com:4433"));
}

void JoinLinkTest::namesThePartThatIsWrong_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<QString>("names");
  const auto row = [](const char* name, const std::string& text, const char* names) {
    QTest::newRow(name) << QString::fromStdString(text) << names;
  };
  row("empty", "", "empty");
  row("white space", " \n", "empty");
  row("web address", "https://t.example.com", "adit://");
  row("only the scheme", "adit://", "token");
  row("no token", "adit://t.example.com:4433?pin=" + kPinText, "token");
  row("empty token", "adit://@t.example.com:4433?pin=" + kPinText, "empty token");
  row("odd token", "adit://to.ken@t.example.com:4433?pin=" + kPinText, "token");
  row("long token", "adit://" + std::string(129, 't') + "@a?pin=" + kPinText, "token");
  row("long link", "adit://" + std::string(2000, 't'), "too long");
  row("words before it", "see adit://token@a?pin=" + kPinText, "adit://");
  row("tilde", joinLink("a~b"), "server name");
  row("a number for a host", joinLink("40955:40955"), "server name");
  row("not ASCII", joinLink("t.ex\xc3\xa4mple.com"), "character");
  row("two at", joinLink("a@b"), "two '@'");
  row("no host", joinLink(""), "no server");
  row("no host but a port", joinLink(":4433"), "no server");
  row("host with a hyphen first", joinLink("-a.example.com"), "server name");
  row("empty label", joinLink("a..example.com"), "server name");
  row("long label", joinLink(std::string(64, 'a')), "server name");
  row("long host", joinLink(std::string(127, 'a') + "." + std::string(127, 'a')), "server name");
  row("IPv4 out of range", joinLink("256.0.0.1"), "server name");
  row("IPv4 too short", joinLink("1.2.3"), "server name");
  row("IPv6 without brackets", joinLink("2001:db8::1"), "brackets");
  row("IPv6 without end", joinLink("[2001:db8::1"), "']'");
  row("two gaps", joinLink("[1::2::3]"), "IPv6");
  row("nine groups", joinLink("[1:2:3:4:5:6:7:8:9]"), "IPv6");
  row("seven groups", joinLink("[1:2:3:4:5:6:7]"), "IPv6");
  row("gap of nothing", joinLink("[1:2:3:4::5:6:7:8]"), "IPv6");
  row("five digits", joinLink("[12345::]"), "IPv6");
  row("three colons", joinLink("[:::]"), "IPv6");
  row("name in brackets", joinLink("[example]"), "IPv6");
  row("empty brackets", joinLink("[]"), "IPv6");
  row("empty zone", joinLink("[fe80::1%]"), "IPv6");
  row("text after brackets", joinLink("[::1]4433"), "port");
  row("port 0", joinLink("a:0"), "port");
  row("port too large", joinLink("a:65536"), "port");
  row("port missing", joinLink("a:"), "port");
  row("port with a sign", joinLink("a:+1"), "port");
  row("port with letters", joinLink("a:44x"), "port");
  row("path", joinLink("a/b"), "path");
  row("no pin", joinLink("a", ""), "no pin");
  row("empty query", joinLink("a", "?"), "no pin");
  row("other hash", joinLink("a", "?pin=sha1:AAAA"), "pin");
  row("short pin", joinLink("a", "?pin=" + kPinText.substr(0, kPinText.size() - 1)), "cut off");
  row("long pin", joinLink("a", "?pin=" + kPinText + "A"), "pin");
  row("two pins", joinLink("a", "?pin=" + kPinText + "&pin=" + kPinText), "two pins");
  row("fragment", joinLink("a") + "#x", "'#'");
}

void JoinLinkTest::namesThePartThatIsWrong() {
  QFETCH(QString, text);
  QFETCH(QString, names);
  const auto parsed = JoinLink::parse(text.toStdString());
  QVERIFY(!parsed.has_value());
  QVERIFY(parsed.error().code == ErrorCode::InvalidArgument);
  const QString detail = QString::fromStdString(parsed.error().detail);
  QVERIFY2(detail.contains(names), qPrintable(detail));
  QVERIFY2(!detail.contains("SeCrEt"), qPrintable(detail));
}

void JoinLinkTest::everyTruncationFailsWithoutTheToken() {
  const std::string good = joinLink("[2001:db8::1]:4433");
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    const auto parsed = JoinLink::parse(std::string_view(good).substr(0, cut));
    QVERIFY(!parsed.has_value());
    QVERIFY(parsed.error().detail.find("SeCrEt") == std::string::npos);
  }
}

void JoinLinkTest::brokenLinksNeverShowTheToken() {
  SeededRandom random(5);
  const std::string good = joinLink("t.example.com:4433");
  for (int round = 0; round < 20'000; ++round) {
    std::string broken = good;
    for (std::uint64_t i = 0; i <= random.below(3); ++i)
      broken[random.below(broken.size())] = static_cast<char>(random.next());
    const auto parsed = JoinLink::parse(broken);
    if (!parsed) QVERIFY(parsed.error().detail.find("SeCrEt") == std::string::npos);
  }
}

QTEST_APPLESS_MAIN(JoinLinkTest)
#include "join_link_test.moc"
