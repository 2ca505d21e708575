// SPDX-License-Identifier: Apache-2.0
// The window without a mouse: what Tab goes through and in which order, what shows where the keyboard is,
// what Return and Escape do, where the keyboard is after something went away, and what a screen reader hears.
#include <QAbstractButton>
#include <QAccessible>
#include <QAction>
#include <QApplication>
#include <QDialog>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QScrollArea>
#include <QToolButton>
#include <QTreeView>

#include "tests/ui/window_fixture.h"
#include "ui/accessibility.h"
#include "ui/shortcuts.h"
#include "ui/theme/colors.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/traffic_graph.h"
#include "ui/widgets/tunnel_list.h"

using namespace Qt::Literals::StringLiterals;
using namespace std::chrono_literals;
using namespace adit;
using namespace adit::ui;
using test::WindowFixture;

namespace {

/// Where Tab leads from `first` until it comes back or nowhere.
QStringList tabbed(QWidget* first) {
  first->setFocus(Qt::TabFocusReason);
  QStringList names{first->objectName()};
  for (int i = 0; i < 60; ++i) {
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
    const QString name = QApplication::focusWidget()->objectName();
    if (name == names.first()) break;
    names.append(name);
  }
  return names;
}

void activate(QWidget* window) {
  window->activateWindow();
  QVERIFY(QTest::qWaitForWindowActive(window));
}

/// A window where everything is to be seen.
void fill(WindowFixture& fixture) {
  const auto id = fixture.addTunnel("shop");
  fixture.addTunnel("docs");
  fixture.engine->setAddresses(id, "https://shop.t.example.com", "http://shop.t.example.com", true);
  fixture.engine->holdElsewhere(id, "taken");
  fixture.failLink("t.example.com:4433");
  fixture.bridge.sample();
  fixture.window->resize(1200, 900);
  fixture.window->showListProblems({u"tunnels.toml:4:1: odd"_s}, u"/state/tunnels.toml"_s);
  fixture.find<QAction>("actionLog")->trigger();
  activate(fixture.window.get());
}

}  // namespace

class KeyboardTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { installAccessibility(); }

  void tabGoesAsTheWindowIsRead() {
    WindowFixture fixture;
    fill(fixture);
    QCOMPARE(tabbed(fixture.find<QWidget>("totalGraph")).join(u' '),
             u"totalGraph addButton menuButton bannerJoin bannerRetry noticeOpen noticeRead noticeDismiss "
             "tunnelList toggleButton editButton removeButton detailAddress copyButton openButton "
             "detailPlainAddress copyPlainButton takeOverButton mendButton detailGraph logToggle logText "
             "logLevel logCopy "
             "logClear logList"_s);
  }

  void tabGoesThroughTheEmptyWindow() {
    WindowFixture fixture;
    activate(fixture.window.get());
    QCOMPARE(QApplication::focusWidget()->objectName(), u"emptyTarget"_s);
    QCOMPARE(tabbed(fixture.find<QWidget>("emptyTarget")).join(u' '),
             u"emptyTarget emptyExpose emptyChip3000 emptyChip5173 emptyChip8000 emptyChip8080 emptyJoin "
             "logToggle totalGraph addButton menuButton"_s);
  }

  void tabGoesThroughTheJoinDialog() {
    WindowFixture fixture;
    auto server = fixture.bridge.snapshot().link;
    server.embedded = false;
    fixture.engine->setLink(server);
    fixture.bridge.sample();
    fixture.find<QAction>("actionJoin")->trigger();
    auto* dialog = fixture.find<QDialog>("joinDialog");
    activate(dialog);
    auto* link = dialog->findChild<QLineEdit*>(u"joinLink"_s);
    link->setText(
        u"adit://dG9rZW4@t.example.com:4433?pin=sha256:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"_s);
    QCOMPARE(tabbed(link).join(u' '), u"joinLink joinEmbedded joinCancel joinOk"_s);
  }

  void focusIsSeen_data() {
    QTest::addColumn<bool>("dark");
    QTest::newRow("light") << false;
    QTest::newRow("dark") << true;
  }
  void focusIsSeen() {
    QFETCH(bool, dark);
    WindowFixture fixture;
    fixture.theme.apply(dark ? ThemeMode::Dark : ThemeMode::Light);
    fill(fixture);
    const QStringList names = tabbed(fixture.find<QWidget>("totalGraph"));
    for (const QString& name : names) {
      auto* widget = fixture.window->findChild<QWidget*>(name);
      auto* scroll = fixture.find<QScrollArea>("detailScroll");
      if (scroll->isAncestorOf(widget)) scroll->ensureWidgetVisible(widget);
      const QRect place(widget->mapTo(fixture.window.get(), QPoint()), widget->size());
      const auto look = [&] { return fixture.window->grab(place).toImage(); };
      fixture.find<QWidget>(name == "menuButton"_L1 ? "addButton" : "menuButton")
          ->setFocus(Qt::TabFocusReason);
      const QImage without = look();
      widget->setFocus(Qt::TabFocusReason);
      const QImage with = look();
      int changed = 0;
      for (int y = 0; y < with.height(); ++y) {
        for (int x = 0; x < with.width(); ++x)
          changed += with.pixel(x, y) != without.pixel(x, y) &&
                     contrast(with.pixelColor(x, y), without.pixelColor(x, y)) >= 3;
      }
      // At least a line around the smallest button.
      QVERIFY2(changed >= 2 * (std::min(place.width(), 40) + std::min(place.height(), 20)) - 40,
               qPrintable(u"%1: %2"_s.arg(name).arg(changed)));
    }
  }

  void aRowShowsItsRingToTheKeyboardOnly() {
    WindowFixture fixture;
    fixture.addTunnel("one");
    fixture.addTunnel("two");
    activate(fixture.window.get());
    auto* list = fixture.find<TunnelList>("tunnelList");
    const auto ring = [&] {
      const QRect card = list->layoutOf(list->currentIndex()).card;
      return list->viewport()->grab().toImage().pixelColor(card.center().x(), card.top() - 3) ==
             lightColors().focus;
    };
    QVERIFY(!ring());
    QTest::keyClick(list, Qt::Key_Down);
    QVERIFY(ring());
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {},
                      list->layoutOf(list->model()->index(0, 0)).name.center());
    QVERIFY(!ring());
  }

  void returnPressesButtons() {
    WindowFixture fixture;
    fixture.addTunnel("shop");
    activate(fixture.window.get());
    auto* toggle = fixture.find<QPushButton>("toggleButton");
    toggle->setFocus();
    QTest::keyClick(toggle, Qt::Key_Return);
    QTRY_COMPARE(toggle->text(), u"Start"_s);
    auto* edit = fixture.find<QToolButton>("editButton");
    edit->setFocus();
    QTest::keyClick(edit, Qt::Key_Enter);
    auto* dialog = fixture.find<QDialog>("editTunnelDialog");
    QVERIFY(dialog->isVisible());
    QTest::keyClick(dialog, Qt::Key_Escape);
    QVERIFY(!dialog->isVisible());
    activate(fixture.window.get());
    QTRY_COMPARE(QApplication::focusWidget(), edit);  // Back where it came from.
  }

  void startAndStopHaveOneKey() {
    WindowFixture fixture;
    const auto id = fixture.addTunnel("shop");
    activate(fixture.window.get());
    const auto state = [&] { return fixture.engine->snapshot().tunnels.at(0).state; };
    QTest::keyClick(fixture.window.get(), Qt::Key_S, Qt::ControlModifier);
    QTRY_VERIFY(state() == engine::TunnelState::Stopped);
    QTRY_VERIFY(fixture.find<QAction>("actionStart")->isEnabled());
    QTest::keyClick(fixture.window.get(), Qt::Key_S, Qt::ControlModifier);
    QTRY_VERIFY(state() == engine::TunnelState::Online);
    Q_UNUSED(id)
  }

  void theKeyboardIsSomewhereAfterARowIsRemoved() {
    WindowFixture fixture;
    for (const char* name : {"one", "two", "three"}) fixture.addTunnel(name);
    activate(fixture.window.get());
    auto* list = fixture.find<TunnelList>("tunnelList");
    list->setCurrentIndex(list->model()->index(1, 0));
    auto* remove = fixture.find<QToolButton>("removeButton");
    for (const auto& [next, left] : {std::pair{u"three"_s, 2}, std::pair{u"one"_s, 1}}) {
      remove->setFocus();
      fixture.messages.setNextAnswer(test::ScriptedMessageBox::Answer::Yes);
      QTest::keyClick(remove, Qt::Key_Space);
      QTRY_COMPARE(list->model()->rowCount(), left);
      QCOMPARE(fixture.find<ElidedLabel>("detailName")->text(), next);
      QCOMPARE(QApplication::focusWidget(), list);
    }
    fixture.messages.setNextAnswer(test::ScriptedMessageBox::Answer::Yes);
    QTest::keyClick(list, Qt::Key_Delete);
    QTRY_VERIFY(fixture.shows("emptyPanel"));
    QCOMPARE(QApplication::focusWidget()->objectName(), u"emptyTarget"_s);
  }

  void deleteInTheLogRemovesNoTunnel() {
    WindowFixture fixture;
    fixture.addTunnel("shop");
    fixture.find<QAction>("actionLog")->trigger();
    activate(fixture.window.get());
    auto* log = fixture.find<QTreeView>("logList");
    log->setFocus();
    QTest::keyClick(log, Qt::Key_Delete);
    QCOMPARE(fixture.messages.asked(), 0);
    auto* list = fixture.find<TunnelList>("tunnelList");
    list->setFocus();
    QTest::keyClick(list, Qt::Key_Delete);
    QCOMPARE(fixture.messages.asked(), 1);
  }

  void theKeyboardIsAtANewTunnel() {
    WindowFixture fixture;
    fixture.addTunnel("one");
    activate(fixture.window.get());
    QTest::keyClick(fixture.window.get(), Qt::Key_N, Qt::ControlModifier);
    auto* dialog = fixture.find<QDialog>("addTunnelDialog");
    activate(dialog);
    QTRY_COMPARE(QApplication::focusWidget(), dialog->findChild<QLineEdit*>(u"tunnelTarget"_s));
    QTest::keyClicks(QApplication::focusWidget(), u"3000"_s);
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
    QTest::keyClicks(QApplication::focusWidget(), u"two"_s);
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Return);
    QVERIFY(!dialog->isVisible());
    QTRY_COMPARE(fixture.find<ElidedLabel>("detailName")->text(), u"two"_s);
    activate(fixture.window.get());
    QTRY_COMPARE(QApplication::focusWidget(), fixture.find<TunnelList>("tunnelList"));
  }

  void theOverviewIsAKeyAway() {
    WindowFixture fixture;
    fixture.addTunnel("shop");
    activate(fixture.window.get());
    auto* name = fixture.find<ElidedLabel>("detailName");
    QTest::keyClick(fixture.window.get(), Qt::Key_0, Qt::ControlModifier);
    QVERIFY(name->text().contains(u"1 of 1"_s));
    QVERIFY(!fixture.find<QAction>("actionOverview")->isEnabled());
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Down);
    QCOMPARE(name->text(), u"shop"_s);
    fixture.window->resize(1200, 800);
    auto* graph = fixture.find<TrafficGraph>("totalGraph");
    graph->setFocus();
    QTest::keyClick(graph, Qt::Key_Space);
    QVERIFY(name->text().contains(u"1 of 1"_s));
  }

  void linksArePressedByKeyboard() {
    WindowFixture fixture;
    fixture.addTunnel("shop");
    auto* address = fixture.find<ElidedLabel>("detailAddress");
    for (const auto key : {Qt::Key_Return, Qt::Key_Space}) QTest::keyClick(address, key);
    QCOMPARE(fixture.opened.size(), 2);
  }

  void theLogIsSearchedByKeyboard() {
    WindowFixture fixture;
    activate(fixture.window.get());
    QTest::keyClick(fixture.window.get(), Qt::Key_F, Qt::ControlModifier);
    auto* text = fixture.find<QLineEdit>("logText");
    QVERIFY(text->isVisible());
    QCOMPARE(QApplication::focusWidget(), text);
    QTest::keyClicks(text, u"shop"_s);
    QTest::keyClick(text, Qt::Key_Escape);
    QVERIFY(text->text().isEmpty());
    QTest::keyClick(text, Qt::Key_Escape);
    QCOMPARE(QApplication::focusWidget(), fixture.find<QTreeView>("logList"));
  }

  void theGraphIsReadByKeyboard() {
    TrafficGraph graph(TrafficGraph::Kind::Full);
    const SteadyTime now(5000s);
    graph.setClock([now] { return now; });
    auto history = std::make_shared<TrafficHistory>();
    engine::TrafficCounters counters;
    for (auto at = now - 62s; at <= now; at += 100ms) {
      counters.bytesOut += 20'000;
      history->add(at, counters);
    }
    graph.setHistory(history);
    graph.resize(640, 300);
    const QImage without = graph.grab().toImage();
    QTest::keyClick(&graph, Qt::Key_Left);
    const QImage end = graph.grab().toImage();
    QVERIFY(end != without);
    QTest::keyClick(&graph, Qt::Key_Home);
    const QImage start = graph.grab().toImage();
    QVERIFY(start != end);
    QTest::keyClick(&graph, Qt::Key_Right);
    QVERIFY(graph.grab().toImage() != start);
    QTest::keyClick(&graph, Qt::Key_Escape);
    QCOMPARE(graph.grab().toImage(), without);
  }

  void everythingSpeaks() {
    WindowFixture fixture;
    fill(fixture);
    for (const QString& name : tabbed(fixture.find<QWidget>("totalGraph"))) {
      auto* widget = fixture.window->findChild<QWidget*>(name);
      QVERIFY2(!widget->accessibleName().isEmpty(), qPrintable(name));
      const auto* button = qobject_cast<QAbstractButton*>(widget);
      if (button != nullptr && button->text().isEmpty())
        QVERIFY2(!button->toolTip().isEmpty(), qPrintable(name));
    }
    const auto role = [&](const char* name) {
      return QAccessible::queryAccessibleInterface(fixture.find<QWidget>(name))->role();
    };
    QCOMPARE(role("detailAddress"), QAccessible::Link);
    QCOMPARE(role("detailName"), QAccessible::StaticText);
    QCOMPARE(role("detailGraph"), QAccessible::Chart);
    QCOMPARE(role("totalGraph"), QAccessible::Button);
    QCOMPARE(role("tileIn"), QAccessible::StaticText);
    QVERIFY(QAccessible::queryAccessibleInterface(fixture.find<QWidget>("copyButton"))->role() ==
            QAccessible::Button);

    auto* link = QAccessible::queryAccessibleInterface(fixture.find<QWidget>("detailAddress"));
    link->actionInterface()->doAction(QAccessibleActionInterface::pressAction());
    QCOMPARE(fixture.opened, QList<QUrl>({QUrl(u"https://shop.t.example.com"_s)}));
  }

  void theGraphSaysItsFigures() {
    WindowFixture fixture;
    const auto id = fixture.addTunnel("shop");
    fixture.traffic(id);
    for (const char* name : {"detailGraph", "totalGraph"})
      QCOMPARE(fixture.find<QWidget>(name)->accessibleDescription(),
               u"100 kB/s in, 2.00 MB/s out, 20 requests a second"_s);
  }

  void keysAreTold() {
    WindowFixture fixture;
    fixture.addTunnel("shop");
    const std::pair<const char*, Command> buttons[] = {
        {"addButton", Command::Add},          {"menuButton", Command::Menu},
        {"toggleButton", Command::StartStop}, {"editButton", Command::Edit},
        {"removeButton", Command::Remove},    {"copyButton", Command::Copy},
        {"openButton", Command::Open},        {"logToggle", Command::Log},
        {"totalGraph", Command::Overview}};
    for (const auto& [name, command] : buttons) {
      const QString keys = keysOf(command).toString(QKeySequence::NativeText);
      QVERIFY(!keys.isEmpty());
      QVERIFY2(fixture.find<QWidget>(name)->toolTip().contains(keys), name);
    }
    // No two commands share a key.
    QSet<QString> seen;
    for (int i = 0; i < static_cast<int>(Command::Count); ++i)
      seen.insert(keysOf(static_cast<Command>(i)).toString());
    QCOMPARE(seen.size(), static_cast<int>(Command::Count));
  }
};

QTEST_MAIN(KeyboardTest)
#include "keyboard_test.moc"
