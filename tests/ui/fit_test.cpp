// SPDX-License-Identifier: Apache-2.0
// Nothing is cut off: in both languages, in small windows, with names, addresses and sentences as long as
// they get, every label and button has the room that its text takes. Run at several scale factors.
#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDialog>
#include <QFontInfo>
#include <QLineEdit>
#include <QPushButton>
#include <QScreen>
#include <QScrollArea>
#include <QScrollBar>
#include <QToolButton>

#include "tests/ui/window_fixture.h"
#include "ui/widgets/tunnel_list.h"

using namespace Qt::Literals::StringLiterals;
using namespace adit;
using namespace adit::ui;
using test::WindowFixture;

namespace {

const std::string kLongest(63, 'w');

/// Widgets of `window` whose text has not the room it takes.
QStringList cutOff(QWidget* window) {
  QStringList found;
  const auto note = [&found](const QWidget* widget, const QString& text, const QSize& needs) {
    found.append(u"%1 “%2” has %3x%4 and takes %5x%6"_s.arg(widget->objectName(), text)
                     .arg(widget->width())
                     .arg(widget->height())
                     .arg(needs.width())
                     .arg(needs.height()));
  };
  for (QLabel* label : window->findChildren<QLabel*>()) {
    if (!label->isVisible() || label->text().isEmpty()) continue;
    if (label->wordWrap()) {
      const int high = label->heightForWidth(label->width());
      if (label->height() < high) note(label, label->text(), {label->width(), high});
    } else if (label->width() < label->sizeHint().width() ||
               label->height() < label->minimumSizeHint().height()) {
      note(label, label->text(), label->sizeHint());
    }
  }
  for (QAbstractButton* button : window->findChildren<QAbstractButton*>()) {
    if (!button->isVisible() || button->text().isEmpty()) continue;
    if (button->width() < button->sizeHint().width() || button->height() < button->sizeHint().height())
      note(button, button->text(), button->sizeHint());
  }
  // A dialog scrolls only where the screen ends.
  if (qobject_cast<QDialog*>(window) != nullptr &&
      window->height() < window->screen()->availableGeometry().height() - 60) {
    const auto* scroll = window->findChild<QScrollArea*>();
    if (scroll->verticalScrollBar()->maximum() > 0) note(window, u"scrolls"_s, scroll->widget()->size());
  }
  // What a scroll area has at its right cannot be scrolled to.
  for (QScrollArea* scroll : window->findChildren<QScrollArea*>()) {
    if (scroll->isVisible() && scroll->widget()->width() > scroll->viewport()->width())
      note(scroll->widget(), scroll->objectName(), scroll->viewport()->size());
  }
  return found;
}

void settle(QWidget* widget) {
  for (int i = 0; i < 4; ++i) {
    QCoreApplication::sendPostedEvents();
    QCoreApplication::processEvents();
  }
  widget->grab();
}

/// Everything that can go wrong at once.
void trouble(WindowFixture& fixture) {
  const auto id = fixture.addTunnel(kLongest, "https://a-rather-long-host-name.internal.example.com:8443");
  fixture.addTunnel("shop");
  (void)fixture.engine->changeTunnel(
      id,
      {.name = kLongest,
       .target = "https://a-rather-long-host-name.internal.example.com:8443",
       .origin = {.serverName = "another-rather-long-name.internal.example.com", .hostHeader = "target"}});
  fixture.engine->setAddresses(id, "https://" + kLongest + ".tunnels.eu-central.example.com:8443",
                               "http://" + kLongest + ".tunnels.eu-central.example.com:8080", true);
  fixture.refuse(id);
  fixture.failLink("tunnels.eu-central.example.com:4433");
  fixture.bridge.sample();
  fixture.window->showListProblems(
      {u"tunnels.toml:4:1: there is no key 'strated' here, did you mean 'started'?"_s,
       u"tunnels.toml:8:1: 'target' is missing"_s},
      u"/state/tunnels.toml"_s);
}

}  // namespace

class FitTest : public QObject {
  Q_OBJECT

 private:
  void cases() {
    QTest::addColumn<QString>("language");
    QTest::addColumn<QSize>("size");
    for (const auto& language : {u"en"_s, u"zh_CN"_s}) {
      for (const QSize size : {QSize(620, 480), QSize(800, 600), QSize(1120, 740)})
        QTest::addRow("%s %dx%d", qPrintable(language), size.width(), size.height()) << language << size;
    }
  }

 private Q_SLOTS:
  /// Without its fonts this test would judge another set than it says.
  void initTestCase() {
    const QString wanted = qEnvironmentVariable("ADIT_TEST_FONT");
    if (wanted.isEmpty()) return;
    // Qt appends the foundry, "Nimbus Sans [UKWN]", where several fonts of the system share a family's name.
    const QString family = QFontInfo(QApplication::font()).family();
    QVERIFY2(family == wanted || family.startsWith(wanted + u" ["_s),
             qPrintable(u"the font is %1, not %2: run ./installer/packages.sh test"_s.arg(family, wanted)));
  }
  void theWindowHasRoom_data() { cases(); }
  void theWindowHasRoom() {
    QFETCH(QString, language);
    QFETCH(QSize, size);
    WindowFixture fixture;
    fixture.language.apply(language);
    fixture.window->resize(size);
    settle(fixture.window.get());
    QCOMPARE(cutOff(fixture.window.get()).join(u'\n'), QString());
    trouble(fixture);
    settle(fixture.window.get());
    QCOMPARE(cutOff(fixture.window.get()).join(u'\n'), QString());
    QCOMPARE(fixture.window->size(), size);  // Long texts do not widen it.
  }

  void dialogsHaveRoom_data() { cases(); }
  void dialogsHaveRoom() {
    QFETCH(QString, language);
    QFETCH(QSize, size);
    WindowFixture fixture;
    fixture.language.apply(language);
    fixture.window->resize(size);
    trouble(fixture);
    const QRect screen = fixture.window->screen()->availableGeometry();
    const auto opened = [&](const char* action, const char* name) {
      fixture.find<QAction>(action)->trigger();
      auto* dialog = fixture.find<QDialog>(name);
      settle(dialog);
      return dialog;
    };
    const auto check = [&](QDialog* dialog) {
      settle(dialog);
      QCOMPARE(cutOff(dialog).join(u'\n'), QString());
      // At a factor of two the offscreen screen is smaller than any that people have.
      QVERIFY2(screen.contains(dialog->geometry()) || screen.width() < 500,
               qPrintable(QDebug::toString(dialog->geometry())));
    };
    QDialog* edit = opened("actionEdit", "editTunnelDialog");
    check(edit);
    edit->findChild<QToolButton*>(u"originToggle"_s)->click();
    edit->findChild<QComboBox*>(u"originTrust"_s)->setCurrentIndex(1);
    edit->findChild<QComboBox*>(u"originHost"_s)->setCurrentIndex(2);
    check(edit);
    for (const auto& field : {u"originConnectTimeout"_s, u"originTlsTimeout"_s, u"originAnswerTimeout"_s})
      edit->findChild<QLineEdit*>(field)->setText(u"soon"_s);
    edit->findChild<QLineEdit*>(u"tunnelName"_s)->setText(u"-"_s);
    check(edit);
    edit->findChild<QComboBox*>(u"originTrust"_s)->setCurrentIndex(2);
    check(edit);
    edit->close();
    QDialog* join = opened("actionJoin", "joinDialog");
    check(join);
    auto* link = join->findChild<QLineEdit*>(u"joinLink"_s);
    link->setText(
        u"adit://dG9rZW4@%1.eu-central.example.com:4433?pin=sha256:"
        "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"_s.arg(QString::fromStdString(kLongest)));
    check(join);
    link->setText(u"adit://t"_s);
    check(join);
    join->close();
  }

  void questionsHaveRoom_data() { cases(); }
  void questionsHaveRoom() {
    QFETCH(QString, language);
    WindowFixture fixture;
    fixture.language.apply(language);
    MessageBox box;
    box.ask(fixture.window.get(),
            {.objectName = u"question"_s,
             .text = QCoreApplication::translate("adit::ui::MainWindow", "Remove “%1”?")
                         .arg(QString::fromStdString(kLongest)),
             .information = QCoreApplication::translate("adit::ui::MainWindow",
                                                        "Its public address stops answering at once."),
             .yes = QCoreApplication::translate("adit::ui::MainWindow", "Remove"),
             .destructive = true},
            [] {});
    auto* dialog = fixture.find<QDialog>("question");
    settle(dialog);
    QCOMPARE(cutOff(dialog).join(u'\n'), QString());
    const QRect screen = fixture.window->screen()->availableGeometry();
    QVERIFY(screen.contains(dialog->geometry()) || screen.width() < 500);
  }
};

QTEST_MAIN(FitTest)
#include "fit_test.moc"
