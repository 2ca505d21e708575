// SPDX-License-Identifier: Apache-2.0
// What the window says of one tunnel: its addresses, their certificate, how its service is spoken to.
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QDialog>
#include <QPushButton>

#include "tests/ui/window_fixture.h"
#include "ui/widgets/copy_button.h"
#include "ui/widgets/detail_pane.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/stat_tile.h"

using namespace Qt::Literals::StringLiterals;
using namespace std::chrono_literals;
using namespace adit;
using namespace adit::ui;
using test::click;
using test::WindowFixture;

class DetailPaneTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void oneAddressIsShownAlone() {
    WindowFixture fixture;
    fixture.addTunnel("shop");
    QCOMPARE(fixture.find<ElidedLabel>("detailAddress")->text(), u"http://shop.localhost:8080"_s);
    QVERIFY(!fixture.shows("detailPlainAddress") && !fixture.shows("copyPlainButton"));
    QVERIFY(!fixture.shows("detailCertificate"));
  }

  void bothAddressesAreShownCopiedAndOpened() {
    WindowFixture fixture;
    const auto id = fixture.addTunnel("shop");
    fixture.engine->setAddresses(id, "https://shop.example:8443", "http://shop.example:8080", false);
    fixture.bridge.sample();
    QCOMPARE(fixture.find<ElidedLabel>("detailAddress")->text(), u"https://shop.example:8443"_s);
    auto* plain = fixture.find<ElidedLabel>("detailPlainAddress");
    QVERIFY(plain->isVisible());
    QCOMPARE(plain->text(), u"http://shop.example:8080"_s);
    QVERIFY(!fixture.shows("detailCertificate"));
    click(fixture.find<CopyButton>("copyPlainButton"));
    QCOMPARE(QApplication::clipboard()->text(), u"http://shop.example:8080"_s);
    click(fixture.find<CopyButton>("copyButton"));
    QCOMPARE(QApplication::clipboard()->text(), u"https://shop.example:8443"_s);
    QTest::keyClick(plain, Qt::Key_Return);
    QCOMPARE(fixture.opened, QList<QUrl>({QUrl(u"http://shop.example:8080"_s)}));
    fixture.engine->setAddresses(id, "https://shop.example:8443", "file:///etc/passwd", false);
    fixture.bridge.sample();
    QTest::keyClick(plain, Qt::Key_Return);
    QCOMPARE(fixture.opened.size(), 1);  // Nothing but pages are opened on the server's word.
  }

  void aSelfSignedCertificateIsSaidInWords() {
    WindowFixture fixture;
    const auto id = fixture.addTunnel("shop");
    fixture.engine->setAddresses(id, "https://shop.example", "", true);
    fixture.bridge.sample();
    QVERIFY(fixture.shows("detailCertificate") && !fixture.shows("detailPlainAddress"));
    QVERIFY(fixture.find<QLabel>("detailCertificate")->text().contains(u"signed its certificate itself"_s));
    fixture.find<QAction>("actionLanguage_zh_CN")->trigger();
    QTRY_VERIFY(fixture.find<QLabel>("detailCertificate")->text().contains(u"自行签发"_s));
    fixture.engine->setAddresses(id, "https://shop.example", "", false);
    fixture.bridge.sample();
    QVERIFY(!fixture.shows("detailCertificate"));
  }

  void theProtocolAndWhatIsUnusualAreShown() {
    WindowFixture fixture;
    const auto id = fixture.addTunnel("shop");
    auto* facts = fixture.find<QLabel>("detailOptions");
    auto* target = fixture.find<ElidedLabel>("detailTarget");
    QCOMPARE(target->text(), u"Visitors reach localhost:3000 · HTTP/1.1"_s);
    QVERIFY(!facts->isVisible());
    QVERIFY(fixture.engine->changeTunnel(
        id, {.name = "shop",
             .target = "h2s://localhost:3443",
             .origin = {.insecure = true, .hostHeader = "a<b>.example", .connectTimeout = 3s}}));
    fixture.bridge.sample();  // A change of options alone is one.
    QCOMPARE(target->text(), u"Visitors reach h2s://localhost:3443 · HTTP/2 with TLS"_s);
    QVERIFY(facts->isVisible());
    QCOMPARE(facts->text(), u"Unusual: certificate not verified · Host a<b>.example · 3 s to connect"_s);
    QCOMPARE(facts->textFormat(), Qt::PlainText);
  }

  void aRefusalIsMendedFromWhereItIsSaid() {
    WindowFixture fixture;
    const auto id = fixture.addTunnel("shop");
    fixture.engine->setState(id, engine::TunnelState::Reconnecting,
                             Error{.code = ErrorCode::TimedOut, .detail = "x", .libraryCode = 0});
    fixture.bridge.sample();
    QVERIFY(fixture.shows("detailProblem") && !fixture.shows("mendButton"));
    fixture.engine->setState(id, engine::TunnelState::Failed,
                             Error{.code = ErrorCode::NameTaken, .detail = "x", .libraryCode = 0});
    fixture.bridge.sample();
    QVERIFY(fixture.shows("mendButton"));
    click(fixture.find<QPushButton>("mendButton"));
    QVERIFY(fixture.find<QDialog>("editTunnelDialog")->isVisible());
  }

  void aNameOfAnotherSessionIsTakenOver() {
    WindowFixture fixture;
    fixture.window->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(fixture.window.get()));
    const auto id = fixture.addTunnel("shop");
    auto* takeOver = fixture.find<QPushButton>("takeOverButton");
    auto* action = fixture.find<QAction>("actionTakeOver");
    fixture.refuse(id);  // Somebody else's: there is nothing to take over.
    fixture.bridge.sample();
    QVERIFY(!takeOver->isVisible());
    QVERIFY(!action->isVisible());
    fixture.engine->holdElsewhere(id, "'shop' is in use by your terminal since 10:32 (pid 4711)");
    fixture.bridge.sample();
    QVERIFY(takeOver->isVisible());
    QVERIFY(action->isVisible());
    QCOMPARE(fixture.find<QLabel>("detailProblem")->text(),
             u"Another of your tunnels uses the name “shop”.\n"
             "'shop' is in use by your terminal since 10:32 (pid 4711)"_s);
    click(takeOver);
    fixture.bridge.sample();
    const engine::TunnelSnapshot tunnel = fixture.engine->snapshot().tunnels.at(0);
    QVERIFY(tunnel.spec.takeOver);
    QCOMPARE(tunnel.spec.target, std::string("3000"));
    QVERIFY(tunnel.state == engine::TunnelState::Online);
    QVERIFY(!takeOver->isVisible());
    QVERIFY(!fixture.shows("detailProblem"));
    QCOMPARE(QApplication::focusWidget()->objectName(), u"tunnelList"_s);
  }

  void aRefusedTakeOverIsTold() {
    WindowFixture fixture;
    const auto id = fixture.addTunnel("shop");
    fixture.engine->holdElsewhere(id, "'shop' is in use by your terminal");
    fixture.bridge.sample();
    fixture.engine->refuseNext(Error{.code = ErrorCode::NotFound, .detail = "no file", .libraryCode = 0});
    fixture.find<QAction>("actionTakeOver")->trigger();
    QVERIFY2(fixture.messages.lastText().contains(u"no file"_s), qPrintable(fixture.messages.lastText()));
    QVERIFY(fixture.shows("takeOverButton"));
  }

  void theBeginningHasTheFocus() {
    WindowFixture fixture;
    fixture.window->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(fixture.window.get()));
    QCOMPARE(QApplication::focusWidget()->objectName(), u"emptyTarget"_s);
    fixture.addTunnel("shop");
    QTRY_COMPARE(QApplication::focusWidget()->objectName(), u"tunnelList"_s);
  }

  void everythingFitsTheSmallestWindow_data() {
    QTest::addColumn<QString>("language");
    QTest::newRow("English") << u"en"_s;
    QTest::newRow("Chinese") << u"zh_CN"_s;
  }
  void everythingFitsTheSmallestWindow() {
    QFETCH(QString, language);
    WindowFixture fixture;
    fixture.language.apply(language);
    const std::string longest(63, 'w');
    const auto id = fixture.addTunnel(longest, "https://" + longest + ".internal.example.com:8443");
    QVERIFY(fixture.engine->changeTunnel(id, {.name = longest,
                                              .target = "https://" + longest + ".internal.example.com:8443",
                                              .origin = {.insecure = true, .hostHeader = longest}}));
    fixture.engine->setAddresses(id, "https://" + longest + ".example.com:8443",
                                 "http://" + longest + ".example.com:8080", true);
    fixture.bridge.sample();
    fixture.window->resize(fixture.window->minimumSize());
    auto* pane = fixture.find<DetailPane>("detailPane");
    // As wide as what is seen of it, and high enough for all of its text; the rest is scrolled to.
    QTRY_VERIFY2(pane->width() <= pane->parentWidget()->width(),
                 qPrintable(u"%1 > %2"_s.arg(pane->width()).arg(pane->parentWidget()->width())));
    for (const char* name : {"detailCertificate", "detailOptions"}) {
      const auto* label = fixture.find<QLabel>(name);
      QVERIFY2(label->height() >= label->heightForWidth(label->width()), name);
    }
    for (const char* name : {"editButton", "removeButton", "toggleButton", "openButton"}) {
      const auto* button = fixture.find<QWidget>(name);
      QVERIFY2(button->mapTo(pane, QPoint(button->width(), 0)).x() <= pane->width(), name);
    }
  }
};

QTEST_MAIN(DetailPaneTest)
#include "detail_pane_test.moc"
