// SPDX-License-Identifier: Apache-2.0
// Drives the real window by object names, as a person would: tunnels and the link.
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QDialog>
#include <QLineEdit>
#include <QPushButton>
#include <QToolButton>

#include "tests/ui/window_fixture.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/stat_tile.h"
#include "ui/widgets/state_pill.h"
#include "ui/widgets/tunnel_list.h"

using namespace Qt::Literals::StringLiterals;
using namespace std::chrono_literals;
using namespace adit;
using namespace adit::ui;
using test::click;
using test::ScriptedMessageBox;
using test::WindowFixture;

namespace {

constexpr auto kLink =
    "adit://"
    "c2VjcmV0LXRva2VuLW9mLXRlc3Q@t.example.com:4433?pin=sha256:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

template <typename T>
T* child(QWidget* parent, const char* name) {
  T* found = parent->findChild<T*>(QString::fromLatin1(name));
  if (found == nullptr) qFatal("no %s", name);
  return found;
}

QDialog* openDialog(WindowFixture& fixture, const char* action, const char* name) {
  fixture.find<QAction>(action)->trigger();
  return fixture.window->findChild<QDialog*>(QString::fromLatin1(name));
}

}  // namespace

class MainWindowTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void aNewcomerExposesAPort() {
    WindowFixture fixture;
    QVERIFY(fixture.shows("emptyPanel"));
    auto* field = fixture.find<QLineEdit>("emptyTarget");
    QTest::keyClicks(field, u"99999"_s);
    click(fixture.find<QPushButton>("emptyExpose"));
    QVERIFY(fixture.shows("emptyProblem"));
    QVERIFY(fixture.engine->snapshot().tunnels.empty());
    field->clear();
    click(fixture.find<QPushButton>("emptyChip3000"));
    QCOMPARE(field->text(), u"3000"_s);
    QTest::keyClick(field, Qt::Key_Return);
    QTRY_VERIFY(fixture.shows("detailPane"));
    QVERIFY(!fixture.shows("emptyPanel"));
    QTRY_COMPARE(fixture.find<ElidedLabel>("detailAddress")->text(), u"http://brave-otter.localhost:8080"_s);
    QCOMPARE(fixture.find<StatePill>("detailState")->text(), u"Online"_s);
  }

  void theFieldIsSeenInALowWindow() {
    WindowFixture fixture;
    auto* field = fixture.find<QLineEdit>("emptyTarget");
    const auto seen = [&] { return field->visibleRegion().boundingRect().size() == field->size(); };
    QVERIFY(seen() && fixture.shows("emptyPicture"));
    fixture.window->resize(800, 560);
    fixture.find<QAction>("actionLog")->trigger();
    QTRY_VERIFY(seen() && !fixture.shows("emptyPicture"));
    fixture.find<QAction>("actionLog")->trigger();
    fixture.window->resize(1120, 740);
    QTRY_VERIFY(fixture.shows("emptyPicture"));
  }

  void theDialogAddsATunnel() {
    WindowFixture fixture;
    QDialog* dialog = openDialog(fixture, "actionAdd", "addTunnelDialog");
    QVERIFY(dialog != nullptr && dialog->isVisible());
    auto* target = child<QLineEdit>(dialog, "tunnelTarget");
    auto* name = child<QLineEdit>(dialog, "tunnelName");
    auto* ok = child<QPushButton>(dialog, "tunnelOk");
    QVERIFY(!ok->isEnabled());
    QTest::keyClicks(target, u"70000"_s);
    QVERIFY(!ok->isEnabled());
    QVERIFY(target->property("invalid").toBool());
    target->setText(u"localhost:5173"_s);
    QVERIFY(!target->property("invalid").toBool());
    QTest::keyClicks(name, u"Bad_name"_s);
    QVERIFY(!ok->isEnabled());
    name->setText(u"Docs"_s);
    QVERIFY(ok->isEnabled());
    click(ok);
    QVERIFY(!dialog->isVisible());
    const auto spec = fixture.engine->snapshot().tunnels.at(0).spec;
    QCOMPARE(spec.name, std::string("docs"));
    QCOMPARE(spec.target, std::string("localhost:5173"));
    QTRY_COMPARE(fixture.find<ElidedLabel>("detailName")->text(), u"docs"_s);
  }

  void theEnginesRefusalIsShownInTheDialog() {
    WindowFixture fixture;
    fixture.engine->refuseNext({.code = ErrorCode::NameTaken, .detail = "taken", .libraryCode = 0});
    QDialog* dialog = openDialog(fixture, "actionAdd", "addTunnelDialog");
    child<QLineEdit>(dialog, "tunnelTarget")->setText(u"3000"_s);
    child<QLineEdit>(dialog, "tunnelName")->setText(u"shop"_s);
    click(child<QPushButton>(dialog, "tunnelOk"));
    QVERIFY(dialog->isVisible());
    QVERIFY(child<QLabel>(dialog, "tunnelNameHint")->text().contains(u"shop"_s));
    click(child<QPushButton>(dialog, "tunnelOk"));  // Accepted the second time.
    QVERIFY(!dialog->isVisible());
  }

  void theAddressIsCopiedAndOpened() {
    WindowFixture fixture;
    fixture.addTunnel("shop");
    auto* list = fixture.find<TunnelList>("tunnelList");
    list->setCurrentIndex(list->model()->index(0, 0));
    const QString url = u"http://shop.localhost:8080"_s;
    click(fixture.find<QPushButton>("copyButton"));
    QCOMPARE(QApplication::clipboard()->text(), url);
    QCOMPARE(fixture.find<QPushButton>("copyButton")->text(), u"Copied"_s);
    QApplication::clipboard()->clear();
    fixture.find<QAction>("actionCopy")->trigger();
    QCOMPARE(QApplication::clipboard()->text(), url);
    // And from within the card.
    QApplication::clipboard()->clear();
    const auto layout = list->layoutOf(list->model()->index(0, 0));
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, layout.copy.center());
    QCOMPARE(QApplication::clipboard()->text(), url);
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, layout.open.center());
    click(fixture.find<QPushButton>("openButton"));
    QCOMPARE(fixture.opened, QList<QUrl>({QUrl(url), QUrl(url)}));
    // Pressed on one thing and released on another is neither.
    QTest::mousePress(list->viewport(), Qt::LeftButton, {}, layout.open.center());
    QTest::mouseRelease(list->viewport(), Qt::LeftButton, {}, layout.name.center());
    QCOMPARE(fixture.opened.size(), 2);
  }

  void startStopAndRemove() {
    WindowFixture fixture;
    const auto id = fixture.addTunnel("shop");
    auto* list = fixture.find<TunnelList>("tunnelList");
    QVERIFY(fixture.find<QAction>("actionRemove")->isEnabled());
    list->selectionModel()->clear();
    QVERIFY(!fixture.find<QAction>("actionRemove")->isEnabled());
    list->setCurrentIndex(list->model()->index(0, 0));
    auto* toggle = fixture.find<QPushButton>("toggleButton");
    QCOMPARE(toggle->text(), u"Stop"_s);
    click(toggle);
    QTRY_COMPARE(toggle->text(), u"Start"_s);
    QVERIFY(fixture.engine->snapshot().tunnels.at(0).state == engine::TunnelState::Stopped);
    QVERIFY(fixture.find<QAction>("actionStart")->isEnabled());
    fixture.find<QAction>("actionStart")->trigger();
    QTRY_COMPARE(fixture.find<StatePill>("detailState")->text(), u"Online"_s);

    fixture.find<QAction>("actionRemove")->trigger();  // Answered No.
    QCOMPARE(fixture.messages.asked(), 1);
    QVERIFY(fixture.messages.lastText().contains(u"shop"_s));
    QCOMPARE(fixture.engine->snapshot().tunnels.size(), std::size_t(1));
    fixture.messages.setNextAnswer(ScriptedMessageBox::Answer::Yes);
    click(fixture.find<QToolButton>("removeButton"));
    QTRY_VERIFY(fixture.shows("emptyPanel"));
    QVERIFY(fixture.engine->snapshot().tunnels.empty());
    QVERIFY(fixture.bridge.tunnel(id) == nullptr);
  }

  void theSelectionSurvivesOtherTunnels() {
    WindowFixture fixture;
    const auto first = fixture.addTunnel("first");
    fixture.addTunnel("second");
    auto* list = fixture.find<TunnelList>("tunnelList");
    auto* name = fixture.find<ElidedLabel>("detailName");
    QCOMPARE(name->text(), u"first"_s);  // The first there is, to begin with.
    list->setCurrentIndex(list->model()->index(1, 0));
    QCOMPARE(name->text(), u"second"_s);
    fixture.engine->removeTunnel(first);
    fixture.bridge.sample();
    QCOMPARE(name->text(), u"second"_s);
    QTest::mouseClick(fixture.find<QWidget>("totalGraph"), Qt::LeftButton);
    QVERIFY(name->text().contains(u"1 of 1"_s));
  }

  void aRefusedTunnelSaysWhy() {
    WindowFixture fixture;
    const auto id = fixture.addTunnel("shop");
    auto* list = fixture.find<TunnelList>("tunnelList");
    list->setCurrentIndex(list->model()->index(0, 0));
    QVERIFY(!fixture.shows("detailProblem"));
    fixture.engine->setState(id, engine::TunnelState::Failed,
                             Error{.code = ErrorCode::NameTaken, .detail = "x", .libraryCode = 0});
    fixture.bridge.sample();
    QVERIFY(fixture.shows("detailProblem"));
    QVERIFY(fixture.find<QLabel>("detailProblem")->text().contains(u"shop"_s));
    QCOMPARE(fixture.find<StatePill>("detailState")->text(), u"Refused"_s);
  }

  void aServiceThatDoesNotAnswerIsTold() {
    WindowFixture fixture;
    const auto id = fixture.addTunnel("shop");
    QTRY_COMPARE(fixture.probes, 1);
    QVERIFY(!fixture.shows("detailProblem"));
    fixture.answer = Answer::No;
    fixture.engine->addFailures(id, 1);  // A visitor met an error.
    fixture.bridge.sample();
    QTRY_VERIFY(fixture.shows("detailProblem"));
    QCOMPARE(fixture.find<QLabel>("detailProblem")->text(),
             u"Nothing answers at localhost:3000. Is your service running?"_s);
    QCOMPARE(fixture.find<StatePill>("detailState")->text(), u"Nothing answers"_s);
    QVERIFY(fixture.shows("mendButton"));
    QVERIFY(fixture.find<QPushButton>("copyButton")->isEnabled());  // The address is as good as before.
    fixture.answer = Answer::Yes;
    auto now = std::chrono::steady_clock::now() + 1h;
    fixture.engine->setClock([&now] { return now; });
    fixture.bridge.sample();
    QTRY_VERIFY(!fixture.shows("detailProblem"));
    QCOMPARE(fixture.find<StatePill>("detailState")->text(), u"Online"_s);
  }

  void figuresFollowTheTraffic() {
    WindowFixture fixture;
    const auto id = fixture.addTunnel("shop");
    auto* list = fixture.find<TunnelList>("tunnelList");
    list->setCurrentIndex(list->model()->index(0, 0));
    fixture.traffic(id);
    QCOMPARE(fixture.find<StatTile>("tileOut")->value(), u"2.00 MB/s"_s);
    QCOMPARE(fixture.find<StatTile>("tileRequests")->value(), u"20"_s);
    QCOMPARE(fixture.find<StatTile>("tileActive")->value(), u"3"_s);
    QVERIFY(fixture.find<StatTile>("tileIn")->context().startsWith(u"9"_s));
  }

  void theBannerFollowsTheLink() {
    WindowFixture fixture;
    QVERIFY(!fixture.shows("linkBanner"));
    engine::LinkSnapshot link{.state = engine::LinkState::Waiting,
                              .server = "t.example.com:4433",
                              .embedded = false,
                              .error = {.code = ErrorCode::TimedOut, .detail = "no answer", .libraryCode = 0},
                              .hasError = true,
                              .retryIn = 2900ms,
                              .roundTripMs = 0};
    fixture.engine->setLink(link);
    fixture.bridge.sample();
    QVERIFY(fixture.shows("linkBanner"));
    auto* title = fixture.find<QLabel>("bannerTitle");
    QCOMPARE(title->text(), u"Not connected. Next attempt in 3 seconds."_s);
    link.retryIn = 400ms;
    fixture.engine->setLink(link);
    fixture.bridge.sample();
    QCOMPARE(title->text(), u"Not connected. Next attempt in 1 second."_s);
    QVERIFY(fixture.find<QLabel>("bannerText")->text().contains(u"UDP"_s));
    QVERIFY(!fixture.shows("bannerJoin"));
    click(fixture.find<QPushButton>("bannerRetry"));
    fixture.find<QAction>("actionRetry")->trigger();
    QCOMPARE(fixture.engine->retries(), 2);

    link.state = engine::LinkState::Failed;
    link.error.code = ErrorCode::PinMismatch;
    fixture.engine->setLink(link);
    fixture.bridge.sample();
    QVERIFY(fixture.find<QLabel>("bannerText")->text().contains(u"another key"_s));
    QVERIFY(fixture.shows("bannerJoin"));

    link.state = engine::LinkState::Online;
    link.hasError = false;
    link.roundTripMs = 18.2;
    fixture.engine->setLink(link);
    fixture.bridge.sample();
    QVERIFY(!fixture.shows("linkBanner"));
    QCOMPARE(fixture.find<ElidedLabel>("linkLabel")->text(), u"t.example.com:4433 · 18 ms"_s);
    QVERIFY(!fixture.find<QAction>("actionRetry")->isEnabled());
  }

  void aFirstConnectionIsNotAnAlarm() {
    WindowFixture fixture;
    auto link = fixture.bridge.snapshot().link;
    link.state = engine::LinkState::Connecting;
    fixture.engine->setLink(link);
    fixture.bridge.sample();
    QVERIFY(!fixture.shows("linkBanner"));
    QTRY_VERIFY_WITH_TIMEOUT(fixture.shows("linkBanner"), 4000);  // After a while it is said.
    QVERIFY(!fixture.shows("bannerRetry"));
  }

  void joiningAServer() {
    WindowFixture fixture;
    fixture.addTunnel("shop");
    QDialog* dialog = openDialog(fixture, "actionJoin", "joinDialog");
    QVERIFY(dialog->findChild<QPushButton*>(u"joinEmbedded"_s) == nullptr);
    auto* field = child<QLineEdit>(dialog, "joinLink");
    auto* ok = child<QPushButton>(dialog, "joinOk");
    QVERIFY(field->echoMode() != QLineEdit::Normal);
    field->setText(u"https://t.example.com"_s);
    QVERIFY(!ok->isEnabled());
    QVERIFY(child<QLabel>(dialog, "joinHint")->text().contains(u"adit://"_s));
    field->setText(u"adit://token@t.example.com:4433"_s);
    QVERIFY(!ok->isEnabled());
    field->setText(u"  "_s + QString::fromLatin1(kLink) + u"\n"_s);
    QVERIFY2(ok->isEnabled(), qPrintable(child<QLabel>(dialog, "joinHint")->text()));
    QCOMPARE(child<ElidedLabel>(dialog, "joinServer")->text(), u"t.example.com:4433"_s);
    QVERIFY(child<QLabel>(dialog, "joinPin")->text().startsWith(u"sha256:"_s));
    fixture.engine->refuseNext({.code = ErrorCode::Internal, .detail = "not now", .libraryCode = 0});
    click(ok);
    QVERIFY(dialog->isVisible());
    QVERIFY(child<QLabel>(dialog, "joinHint")->text().contains(u"not now"_s));
    click(ok);
    QTRY_VERIFY(fixture.window->findChild<QDialog*>(u"joinDialog"_s) == nullptr);
    QCOMPARE(fixture.engine->joined(), std::optional<std::string>("t.example.com:4433"));
    QVERIFY(fixture.saved.has_value());

    fixture.bridge.sample();
    QTRY_VERIFY(fixture.window->findChild<QDialog*>(u"joinDialog"_s) == nullptr);
    dialog = openDialog(fixture, "actionJoin", "joinDialog");
    fixture.saveError = Error{.code = ErrorCode::DiskFull, .detail = "no space left", .libraryCode = 0};
    click(child<QPushButton>(dialog, "joinEmbedded"));
    QVERIFY(!fixture.engine->joined().has_value());
    QTRY_VERIFY(fixture.messages.lastText().contains(u"no space left"_s));
  }

  void anEmbeddedServerThatCannotStartIsReportedInTheDialog() {
    WindowFixture fixture;
    QVERIFY(fixture.engine->join(session::JoinLink::parse(kLink).value()));
    fixture.bridge.sample();
    QDialog* dialog = openDialog(fixture, "actionJoin", "joinDialog");
    fixture.engine->refuseNext({.code = ErrorCode::AddressInUse, .detail = "no free port", .libraryCode = 0});
    auto* embedded = child<QPushButton>(dialog, "joinEmbedded");
    click(embedded);
    QTRY_VERIFY(child<QLabel>(dialog, "joinHint")->text().contains(u"no free port"_s));
    QVERIFY(embedded->isEnabled());
    QCOMPARE(fixture.engine->joined(), std::optional<std::string>("t.example.com:4433"));
    QVERIFY(!fixture.saved.has_value());
    // Cancelling has nothing to undo; trying again works.
    click(embedded);
    QTRY_VERIFY(fixture.window->findChild<QDialog*>(u"joinDialog"_s) == nullptr);
    QVERIFY(!fixture.engine->joined().has_value());
  }

  void aServerThatDoesNotTakeTheLinkIsNotKept() {
    WindowFixture fixture;
    fixture.engine->setPrompt(false);
    QDialog* dialog = openDialog(fixture, "actionJoin", "joinDialog");
    auto* field = child<QLineEdit>(dialog, "joinLink");
    auto* ok = child<QPushButton>(dialog, "joinOk");
    auto* hint = child<QLabel>(dialog, "joinHint");
    field->setText(QString::fromLatin1(kLink));
    QVERIFY(!field->displayText().contains(u"adit"_s));
    click(ok);
    fixture.bridge.sample();
    QVERIFY(dialog->isVisible());
    QVERIFY(!ok->isEnabled());
    QVERIFY(field->isReadOnly());
    QCOMPARE(hint->text(), u"Asking the server…"_s);
    for (const auto& [code, words] :
         {std::pair{ErrorCode::PinMismatch, u"another key"_s}, std::pair{ErrorCode::TimedOut, u"over UDP"_s},
          std::pair{ErrorCode::TokenRevoked, u"revoked this token"_s}}) {
      auto link = fixture.bridge.snapshot().link;
      link.state = engine::LinkState::Failed;
      link.hasError = true;
      link.error = {.code = code, .detail = "x", .libraryCode = 0};
      fixture.engine->setLink(link);
      fixture.bridge.sample();
      QVERIFY2(hint->text().contains(words), qPrintable(hint->text()));
      QVERIFY(ok->isEnabled() && !field->isReadOnly());
    }
    QCOMPARE(fixture.saves, 0);
    click(child<QPushButton>(dialog, "joinCancel"));
    QVERIFY(!fixture.engine->joined().has_value());  // Where it was before.
    QCOMPARE(fixture.saves, 0);

    // The same from a server that was kept.
    fixture.saved = session::JoinLink::parse(kLink).value();
    QVERIFY(fixture.engine->join(*fixture.saved));
    fixture.bridge.sample();
    QTRY_VERIFY(fixture.window->findChild<QDialog*>(u"joinDialog"_s) == nullptr);
    dialog = openDialog(fixture, "actionJoin", "joinDialog");
    child<QLineEdit>(dialog, "joinLink")
        ->setText(QString::fromLatin1(kLink).replace(u"t.example.com"_s, u"u.example.com"_s));
    click(child<QPushButton>(dialog, "joinOk"));
    QCOMPARE(fixture.engine->joined(), std::optional<std::string>("u.example.com:4433"));
    QTest::keyClick(dialog, Qt::Key_Escape);
    QCOMPARE(fixture.engine->joined(), std::optional<std::string>("t.example.com:4433"));
  }

  void aHostileAddressIsNotOpened() {
    WindowFixture fixture;
    const auto id = fixture.addTunnel("shop");
    auto* list = fixture.find<TunnelList>("tunnelList");
    list->setCurrentIndex(list->model()->index(0, 0));
    fixture.engine->setUrl(id, "file:///etc/passwd");
    fixture.bridge.sample();
    click(fixture.find<QPushButton>("openButton"));
    QVERIFY(fixture.opened.isEmpty());
  }

  void markupFromOutsideIsText() {
    WindowFixture fixture;
    auto link = fixture.bridge.snapshot().link;
    link.state = engine::LinkState::Failed;
    link.hasError = true;
    link.error = {.code = ErrorCode::Internal, .detail = "<img src=x><b>bold</b>", .libraryCode = 0};
    fixture.engine->setLink(link);
    fixture.bridge.sample();
    QCOMPARE(fixture.find<QLabel>("bannerText")->textFormat(), Qt::PlainText);
    QCOMPARE(fixture.find<QLabel>("detailProblem")->textFormat(), Qt::PlainText);
  }
};

QTEST_MAIN(MainWindowTest)
#include "main_window_test.moc"
