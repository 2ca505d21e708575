// SPDX-License-Identifier: Apache-2.0
// The composed application over a fake engine: what is kept, what the tray says, how it ends.
#include "ui/application.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QDialog>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include "tests/ui/fake_engine.h"
#include "ui/dialogs/message_box.h"
#include "ui/tray/tray_icon.h"
#include "ui/windows/main_window.h"

using namespace Qt::Literals::StringLiterals;
using namespace adit;
using namespace adit::ui;
using test::FakeEngine;

namespace {

struct Running {
  QTemporaryDir directory;
  FakeEngine* engine = nullptr;
  bool tray = true;
  std::vector<SavedTunnel> stored;
  std::vector<std::string> problems;
  QList<QUrl> opened;
  QList<std::vector<SavedTunnel>> saves;
  std::optional<Error> saveError;
  std::unique_ptr<Application> application;

  Application::Params params() {
    Application::Params params;
    params.settingsDirectory = directory.path();
    params.trayAvailable = [this] { return tray; };
    params.engine = [this](std::function<void()> wake) -> Result<std::unique_ptr<engine::Engine>> {
      auto made = std::make_unique<FakeEngine>(std::move(wake));
      engine = made.get();
      return made;
    };
    params.openUrl = [this](const QUrl& url) { opened.append(url); };
    params.tunnelsFile = u"/state/tunnels.toml"_s;
    params.loadTunnels = [this](const TakeTunnel& take) {
      std::vector<std::string> all = problems;
      for (const SavedTunnel& tunnel : stored) {
        if (auto taken = take(tunnel); !taken) all.push_back("tunnels.toml:9:1: " + taken.error().detail);
      }
      return all;
    };
    params.saveTunnels = [this](const std::vector<SavedTunnel>& tunnels) -> Result<> {
      if (saveError) return fail(*saveError);
      saves.append(tunnels);
      return {};
    };
    return params;
  }
  void start(Application::Params params) {
    Settings(directory.path()).set(Settings::Key::Language, u"en"_s);
    application = std::move(Application::create(std::move(params)).value());
  }
  QAction* trayAction(const char* name) {
    return application->tray().menu().findChild<QAction*>(QString::fromLatin1(name));
  }
};

}  // namespace

class ApplicationTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void savedTunnelsComeBack() {
    Running running;
    auto params = running.params();
    running.stored = {{.spec = {.name = "shop", .target = "3000"}, .started = true},
                      {.spec = {.name = "docs", .target = "5173"}, .started = false}};
    running.start(std::move(params));
    const auto tunnels = running.engine->snapshot().tunnels;
    QCOMPARE(tunnels.size(), std::size_t(2));
    QVERIFY(tunnels[1].state == engine::TunnelState::Stopped);
    QTRY_VERIFY(running.trayAction("trayCopy_shop") != nullptr);
    QVERIFY(running.saves.isEmpty());  // Nothing changed.
    running.engine->startTunnel(tunnels[1].id);
    QTRY_COMPARE(running.saves.size(), 1);
    QVERIFY(running.saves.last().at(1).started);
    running.engine->removeTunnel(tunnels[0].id);
    QTRY_COMPARE(running.saves.size(), 2);
    QCOMPARE(running.saves.last().at(0).spec.name, std::string("docs"));
  }

  void whatIsWrongWithTheListIsTold() {
    Running running;
    running.stored = {{.spec = {.name = "shop", .target = "3000"}, .started = true}};
    running.problems = {"tunnels.toml:4:1: there is no key 'strated' here",
                        "tunnels.toml:8:1: 'target' is missing"};
    running.start(running.params());
    MainWindow& window = running.application->window();
    auto* notice = window.findChild<QWidget*>(u"listNotice"_s);
    const auto text = [&](const QString& name) { return window.findChild<QLabel*>(name)->text(); };
    QVERIFY(notice->isVisible());
    QCOMPARE(text(u"noticeTitle"_s), u"Your list of tunnels has 2 problems"_s);
    QCOMPARE(text(u"noticeText"_s),
             u"tunnels.toml:4:1: there is no key 'strated' here\n"
             "tunnels.toml:8:1: 'target' is missing"_s);
    QCOMPARE(running.engine->snapshot().tunnels.size(), std::size_t(1));  // What is right is used.
    window.findChild<QPushButton*>(u"noticeOpen"_s)->click();
    QCOMPARE(running.opened, QList<QUrl>({QUrl::fromLocalFile(u"/state/tunnels.toml"_s)}));

    // One is mended, another goes wrong, what is there is not there twice.
    running.stored.push_back({.spec = {.name = "docs", .target = "5173"}, .started = false});
    running.stored[0].spec.target = "3001";
    running.problems.pop_back();
    window.findChild<QPushButton*>(u"noticeRead"_s)->click();
    QCOMPARE(text(u"noticeTitle"_s), u"Your list of tunnels has 1 problem"_s);
    const auto tunnels = running.engine->snapshot().tunnels;
    QCOMPARE(tunnels.size(), std::size_t(2));
    QCOMPARE(tunnels[0].spec.target, std::string("3001"));
    QVERIFY(tunnels[1].state == engine::TunnelState::Stopped);

    window.findChild<QToolButton*>(u"noticeDismiss"_s)->click();
    QVERIFY(!notice->isVisible());
    running.problems.clear();
    window.findChild<QPushButton*>(u"noticeRead"_s)->click();
    QVERIFY(!notice->isVisible());
  }

  void manyProblemsTakeLittleRoom() {
    Running running;
    for (int i = 0; i < 40; ++i) running.problems.push_back("tunnels.toml:" + std::to_string(i) + ":1: odd");
    running.start(running.params());
    const auto* text = running.application->window().findChild<QLabel*>(u"noticeText"_s);
    QCOMPARE(text->text().count(u'\n'), 3);
    QVERIFY(text->text().endsWith(u"…and 37 more, in the log"_s));
    QCOMPARE(text->textFormat(), Qt::PlainText);
  }

  void whatTheEngineRefusesIsTold() {
    Running running;
    auto params = running.params();
    const auto make = params.engine;
    params.engine = [&running, make](std::function<void()> wake) {
      auto made = make(std::move(wake));
      running.engine->refuseNext(
          {.code = ErrorCode::InvalidArgument, .detail = "no target", .libraryCode = 0});
      return made;
    };
    running.stored = {{.spec = {.name = "shop", .target = "htp://x"}, .started = true},
                      {.spec = {.name = "docs", .target = "5173"}, .started = true}};
    running.start(std::move(params));
    const auto* text = running.application->window().findChild<QLabel*>(u"noticeText"_s);
    QCOMPARE(text->text(), u"tunnels.toml:9:1: no target"_s);
    QCOMPARE(running.engine->snapshot().tunnels.size(), std::size_t(1));
  }

  void optionsAndChosenNamesAreKept() {
    Running running;
    auto params = running.params();
    const engine::OriginOptions origin{.insecure = true, .hostHeader = "target"};
    running.stored = {{.spec = {.name = "shop", .target = "https://db", .origin = origin}, .started = true}};
    running.start(std::move(params));
    QVERIFY(running.engine->snapshot().tunnels[0].spec.origin == origin);
    const auto id = running.engine->addTunnel({.name = "", .target = "3000"}, true).value();
    QTRY_COMPARE(running.saves.size(), 1);
    QVERIFY(running.saves.last().at(0).spec.origin == origin);
    QCOMPARE(running.saves.last().at(1).spec.name, std::string("brave-otter"));
    // Other options alone are worth saving.
    QVERIFY(
        running.engine->changeTunnel(id, {.name = "", .target = "3000", .origin = {.hostHeader = "target"}}));
    QTRY_COMPARE(running.saves.size(), 2);
    QCOMPARE(running.saves.last().at(1).spec.origin.hostHeader, std::string("target"));
    QCOMPARE(running.saves.last().at(1).spec.name, std::string("brave-otter"));
  }

  void reconnectingIsNoChangeWorthSaving() {
    Running running;
    running.start(running.params());
    const auto id = running.engine->addTunnel({.name = "shop", .target = "3000"}, true).value();
    QTRY_COMPARE(running.saves.size(), 1);
    running.engine->setState(id, engine::TunnelState::Reconnecting);
    QTRY_COMPARE(running.application->tray().status(), Status::Connecting);
    QCOMPARE(running.saves.size(), 1);
    QVERIFY(running.saves.last().at(0).started);
  }

  void whatCouldNotBeSavedIsSavedLater() {
    Running running;
    running.start(running.params());
    running.saveError = Error{.code = ErrorCode::DiskFull, .detail = "full", .libraryCode = 0};
    const auto id = running.engine->addTunnel({.name = "shop", .target = "3000"}, true).value();
    QTRY_VERIFY(running.trayAction("trayCopy_shop") != nullptr);
    running.saveError.reset();
    running.engine->setState(id, engine::TunnelState::Reconnecting);
    QTRY_COMPARE(running.saves.size(), 1);
    // At the end at the latest, with what was done just before.
    running.saveError = Error{.code = ErrorCode::DiskFull, .detail = "full", .libraryCode = 0};
    running.engine->stopTunnel(id);
    QTRY_COMPARE(running.application->tray().status(), Status::Online);
    running.saveError.reset();
    QVERIFY(running.engine->addTunnel({.name = "docs", .target = "5173"}, true));
    running.application->quit();
    QCOMPARE(running.saves.size(), 2);
    QVERIFY(!running.saves.last().at(0).started);
    QCOMPARE(running.saves.last().at(1).spec.name, std::string("docs"));
  }

  void theTrayFollows() {
    Running running;
    running.start(running.params());
    QCOMPARE(running.application->tray().status(), Status::Online);
    const auto id = running.engine->addTunnel({.name = "shop", .target = "3000"}, true).value();
    QTRY_VERIFY(running.trayAction("trayCopy_shop") != nullptr);
    running.trayAction("trayCopy_shop")->trigger();
    QCOMPARE(QApplication::clipboard()->text(), u"http://shop.localhost:8080"_s);
    running.engine->setState(id, engine::TunnelState::Failed,
                             Error{.code = ErrorCode::NameTaken, .detail = {}, .libraryCode = 0});
    QTRY_COMPARE(running.application->tray().status(), Status::Error);
    running.application->window().close();
    QVERIFY(!running.application->window().isVisible());
    running.trayAction("trayOpen")->trigger();
    QVERIFY(running.application->window().isVisible());
    running.trayAction("trayAdd")->trigger();
    QVERIFY(running.application->window().findChild<QDialog*>(u"addTunnelDialog"_s) != nullptr);
  }

  void minimizedMeansHiddenWhereThereIsATray() {
    Running running;
    auto params = running.params();
    params.start = Application::Start::Minimized;
    running.start(std::move(params));
    QVERIFY(!running.application->window().isVisible());
    running.application->raiseWindow();  // As by a second start.
    QVERIFY(running.application->window().isVisible());

    Running bare;
    bare.tray = false;
    params = bare.params();
    params.start = Application::Start::Minimized;
    bare.start(std::move(params));
    QVERIFY(bare.application->window().isMinimized());
  }

  void quittingDrainsAndEndsTheLoop() {
    Running running;
    running.start(running.params());
    const auto id = running.engine->addTunnel({.name = "shop", .target = "3000"}, true).value();
    QTRY_COMPARE(running.saves.size(), 1);
    QTimer::singleShot(0, running.application.get(), [&] { running.trayAction("trayQuit")->trigger(); });
    QCOMPARE(QApplication::exec(), 0);
    QVERIFY(running.engine->drained());
    QVERIFY(!running.application->window().isVisible());
    // What happens while draining is not what the user wants next time.
    running.engine->stopTunnel(id);
    QTest::qWait(150);
    QCOMPARE(running.saves.size(), 1);
    running.application->raiseWindow();
    QVERIFY(!running.application->window().isVisible());
  }

  void closingWithoutATrayEndsTheLoop() {
    Running running;
    running.tray = false;
    running.start(running.params());
    QTimer::singleShot(0, running.application.get(), [&] { running.application->window().close(); });
    QCOMPARE(QApplication::exec(), 0);
  }

  void aFailedStartIsReported() {
    Running running;
    auto params = running.params();
    params.engine = [](const std::function<void()>&) -> Result<std::unique_ptr<engine::Engine>> {
      return fail(ErrorCode::AddressInUse, "port 8080 is in use");
    };
    const auto application = Application::create(std::move(params));
    QVERIFY(!application);
    QVERIFY(application.error().code == ErrorCode::AddressInUse);
    QString shown;
    QTimer closer;
    connect(&closer, &QTimer::timeout, this, [&shown] {
      for (QWidget* widget : QApplication::topLevelWidgets()) {
        if (auto* close = widget->findChild<QPushButton*>(u"messageClose"_s)) {
          shown = widget->findChild<QLabel*>(u"messageText"_s)->text();
          close->click();
        }
      }
    });
    closer.start(10);
    Application::reportFailure(application.error());
    QCOMPARE(shown, u"Another program uses this port.\nport 8080 is in use"_s);
  }

  void realQuestionsCanBeAnswered() {
    QWidget parent;
    parent.show();
    MessageBox box;
    int yes = 0;
    const MessageBox::Question question{.objectName = u"q"_s,
                                        .text = u"Sure?"_s,
                                        .information = u"It goes."_s,
                                        .yes = u"Do it"_s,
                                        .destructive = true};
    box.ask(&parent, question, [&yes] { ++yes; });
    auto* cancel = parent.findChild<QPushButton*>(u"qCancel"_s);
    QVERIFY(cancel->isDefault());  // Return does not destroy.
    cancel->click();
    QTRY_VERIFY(parent.findChild<QDialog*>(u"q"_s) == nullptr);
    QCOMPARE(yes, 0);
    box.ask(&parent, question, [&yes] { ++yes; });
    parent.findChild<QPushButton*>(u"qYes"_s)->click();
    QCOMPARE(yes, 1);
  }
};

QTEST_MAIN(ApplicationTest)
#include "application_test.moc"
