// SPDX-License-Identifier: Apache-2.0
// Drives the dialogs for a tunnel by object names: what they take, what they refuse, what they change.
#include <QAction>
#include <QComboBox>
#include <QDialog>
#include <QFile>
#include <QFileDialog>
#include <QLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QScreen>
#include <QScrollArea>
#include <QScrollBar>
#include <QToolButton>

#include "tests/ui/window_fixture.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/tunnel_list.h"

using namespace Qt::Literals::StringLiterals;
using namespace std::chrono_literals;
using namespace adit;
using namespace adit::ui;
using test::WindowFixture;

namespace {

/// One of the two dialogs, opened by its action, with the parts that tests speak of.
struct Opened {
  QDialog* dialog;
  QLineEdit *target, *name;
  QPushButton* ok;

  explicit Opened(WindowFixture& fixture, const char* action = "actionAdd") {
    fixture.find<QAction>(action)->trigger();
    dialog =
        fixture.find<QDialog>(qstrcmp(action, "actionAdd") == 0 ? "addTunnelDialog" : "editTunnelDialog");
    target = child<QLineEdit>("tunnelTarget");
    name = child<QLineEdit>("tunnelName");
    ok = child<QPushButton>("tunnelOk");
  }
  template <typename T>
  [[nodiscard]] T* child(const char* name_) const {
    T* found = dialog->findChild<T*>(QString::fromLatin1(name_));
    if (found == nullptr) qFatal("no %s", name_);
    return found;
  }
  [[nodiscard]] bool shows(const char* name_) const { return child<QWidget>(name_)->isVisible(); }
  void write(const char* name_, const QString& text) const { child<QLineEdit>(name_)->setText(text); }
  void choose(const char* name_, int index) const { child<QComboBox>(name_)->setCurrentIndex(index); }
  [[nodiscard]] QString hint(const char* name_) const {
    return child<QLabel>((QByteArray(name_) + "Hint").constData())->text();
  }
  [[nodiscard]] bool complains(const char* name_) const {
    return child<QWidget>(name_)->property("invalid").toBool() && !hint(name_).isEmpty();
  }
  void unfold() const { QTest::mouseClick(child<QToolButton>("originToggle"), Qt::LeftButton); }
  void press() const { QTest::mouseClick(ok, Qt::LeftButton); }
};

/// In the order they are offered.
enum Trust { System, File, Nobody };
enum Host { Keep, Target, Other };

engine::TunnelSpec specOf(const WindowFixture& fixture) {
  return fixture.engine->snapshot().tunnels.at(0).spec;
}

}  // namespace

class TunnelDialogTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void theUsualAsksForNothingMore() {
    WindowFixture fixture;
    const Opened add(fixture);
    QVERIFY(!add.shows("originTrust") && !add.shows("originHost") && !add.shows("originConnectTimeout"));
    add.target->setText(u"3000"_s);
    QCOMPARE(add.child<QLabel>("originSummary")->text(), u"HTTP/1.1"_s);
    QVERIFY(add.ok->isEnabled());
    add.press();
    QCOMPARE(specOf(fixture).target, std::string("3000"));
    QVERIFY(specOf(fixture).origin == engine::OriginOptions());
  }

  void onlyWhatFitsTheTargetIsShown() {
    WindowFixture fixture;
    const Opened add(fixture);
    add.unfold();
    for (const auto& target : {u"3000"_s, u"h2c://localhost:50051"_s, u"unix:/run/app.sock"_s}) {
      add.target->setText(target);
      QVERIFY(add.shows("originHost") && add.shows("originConnectTimeout"));
      QVERIFY2(!add.shows("originTrust") && !add.shows("originServerName"), qPrintable(target));
      QVERIFY(!add.shows("originTlsTimeout") && !add.shows("originCa") && !add.shows("originWarning"));
    }
    for (const auto& target : {u"https://localhost:3443"_s, u"h2s://db"_s}) {
      add.target->setText(target);
      QVERIFY2(add.shows("originTrust") && add.shows("originServerName"), qPrintable(target));
      QVERIFY(add.shows("originTlsTimeout"));
    }
    QCOMPARE(add.child<QLineEdit>("originServerName")->placeholderText(), u"db"_s);
    add.target->setText(u"h2s://db:"_s);  // Half typed: nothing that was filled in hides.
    QVERIFY(add.shows("originTrust"));
    add.choose("originTrust", File);
    QVERIFY(add.shows("originCa") && add.shows("originCaChoose") && !add.shows("originWarning"));
    add.choose("originTrust", Nobody);
    QVERIFY(!add.shows("originCa") && !add.shows("originCaChoose") && add.shows("originWarning"));
    QVERIFY(!add.shows("originHostName"));
    add.choose("originHost", Other);
    QVERIFY(add.shows("originHostName"));
    add.unfold();
    QVERIFY(!add.shows("originTrust"));
  }

  void everyOptionReachesTheEngine() {
    WindowFixture fixture;
    const QString file = fixture.directory.filePath(u"ca.pem"_s);
    QVERIFY(QFile(file).open(QIODevice::WriteOnly));
    const Opened add(fixture);
    add.target->setText(u"h2s://db:50051"_s);
    add.unfold();
    add.choose("originTrust", File);
    add.write("originCa", u' ' + file);
    add.write("originServerName", u"db.internal"_s);
    add.choose("originHost", Other);
    add.write("originHostName", u"shop.example.com:8443"_s);
    add.write("originConnectTimeout", u"3"_s);
    add.write("originTlsTimeout", u"3600"_s);
    add.write("originAnswerTimeout", u"86400"_s);
    QVERIFY2(add.ok->isEnabled(), qPrintable(add.child<QLabel>("originSummary")->text()));
    add.press();
    QVERIFY(specOf(fixture).origin == (engine::OriginOptions{.caFile = file.toStdString(),
                                                             .serverName = "db.internal",
                                                             .hostHeader = "shop.example.com:8443",
                                                             .connectTimeout = 3s,
                                                             .tlsTimeout = 3600s,
                                                             .answerTimeout = 86400s}));
  }

  void whatTheTargetHasNoUseForIsLeftOut() {
    WindowFixture fixture;
    const Opened add(fixture);
    add.target->setText(u"https://localhost:3443"_s);
    add.unfold();
    add.choose("originTrust", Nobody);
    add.write("originServerName", u"bad name"_s);
    QVERIFY(!add.ok->isEnabled());
    add.target->setText(u"3000"_s);
    QVERIFY(add.ok->isEnabled());
    add.press();
    QVERIFY(specOf(fixture).origin == engine::OriginOptions());
  }

  void whatIsWrongIsSaidBesideTheField_data() {
    QTest::addColumn<QByteArray>("field");
    QTest::addColumn<QString>("wrong");
    QTest::addColumn<QString>("right");
    const auto row = [](const char* field, const char* wrong, const char* right) {
      QTest::addRow("%s %s", field, wrong)
          << QByteArray(field) << QString::fromUtf8(wrong) << QString::fromUtf8(right);
    };
    for (const char* wrong : {"", "0", "3601", "1.5", "-1", "soon"}) {
      row("originConnectTimeout", wrong, "1");
      row("originTlsTimeout", wrong, "3600");
    }
    for (const char* wrong : {"0", "86401", "soon"}) row("originAnswerTimeout", wrong, "");
    for (const char* wrong : {"", "a b", "a/b", "http://a", "user@a", "a:99999", "a:", "männer"})
      row("originHostName", wrong, "[::1]:3000");
    for (const char* wrong : {"db:443", "a b", "/"}) row("originServerName", wrong, "db.internal");
    row("originServerName", "[", "::1");
    for (const char* wrong : {"", "/nowhere/ca.pem", "/"})
      row("originCa", wrong, qPrintable(QCoreApplication::applicationFilePath()));
  }
  void whatIsWrongIsSaidBesideTheField() {
    QFETCH(QByteArray, field);
    QFETCH(QString, wrong);
    QFETCH(QString, right);
    WindowFixture fixture;
    const Opened add(fixture);
    add.target->setText(u"https://localhost:3443"_s);
    add.unfold();
    add.choose("originTrust", File);
    add.write("originCa", QCoreApplication::applicationFilePath());
    add.choose("originHost", Other);
    add.write("originHostName", u"a.example"_s);
    QVERIFY(add.ok->isEnabled());
    add.write(field.constData(), wrong);
    QVERIFY(!add.ok->isEnabled());
    QVERIFY(add.complains(field.constData()));
    QCOMPARE(add.child<QWidget>(field.constData())->accessibleDescription(), add.hint(field.constData()));
    add.unfold();
    QVERIFY(add.shows("originSummary"));  // Folded, it still says that something is wrong.
    add.unfold();
    add.write(field.constData(), right);
    QVERIFY2(add.ok->isEnabled(), qPrintable(add.hint(field.constData())));
    QVERIFY(!add.complains(field.constData()));
  }

  void theDialogIsAsHighAsWhatItShows() {
    WindowFixture fixture;
    const Opened add(fixture);
    add.target->setText(u"https://localhost:3443"_s);
    const auto fits = [&] {
      return add.dialog->height() == add.dialog->layout()->totalHeightForWidth(add.dialog->width());
    };
    QTRY_VERIFY(fits());
    const int folded = add.dialog->height();
    add.unfold();
    QTRY_VERIFY(fits() && add.dialog->height() > folded);
    const int open = add.dialog->height();
    add.choose("originTrust", Nobody);
    QTRY_VERIFY(fits() && add.dialog->height() > open);
    // A complaint in a narrow column takes more lines, and does not cover its field.
    add.write("originConnectTimeout", u"soon"_s);
    const auto* hint = add.child<QLabel>("originConnectTimeoutHint");
    const auto* field = add.child<QLineEdit>("originConnectTimeout");
    QTRY_VERIFY(fits() && hint->height() >= hint->heightForWidth(hint->width()));
    QVERIFY(hint->mapTo(add.dialog, QPoint()).y() >=
            field->mapTo(add.dialog, QPoint(0, field->height())).y());
    add.unfold();
    QTRY_VERIFY(fits() && add.dialog->height() < open);
  }

  void aSmallScreenHasRoomForTheDialog() {
    WindowFixture fixture;
    const Opened add(fixture);
    add.target->setText(u"https://localhost:3443"_s);
    add.dialog->setMaximumHeight(400);  // As on a screen of which no more is left.
    add.unfold();
    auto* scroll = add.dialog->findChild<QScrollArea*>();
    QTRY_VERIFY(scroll->verticalScrollBar()->maximum() > 0);
    QVERIFY(add.dialog->height() <= 400);
    const auto inside = [&](const QWidget* widget) {
      return add.dialog->rect().contains(QRect(widget->mapTo(add.dialog, QPoint()), widget->size()));
    };
    QVERIFY(inside(add.ok) && inside(add.child<QPushButton>("tunnelCancel")));
    // What Tab leads to is scrolled to.
    add.dialog->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(add.dialog));
    auto* last = add.child<QLineEdit>("originAnswerTimeout");
    QVERIFY(!inside(last));
    add.target->setFocus();
    for (int i = 0; i < 20 && QApplication::focusWidget() != last; ++i)
      QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
    QVERIFY(inside(last));
    QCOMPARE(scroll->horizontalScrollBar()->maximum(), 0);
  }

  void theDialogStandsOverItsWindow() {
    WindowFixture fixture;
    fixture.window->setGeometry(60, 80, 640, 600);
    const Opened add(fixture);
    const QPoint apart = add.dialog->geometry().center() - fixture.window->geometry().center();
    QVERIFY2(apart.manhattanLength() < 4, qPrintable(QDebug::toString(apart)));
    // And on the screen, where its window is not, however high it becomes.
    add.dialog->close();
    fixture.window->setGeometry(600, 500, 640, 600);
    QTRY_VERIFY(fixture.window->findChild<QDialog*>(u"addTunnelDialog"_s) == nullptr);
    const Opened again(fixture);
    again.target->setText(u"https://localhost:3443"_s);
    again.unfold();
    const QRect screen = again.dialog->screen()->availableGeometry();
    QTRY_VERIFY(again.dialog->height() > 500 && screen.contains(again.dialog->geometry()));
  }

  void returnSaysWhatIsMissing() {
    WindowFixture fixture;
    const Opened add(fixture);
    QVERIFY(!add.complains("tunnelTarget"));
    QTest::keyClick(add.target, Qt::Key_Return);
    QVERIFY(add.dialog->isVisible());
    QVERIFY(add.complains("tunnelTarget"));
    QTest::keyClicks(add.target, u"3000"_s);
    QTest::keyClick(add.target, Qt::Key_Return);
    QVERIFY(!add.dialog->isVisible());
    QCOMPARE(specOf(fixture).target, std::string("3000"));
  }

  void theFileIsChosen() {
    WindowFixture fixture;
    const QString file = fixture.directory.filePath(u"authorities.pem"_s);
    QVERIFY(QFile(file).open(QIODevice::WriteOnly));
    QCoreApplication::setAttribute(Qt::AA_DontUseNativeDialogs);
    const Opened add(fixture);
    add.target->setText(u"https://localhost:3443"_s);
    add.unfold();
    add.choose("originTrust", File);
    QTest::mouseClick(add.child<QPushButton>("originCaChoose"), Qt::LeftButton);
    auto* chooser = add.child<QFileDialog>("originCaChooser");
    chooser->setDirectory(fixture.directory.path());
    chooser->selectFile(file);
    QMetaObject::invokeMethod(chooser, "accept");
    QTRY_COMPARE(add.child<QLineEdit>("originCa")->text(), file);
    QVERIFY(add.ok->isEnabled());
  }

  void theEngineRefusesTheFile() {
    WindowFixture fixture;
    const QString file = fixture.directory.filePath(u"ca.pem"_s);
    QVERIFY(QFile(file).open(QIODevice::WriteOnly));
    const Opened add(fixture);
    add.target->setText(u"https://localhost:3443"_s);
    add.unfold();
    add.choose("originTrust", File);
    add.write("originCa", file);
    add.unfold();
    fixture.engine->refuseNext({.code = ErrorCode::InvalidArgument,
                                .detail = file.toStdString() + " has no certificate",
                                .libraryCode = 0});
    add.press();
    QVERIFY(add.dialog->isVisible());
    QVERIFY(add.shows("originCa"));  // Unfolded for it.
    QVERIFY(add.complains("originCa"));
    QVERIFY(add.hint("originCa").contains(u"no certificate"_s));
  }

  void anExistingTunnelIsEdited() {
    WindowFixture fixture;
    const engine::OriginOptions before{.serverName = "db",
                                       .insecure = true,
                                       .hostHeader = "target",
                                       .connectTimeout = 4s,
                                       .answerTimeout = 9s};
    (void)fixture.engine->addTunnel({.name = "shop", .target = "https://localhost:3443", .origin = before},
                                    true);
    fixture.bridge.sample();
    const Opened edit(fixture, "actionEdit");
    QCOMPARE(edit.target->text(), u"https://localhost:3443"_s);
    QCOMPARE(edit.name->text(), u"shop"_s);
    QVERIFY(edit.ok->isEnabled());
    const QString summary = edit.child<QLabel>("originSummary")->text();
    QVERIFY(edit.shows("originSummary"));
    QVERIFY2(summary.contains(u"not verified"_s) && summary.contains(u"4 s"_s), qPrintable(summary));
    edit.press();  // Nothing touched: nothing changed.
    QVERIFY(specOf(fixture).origin == before);

    fixture.bridge.sample();
    QTRY_VERIFY(fixture.window->findChild<QDialog*>(u"editTunnelDialog"_s) == nullptr);
    const Opened again(fixture, "actionEdit");
    again.unfold();
    QCOMPARE(again.child<QComboBox>("originTrust")->currentIndex(), static_cast<int>(Nobody));
    QCOMPARE(again.child<QComboBox>("originHost")->currentIndex(), static_cast<int>(Target));
    again.choose("originTrust", System);
    again.choose("originHost", Keep);
    again.name->setText(u"Store"_s);
    QVERIFY(again.hint("tunnelName").contains(u"address"_s));
    again.press();
    QVERIFY(!again.dialog->isVisible());
    QVERIFY(specOf(fixture).origin ==
            (engine::OriginOptions{.serverName = "db", .connectTimeout = 4s, .answerTimeout = 9s}));
    QCOMPARE(specOf(fixture).name, std::string("store"));
    QTRY_COMPARE(fixture.find<ElidedLabel>("detailName")->text(), u"store"_s);
  }

  void aRefusedChangeKeepsTheDialog() {
    WindowFixture fixture;
    fixture.addTunnel("shop");
    QTest::mouseClick(fixture.find<QToolButton>("editButton"), Qt::LeftButton);
    fixture.find<QDialog>("editTunnelDialog")->close();
    QTRY_VERIFY(fixture.window->findChild<QDialog*>(u"editTunnelDialog"_s) == nullptr);
    const Opened edit(fixture, "actionEdit");
    edit.name->setText(u"docs"_s);
    fixture.engine->refuseNext({.code = ErrorCode::NameTaken, .detail = "taken", .libraryCode = 0});
    edit.press();
    QVERIFY(edit.dialog->isVisible());
    QVERIFY(edit.complains("tunnelName"));
    QCOMPARE(specOf(fixture).name, std::string("shop"));
    fixture.engine->removeTunnel(1);  // Gone meanwhile: said, too.
    edit.press();
    QVERIFY(edit.dialog->isVisible());
  }

  void everythingIsReachedByKeyboard() {
    WindowFixture fixture;
    const Opened add(fixture);
    add.target->setText(u"https://localhost:3443"_s);
    add.unfold();
    add.choose("originTrust", File);
    add.choose("originHost", Other);
    add.write("originCa", QCoreApplication::applicationFilePath());
    add.write("originHostName", u"a.example"_s);
    add.dialog->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(add.dialog));
    add.target->setFocus();
    QStringList seen;
    for (int i = 0; i < 20 && (seen.isEmpty() || seen.last() != u"tunnelTarget"_s); ++i) {
      QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
      seen.append(QApplication::focusWidget()->objectName());
    }
    QCOMPARE(
        seen.join(u' '),
        u"tunnelName originToggle originTrust originServerName originCa originCaChoose originHost "
        "originHostName originConnectTimeout originTlsTimeout originAnswerTimeout tunnelCancel tunnelOk tunnelTarget"_s);
    for (const QString& name : seen)
      QVERIFY2(!add.child<QWidget>(name.toLatin1().constData())->accessibleName().isEmpty(),
               qPrintable(name));
  }
};

QTEST_MAIN(TunnelDialogTest)
#include "tunnel_dialog_test.moc"
