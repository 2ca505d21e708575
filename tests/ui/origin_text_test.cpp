// SPDX-License-Identifier: Apache-2.0
#include "ui/origin_text.h"

#include <QTest>

#include "ui/dialogs/tunnel_input.h"
#include "ui/language.h"

using namespace Qt::Literals::StringLiterals;
using namespace std::chrono_literals;
using namespace adit;
using namespace adit::ui;

class OriginTextTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void targets_data() {
    QTest::addColumn<QString>("target");
    QTest::addColumn<bool>("tls");
    QTest::addColumn<QString>("host");
    QTest::addColumn<QString>("protocol");
    const auto row = [](const char* target, bool tls, const char* host, const char* protocol) {
      QTest::addRow("%s", target) << QString::fromUtf8(target) << tls << QString::fromUtf8(host)
                                  << QString::fromUtf8(protocol);
    };
    row("3000", false, "localhost", "HTTP/1.1");
    row("db:3000", false, "db", "HTTP/1.1");
    row("http://db", false, "db", "HTTP/1.1");
    row("unix:/run/app.sock", false, "localhost", "HTTP/1.1");
    row("h2c://[::1]:50051", false, "::1", "HTTP/2");
    row("https://db.internal/", true, "db.internal", "HTTP/1.1 with TLS");
    row("h2s://db:443", true, "db", "HTTP/2 with TLS");
    row("H2S://DB", true, "DB", "HTTP/2 with TLS");
    row("https://", true, "localhost", "HTTP/1.1 with TLS");
    row("", false, "localhost", "HTTP/1.1");
  }
  void targets() {
    QFETCH(QString, target);
    QTEST(targetHasTls(target), "tls");
    QTEST(targetHost(target), "host");
    QTEST(protocolText(target), "protocol");
  }

  void theUsualIsNotMentioned() {
    QVERIFY(optionTexts({}).isEmpty());
    QVERIFY(optionTexts({.hostHeader = "keep"}).isEmpty());
  }

  void eachOptionHasItsPhrase() {
    const QStringList verified = optionTexts({.caFile = "/etc/ssl/own ca.pem",
                                              .serverName = "db.internal",
                                              .hostHeader = "shop.example.com",
                                              .connectTimeout = 3s,
                                              .tlsTimeout = 3600s,
                                              .answerTimeout = 86400s});
    QCOMPARE(verified, QStringList({u"authorities of own ca.pem"_s, u"certificate for db.internal"_s,
                                    u"Host shop.example.com"_s, u"3 s to connect"_s, u"3,600 s for TLS"_s,
                                    u"86,400 s to answer"_s}));
    QCOMPARE(optionTexts({.insecure = true, .hostHeader = "target"}),
             QStringList({u"certificate not verified"_s, u"Host as the service is called"_s}));
  }

  void theyAreTranslated() {
    Language language;
    QVERIFY(language.apply(u"zh_CN"_s));
    QCOMPARE(optionTexts({.insecure = true}), QStringList(u"不验证证书"_s));
    language.apply(u"en"_s);
  }
};

QTEST_GUILESS_MAIN(OriginTextTest)
#include "origin_text_test.moc"
