// SPDX-License-Identifier: Apache-2.0
// Drives the real window by object names: log, closing, keys, appearance, language.
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QLineEdit>
#include <QPushButton>
#include <QScreen>
#include <QSignalSpy>
#include <QSplitter>
#include <QToolButton>
#include <QTreeView>

#include "tests/ui/window_fixture.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/tunnel_list.h"

using namespace Qt::Literals::StringLiterals;
using namespace adit;
using namespace adit::ui;
using test::click;
using test::WindowFixture;

class WindowShellTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void theLogIsFilteredAndCopied() {
    WindowFixture fixture;
    fixture.engine->log(LogLevel::Debug, "quic", "packet lost");
    fixture.engine->log(LogLevel::Info, "client", "shop is online");
    fixture.engine->log(LogLevel::Error, "client", "nothing answers");
    auto* list = fixture.find<QTreeView>("logList");
    QTRY_COMPARE(list->model()->rowCount(), 2);  // Info and above to begin with.
    QVERIFY(!list->isVisible());
    QCOMPARE(fixture.find<ElidedLabel>("logNewest")->text(), u"nothing answers"_s);
    click(fixture.find<QToolButton>("logToggle"));
    QVERIFY(list->isVisible());
    QVERIFY(fixture.settings.flag(Settings::Key::LogVisible));
    fixture.find<QComboBox>("logLevel")->setCurrentIndex(3);
    QCOMPARE(list->model()->rowCount(), 1);
    fixture.find<QComboBox>("logLevel")->setCurrentIndex(0);
    QCOMPARE(list->model()->rowCount(), 3);
    QTest::keyClicks(fixture.find<QLineEdit>("logText"), u"shop"_s);
    QCOMPARE(list->model()->rowCount(), 1);
    click(fixture.find<QToolButton>("logCopy"));
    QVERIFY(QApplication::clipboard()->text().endsWith(u"info client shop is online\n"_s));
    fixture.find<QLineEdit>("logText")->clear();
    list->setCurrentIndex(list->model()->index(2, 0));
    click(fixture.find<QToolButton>("logCopy"));
    QVERIFY(QApplication::clipboard()->text().endsWith(u"error client nothing answers\n"_s));
    QCOMPARE(QApplication::clipboard()->text().count(u'\n'), 1);
    click(fixture.find<QToolButton>("logClear"));
    QCOMPARE(list->model()->rowCount(), 0);
    fixture.find<QAction>("actionLog")->trigger();
    QVERIFY(!list->isVisible());
  }

  void closingLeavesTheTray() {
    WindowFixture fixture;
    QSignalSpy quits(fixture.window.get(), &MainWindow::quitRequested);
    QSignalSpy explained(fixture.window.get(), &MainWindow::firstHidden);
    fixture.find<QAction>("actionClose")->trigger();
    QVERIFY(!fixture.window->isVisible());
    QCOMPARE(quits.count(), 0);
    QCOMPARE(explained.count(), 1);
    fixture.window->bringToFront();
    QVERIFY(fixture.window->isVisible());
    fixture.window->close();
    QCOMPARE(explained.count(), 1);  // Said once.
    fixture.makeWindow();
    QSignalSpy again(fixture.window.get(), &MainWindow::firstHidden);
    fixture.window->close();
    QCOMPARE(again.count(), 0);  // And not at the next start either.
  }

  void closingWithoutATrayQuits() {
    WindowFixture fixture;
    fixture.tray = false;
    QSignalSpy quits(fixture.window.get(), &MainWindow::quitRequested);
    fixture.window->close();
    QCOMPARE(quits.count(), 1);
    QCOMPARE(fixture.messages.asked(), 0);
  }

  void keysAreSet() {
    WindowFixture fixture;
    const std::pair<const char*, QKeySequence> keys[] = {
        {"actionAdd", QKeySequence(u"Ctrl+N"_s)},  {"actionRemove", QKeySequence(u"Del"_s)},
        {"actionCopy", QKeySequence(u"Ctrl+C"_s)}, {"actionRetry", QKeySequence(u"F5"_s)},
        {"actionQuit", QKeySequence(u"Ctrl+Q"_s)}, {"actionClose", QKeySequence(u"Ctrl+W"_s)}};
    for (const auto& [name, key] : keys) QCOMPARE(fixture.find<QAction>(name)->shortcut(), key);
    QSignalSpy quits(fixture.window.get(), &MainWindow::quitRequested);
    fixture.find<QAction>("actionQuit")->trigger();
    QCOMPARE(quits.count(), 1);
  }

  void theListIsUsedByKeys() {
    WindowFixture fixture;
    fixture.addTunnel("one");
    fixture.addTunnel("two");
    auto* list = fixture.find<TunnelList>("tunnelList");
    QTest::keyClick(list, Qt::Key_Down);
    QCOMPARE(fixture.find<ElidedLabel>("detailName")->text(), u"two"_s);
    QTest::keyClick(list, Qt::Key_Return);
    QCOMPARE(fixture.opened, QList<QUrl>({QUrl(u"http://two.localhost:8080"_s)}));
    QTest::keyClick(list, Qt::Key_A);  // Anything else is the view's.
    QCOMPARE(fixture.opened.size(), 1);
  }

  void appearanceAndLanguageAreKept() {
    WindowFixture fixture;
    fixture.find<QAction>("actionTheme_dark")->trigger();
    QVERIFY(fixture.theme.dark());
    QVERIFY(QApplication::palette().color(QPalette::Window).lightness() < 60);
    fixture.find<QAction>("actionLanguage_zh_CN")->trigger();
    QTRY_COMPARE(fixture.find<QPushButton>("addButton")->text(), u"发布一个端口"_s);
    QCOMPARE(fixture.find<QPushButton>("emptyExpose")->text(), u"发布"_s);
    fixture.find<QAction>("actionLanguage_en")->trigger();
    QTRY_COMPARE(fixture.find<QPushButton>("addButton")->text(), u"Expose a port"_s);
    QCOMPARE(fixture.settings.text(Settings::Key::Theme), u"dark"_s);
    QCOMPARE(fixture.settings.text(Settings::Key::Language), u"en"_s);
  }

  void sizesAndTheSelectionAreKept() {
    WindowFixture fixture;
    for (const char* name : {"one", "two", "three"}) fixture.addTunnel(name);
    fixture.window->resize(700, 600);
    fixture.find<QAction>("actionLog")->trigger();
    auto* rows = fixture.find<QSplitter>("rows");
    auto* columns = fixture.find<QSplitter>("columns");
    rows->setSizes({rows->height() - 190, 190});
    columns->setSizes({300, columns->width() - 300});
    auto* list = fixture.find<TunnelList>("tunnelList");
    list->setCurrentIndex(list->model()->index(1, 0));
    const QList<int> heights = rows->sizes();
    const QList<int> widths = columns->sizes();
    fixture.window->close();

    fixture.size = {};
    fixture.makeWindow();
    QCOMPARE(fixture.window->size(), QSize(700, 600));
    QCOMPARE(fixture.find<ElidedLabel>("detailName")->text(), u"two"_s);
    QTRY_COMPARE(fixture.find<QSplitter>("rows")->sizes(), heights);
    QCOMPARE(fixture.find<QSplitter>("columns")->sizes(), widths);
  }

  void aSelectionThatIsGoneIsNotWaitedFor() {
    WindowFixture fixture;
    fixture.settings.set(Settings::Key::SelectedTunnel, u"late"_s);
    fixture.makeWindow();
    fixture.addTunnel("one");
    auto* name = fixture.find<ElidedLabel>("detailName");
    QCOMPARE(name->text(), u"one"_s);  // Meanwhile.
    fixture.addTunnel("late");
    QCOMPARE(name->text(), u"late"_s);
    fixture.settings.set(Settings::Key::SelectedTunnel, u"later"_s);
    fixture.makeWindow();
    auto* list = fixture.find<TunnelList>("tunnelList");
    list->setCurrentIndex(list->model()->index(0, 0));
    list->setCurrentIndex(list->model()->index(1, 0));
    fixture.addTunnel("later");  // Somebody chose another meanwhile.
    QCOMPARE(fixture.find<ElidedLabel>("detailName")->text(), u"late"_s);
    fixture.window->saveState();
    QCOMPARE(fixture.settings.text(Settings::Key::SelectedTunnel), u"late"_s);
  }

  void oddGeometryIsSafe() {
    WindowFixture fixture;
    fixture.settings.set(Settings::Key::WindowGeometry, QByteArray("nonsense"));
    fixture.settings.set(Settings::Key::SplitterState, QByteArray("nonsense"));
    fixture.settings.set(Settings::Key::LogHeight, 100'000);
    fixture.settings.set(Settings::Key::LogVisible, true);
    fixture.size = {};
    fixture.makeWindow();
    const QRect screen = fixture.window->screen()->availableGeometry();
    QVERIFY(screen.contains(fixture.window->geometry()));
    QVERIFY(fixture.find<QWidget>("logPane")->height() <= fixture.window->height() / 2);

    // Kept on a screen that is gone.
    fixture.window->setGeometry(5000, 3000, 700, 600);
    fixture.window->saveState();
    fixture.makeWindow();
    QVERIFY2(screen.contains(fixture.window->geometry()),
             qPrintable(QDebug::toString(fixture.window->geometry())));
  }

  void pluralsAreRight() {
    WindowFixture fixture;
    fixture.addTunnel("one");
    QCOMPARE(fixture.find<QLabel>("listTitle")->text(), u"1 tunnel"_s);
    fixture.addTunnel("two");
    QCOMPARE(fixture.find<QLabel>("listTitle")->text(), u"2 tunnels"_s);
  }

  void everythingSpeaks() {
    WindowFixture fixture;
    fixture.addTunnel("shop");
    auto* list = fixture.find<TunnelList>("tunnelList");
    list->setCurrentIndex(list->model()->index(0, 0));
    QVERIFY(!list->accessibleName().isEmpty());
    for (const QAbstractButton* button : fixture.window->findChildren<QAbstractButton*>()) {
      if (!button->isVisibleTo(fixture.window.get()) || button->objectName().startsWith(u"qt_"_s)) continue;
      QVERIFY2(!button->objectName().isEmpty(), qPrintable(button->text()));
      QVERIFY2(!button->accessibleName().isEmpty(), qPrintable(button->objectName()));
    }
  }
};

QTEST_MAIN(WindowShellTest)
#include "window_shell_test.moc"
