// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "core/client/target.h"

using namespace adit;
using namespace adit::client;

class TargetTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void parses_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("canonical");
    const auto row = [](const char* text, const char* canonical) {
      QTest::newRow(text) << text << canonical;
    };
    row("3000", "localhost:3000");
    row("1", "localhost:1");
    row("65535", "localhost:65535");
    row(":8080", "localhost:8080");
    row("localhost:3000", "localhost:3000");
    row("127.0.0.1:3000", "127.0.0.1:3000");
    row("db_1.internal:81", "db_1.internal:81");
    row("[::1]:3000", "[::1]:3000");
    row("[fe80::1]:1", "[fe80::1]:1");
    row("http://localhost:3000", "localhost:3000");
    row("http://localhost:3000/", "localhost:3000");
    row("http://example.test", "example.test:80");
    row("http://[::1]", "[::1]:80");
    row("http://[::1]:9/", "[::1]:9");
    row("unix:/run/app.sock", "unix:/run/app.sock");
    row("unix:relative.sock", "unix:relative.sock");
    row("localhost:3000/", "localhost:3000");
    row("3000/", "localhost:3000");
    row("HTTP://localhost:3000", "localhost:3000");
    row("Https://Example.test/", "https://Example.test:443");
    row("H2C://localhost:50051", "h2c://localhost:50051");
    row("[fe80::1%eth0]:80", "[fe80::1%eth0]:80");
    row("https://example.test", "https://example.test:443");
    row("https://[::1]:8443/", "https://[::1]:8443");
    row("h2c://localhost:50051", "h2c://localhost:50051");
    row("h2c://example.test", "h2c://example.test:80");
    row("h2s://example.test", "h2s://example.test:443");
    row("h2s://10.0.0.1:1", "h2s://10.0.0.1:1");
  }
  void parses() {
    QFETCH(QString, text);
    QFETCH(QString, canonical);
    const auto target = Target::parse(text.toStdString());
    QVERIFY2(target.has_value(), target ? "" : target.error().detail.c_str());
    QCOMPARE(QString::fromStdString(target->toString()), canonical);
    // What it prints it reads.
    const auto again = Target::parse(target->toString());
    QVERIFY(again.has_value());
    QCOMPARE(again->toString(), target->toString());
  }

  void saysWhatIsSpoken_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<bool>("http2");
    QTest::addColumn<bool>("tls");
    QTest::addColumn<QString>("authority");
    const auto row = [](const char* text, bool http2, bool tls, const char* authority) {
      QTest::newRow(text) << text << http2 << tls << authority;
    };
    row("3000", false, false, "localhost:3000");
    row("http://h", false, false, "h");
    row("https://h", false, true, "h");
    row("https://h:80", false, true, "h:80");
    row("h2c://h:80", true, false, "h");
    row("h2s://[::1]", true, true, "[::1]");
    row("h2s://h:80", true, true, "h:80");
    row("unix:/a", false, false, "localhost");
  }
  void saysWhatIsSpoken() {
    QFETCH(QString, text);
    QFETCH(bool, http2);
    QFETCH(bool, tls);
    QFETCH(QString, authority);
    const auto target = Target::parse(text.toStdString());
    QVERIFY(target.has_value());
    QCOMPARE(target->protocol == Target::Protocol::Http2, http2);
    QCOMPARE(target->tls, tls);
    QCOMPARE(QString::fromStdString(target->authority()), authority);
  }

  void refuses_data() {
    QTest::addColumn<QString>("text");
    for (const char* text : {"",
                             "0",
                             "65536",
                             "99999999999",
                             "-1",
                             "+80",
                             " 80",
                             "80 ",
                             "3000x",
                             "localhost",
                             "localhost:",
                             "localhost:0",
                             "host:port",
                             "a b:80",
                             "::1:80",
                             "[::1]",
                             "[::1]:",
                             "[::1]80",
                             "[]:80",
                             "[zz]:80",
                             "[::1:80",
                             "user@host:1",
                             "http://",
                             "http://u@h:1",
                             "http://:",
                             "https:h",
                             "ftp://h:21",
                             "http://h/x",
                             "http://h?q",
                             "http://h:1#f",
                             "unix:",
                             "http://h:",
                             "[1.2.3.4]:80",
                             "80//",
                             "h2://h:1",
                             "256.1.1.1:80",
                             "h2s://",
                             "h2c://h/x",
                             "https://u@h",
                             "40955:40955",
                             "http://3000",
                             "/",
                             "localhost:3000/x",
                             "UNIX:/a",
                             "http:/h:1"}) {
      QTest::newRow(*text == '\0' ? "empty" : text) << text;
    }
    QTest::newRow("long path") << QString("unix:/" + QString(107, 'p'));
    QTest::newRow("NUL in a path") << QString("unix:/a") + QChar(0) + "b";
    QTest::newRow("long host") << QString(254, 'h') + ":80";
  }
  void refuses() {
    QFETCH(QString, text);
    const auto target = Target::parse(text.toStdString());
    QVERIFY(!target.has_value());
    QVERIFY(target.error().code == ErrorCode::InvalidArgument);
    QVERIFY(!target.error().detail.empty());
  }

  void saysWhatIsWrong_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("words");
    const auto row = [](const char* text, const char* words) { QTest::newRow(text) << text << words; };
    row("40955:40955", "'40955' is a number, not a host");
    row("http://3000", "'3000' is a number, not a host");
    row("localhost", "port is missing");
    row("localhost:", "number from 1 to 65535");
    row("localhost:70000", "number from 1 to 65535");
    row("::1:80", "in brackets");
    row("http://h/x", "no path");
    row("u@h:1", "no user");
    row("ftp://h", "scheme");
    row("http://:80", "host is missing");
  }
  void saysWhatIsWrong() {
    QFETCH(QString, text);
    QFETCH(QString, words);
    const auto target = Target::parse(text.toStdString());
    QVERIFY(!target.has_value());
    QVERIFY2(target.error().detail.find(words.toStdString()) != std::string::npos,
             target.error().detail.c_str());
  }

  void takesTheLongestPath() { QVERIFY(Target::parse("unix:" + std::string(107, 'p')).has_value()); }

  void tellsVisitorsNoHost() {
    QCOMPARE(Target::parse("db.internal:5000")->forVisitors(), std::string("port 5000"));
    QVERIFY(Target::parse("unix:/home/jane/app.sock")->forVisitors().find("jane") == std::string::npos);
  }
};

QTEST_APPLESS_MAIN(TargetTest)
#include "target_test.moc"
