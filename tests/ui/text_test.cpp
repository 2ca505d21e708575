// SPDX-License-Identifier: Apache-2.0
// Numbers, inputs, states and failures as people read them.
#include <algorithm>
#include <QLocale>
#include <QSet>
#include <QTest>

#include "ui/dialogs/tunnel_input.h"
#include "ui/format.h"
#include "ui/messages.h"
#include "ui/status.h"
#include "ui/theme/colors.h"

using namespace adit;
using namespace adit::ui;

class TextTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); }

  void bytes_data() {
    QTest::addColumn<double>("value");
    QTest::addColumn<QString>("text");
    QTest::newRow("nothing") << 0.0 << "0 B";
    QTest::newRow("negative") << -5.0 << "0 B";
    QTest::newRow("bytes") << 812.4 << "812 B";
    QTest::newRow("never 1000 B") << 999.7 << "1.00 kB";
    QTest::newRow("small") << 1400.0 << "1.40 kB";
    QTest::newRow("as wide where it is round") << 2000.0 << "2.00 kB";
    QTest::newRow("not yet ten") << 9994.0 << "9.99 kB";
    QTest::newRow("rounds up to ten") << 9996.0 << "10.0 kB";
    QTest::newRow("large") << 23.4e6 << "23.4 MB";
    QTest::newRow("rounds up to a hundred") << 99.96e6 << "100 MB";
    QTest::newRow("rounds up to the next unit") << 999.6e6 << "1.00 GB";
    QTest::newRow("giga") << 1.24e9 << "1.24 GB";
    QTest::newRow("tera") << 72.04e12 << "72.0 TB";
    QTest::newRow("beyond") << 5e15 << "5.00 PB";
    QTest::newRow("beyond the units") << 5e18 << "5,000 PB";
  }
  void bytes() {
    QFETCH(double, value);
    QFETCH(QString, text);
    QCOMPARE(formatBytes(value), text);
    QCOMPARE(formatRate(value), text + QStringLiteral("/s"));
  }

  void figuresThatMoveKeepTheirDigits() {
    // From a kilobyte to a petabyte a second, in steps smaller than a digit.
    for (double value = 1000; value < 1e15; value *= 1.0007) {
      const QString text = formatRate(value);
      QCOMPARE(std::count_if(text.begin(), text.end(), [](QChar c) { return c.isDigit(); }), 3);
      QVERIFY2(text.size() <= widestRate().size(), qPrintable(text));
    }
  }

  void axesHaveTheFewestDigits() {
    const std::pair<double, const char*> labels[] = {
        {250, "250 B/s"},    {1000, "1 kB/s"}, {1500, "1.5 kB/s"},  {7.5e6, "7.5 MB/s"}, {45e6, "45 MB/s"},
        {750e6, "750 MB/s"}, {1e9, "1 GB/s"},  {4.5e9, "4.5 GB/s"}, {12e9, "12 GB/s"}};
    for (const auto& [value, text] : labels)
      QCOMPARE(formatRate(value, Digits::Fewest), QString::fromLatin1(text));
    const std::pair<double, const char*> requests[] = {{1, "1"},        {1.5, "1.5"},    {7500, "7,500"},
                                                       {10'000, "10k"}, {45'000, "45k"}, {1e6, "1M"}};
    for (const auto& [value, text] : requests)
      QCOMPARE(formatRequests(value, Digits::Fewest), QString::fromLatin1(text));
  }

  void otherNumbers() {
    QCOMPARE(formatRequests(0), QStringLiteral("0"));
    QCOMPARE(formatRequests(0.42), QStringLiteral("0.4"));
    QCOMPARE(formatRequests(2), QStringLiteral("2.0"));
    QCOMPARE(formatRequests(9.96), QStringLiteral("10"));
    QCOMPARE(formatRequests(1240), QStringLiteral("1,240"));
    QCOMPARE(formatCount(1842), QStringLiteral("1,842"));
    QCOMPARE(formatMilliseconds(18.4), QStringLiteral("18 ms"));
    QCOMPARE(formatMilliseconds(0.4), QStringLiteral("0.4 ms"));
  }

  void tooltipsAreNoMarkup() {
    QVERIFY(toolTipText({}).isEmpty());
    const QString text = toolTipText(QStringLiteral("<img src=x>\nhttps://a.example/?a&b"));
    QVERIFY(!text.contains(QStringLiteral("<img")));
    QVERIFY(text.contains(QStringLiteral("&lt;img src=x&gt;<br>https://a.example/?a&amp;b")));
  }

  void addresses() {
    QCOMPARE(displayTarget("3000"), QStringLiteral("localhost:3000"));
    QCOMPARE(displayTarget("10.0.0.2:80"), QStringLiteral("10.0.0.2:80"));
    QCOMPARE(displayTarget(""), QString());
    QCOMPARE(shortAddress("http://shop.t.example.com/"), QStringLiteral("shop.t.example.com"));
    QCOMPARE(shortAddress("shop"), QStringLiteral("shop"));
  }

  void targets_data() {
    QTest::addColumn<QString>("target");
    QTest::addColumn<bool>("good");
    for (const char* good :
         {"1", "3000", "65535", "localhost:3000", "10.0.0.2:80", "[::1]:3000", "http://localhost:3000",
          "http://localhost:3000/", "http://10.1.1.1", "https://localhost:8443", "h2c://localhost:50051",
          "h2s://db", "unix:/run/app.sock", ":3000", "HTTPS://localhost", "localhost:3000/", "80/"}) {
      QTest::newRow(good) << QString::fromLatin1(good) << true;
    }
    for (const char* bad : {"",
                            "0",
                            "65536",
                            "99999999999",
                            "-1",
                            "localhost",
                            "localhost:",
                            "localhost:0",
                            "localhost:70000",
                            "host:port",
                            "a b:80",
                            "http://",
                            "http://h/path",
                            "http://h:3000?q=1",
                            "https://localhost/x",
                            "h2://localhost",
                            "ftp://host:21",
                            "unix:",
                            "unix:relative",
                            "unix:/",
                            "40955:40955",
                            "::1:80",
                            "u@h:1"}) {
      QTest::addRow("bad: %s", bad) << QString::fromLatin1(bad) << false;
    }
  }
  void targets() {
    QFETCH(QString, target);
    QFETCH(bool, good);
    QCOMPARE(targetProblem(target).isEmpty(), good);
  }

  void names() {
    for (const char* good : {"", "shop", "a", "SHOP", "a-b-c", "0x1"})
      QVERIFY2(nameProblem(QString::fromLatin1(good)).isEmpty(), good);
    for (const char* bad : {"-a", "a-", "a.b", "a_b", "a b", "caf\xc3\xa9"})
      QVERIFY2(!nameProblem(QString::fromUtf8(bad)).isEmpty(), bad);
    QVERIFY(nameProblem(QString(63, u'a')).isEmpty());
    QVERIFY(!nameProblem(QString(64, u'a')).isEmpty());
  }

  void thePrecedenceOfStates() {
    engine::Snapshot snapshot;
    QCOMPARE(statusOf(snapshot), Status::Offline);
    snapshot.link.state = engine::LinkState::Online;
    QCOMPARE(statusOf(snapshot), Status::Online);
    snapshot.tunnels.resize(2);
    snapshot.tunnels[0].state = engine::TunnelState::Online;
    QCOMPARE(statusOf(snapshot), Status::Online);  // A stopped tunnel is no trouble.
    snapshot.tunnels[1].state = engine::TunnelState::Reconnecting;
    QCOMPARE(statusOf(snapshot), Status::Connecting);
    snapshot.tunnels[0].state = engine::TunnelState::Failed;
    QCOMPARE(statusOf(snapshot), Status::Error);
  }

  void everyStatusHasItsRow() {
    QSet<QString> icons;
    QSet<QString> texts;
    for (const Status status : {Status::Offline, Status::Online, Status::Connecting, Status::Error}) {
      icons.insert(statusIcon(status));
      texts.insert(statusText(status));
      QVERIFY(statusColor(status, lightColors()).isValid());
      QVERIFY(statusColor(status, darkColors()).isValid());
    }
    QCOMPARE(icons.size(), 4);
    QCOMPARE(texts.size(), 4);
    for (const auto state :
         {engine::TunnelState::Stopped, engine::TunnelState::Connecting, engine::TunnelState::Online,
          engine::TunnelState::Reconnecting, engine::TunnelState::Failed}) {
      QVERIFY(!stateText(state).isEmpty());
    }
  }

  void everyFailureHasASentence() {
    const QString server = QStringLiteral("t.example.com:4433");
    for (int value = 1; value <= static_cast<int>(ErrorCode::Internal); ++value) {
      const Error error{
          .code = static_cast<ErrorCode>(value), .detail = "the engine's detail", .libraryCode = 0};
      const QString tunnel = tunnelProblem(error, {.name = "shop", .target = "3000"});
      for (const QString& text : {linkProblem(error, server), tunnel, errorSentence(error)}) {
        QVERIFY2(!text.contains(QStringLiteral("%")), qPrintable(text));
        // The engine's words are a second line, below a sentence of our own.
        QVERIFY2(text.section(u'\n', 0, 0).size() > 10, qPrintable(text));
        QVERIFY(!text.section(u'\n', 0, 0).contains(QStringLiteral("detail")));
      }
    }
    const Error bare{.code = ErrorCode::DiskFull, .detail = {}, .libraryCode = 0};
    QVERIFY(!withDetail(errorSentence(bare), bare).contains(u'\n'));
    QVERIFY(linkProblem({.code = ErrorCode::TimedOut, .detail = {}, .libraryCode = 0}, server)
                .contains(QStringLiteral("UDP")));
    QVERIFY(tunnelProblem({.code = ErrorCode::NameTaken, .detail = {}, .libraryCode = 0},
                          {.name = "shop", .target = {}})
                .contains(QStringLiteral("shop")));
  }

  void aTunnelWithoutAWishForANameIsCalledByTheOneItHas() {
    engine::TunnelSnapshot tunnel;
    tunnel.name = "brave-otter";
    tunnel.hasError = true;
    for (const ErrorCode code : {ErrorCode::NameTaken, ErrorCode::TakenOver}) {
      tunnel.error = {.code = code, .detail = {}, .libraryCode = 0};
      for (const bool held : {false, true}) {
        tunnel.heldElsewhere = held;
        QVERIFY2(tunnelProblem(tunnel).contains(QStringLiteral("“brave-otter”")),
                 qPrintable(tunnelProblem(tunnel)));
      }
    }
  }
};

QTEST_GUILESS_MAIN(TextTest)
#include "text_test.moc"
