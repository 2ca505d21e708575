// SPDX-License-Identifier: Apache-2.0
// The translations are complete and as the sources say.
#include <QCoreApplication>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include "ui/language.h"
#include "ui/messages.h"
#include "ui/status.h"

using namespace Qt::Literals::StringLiterals;
using adit::ui::Language;

namespace {

QString read(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

QString source(const QString& name) { return QStringLiteral(ADIT_SOURCE_DIR "/translations/") + name; }

}  // namespace

class TranslationsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void files_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QStringList>("options");
    QTest::newRow("English plurals") << u"adit_en.ts"_s << QStringList(u"-pluralonly"_s);
    QTest::newRow("Chinese") << u"adit_zh_CN.ts"_s << QStringList();
  }

  void nothingIsUnfinished() {
    QFETCH(QString, name);
    const QString text = read(source(name));
    QVERIFY(text.contains(u"<message"_s));
    QVERIFY(!text.contains(u"type=\"unfinished\""_s));
    QVERIFY(!text.contains(u"type=\"vanished\""_s));
    QVERIFY(!text.contains(u"<location"_s));
    QVERIFY(!text.contains(QRegularExpression(u"<(translation|numerusform)></"_s)));
  }
  void nothingIsUnfinished_data() { files_data(); }

  void lupdateFindsNothingNew() {
    QFETCH(QString, name);
    QFETCH(QStringList, options);
    QTemporaryDir directory;
    const QString copy = directory.filePath(name);
    QVERIFY(QFile::copy(source(name), copy));
    QVERIFY(QFile::setPermissions(copy, QFile::ReadOwner | QFile::WriteOwner));
    QProcess lupdate;
    lupdate.setWorkingDirectory(QStringLiteral(ADIT_SOURCE_DIR));
    lupdate.start(QStringLiteral(ADIT_LUPDATE), QStringList({u"-silent"_s, u"-locations"_s, u"none"_s,
                                                             u"-no-obsolete"_s, u"ui"_s, u"-I"_s, u"."_s}) +
                                                    options + QStringList({u"-ts"_s, copy}));
    QVERIFY(lupdate.waitForFinished(50000));
    QCOMPARE(lupdate.exitCode(), 0);
    QCOMPARE(read(copy), read(source(name)));
  }
  void lupdateFindsNothingNew_data() { files_data(); }

  void placeholdersAreKept() {
    const QString text = read(source(u"adit_zh_CN.ts"_s));
    static const QRegularExpression message(u"<message.*?<source>(.*?)</source>(.*?)</message>"_s,
                                            QRegularExpression::DotMatchesEverythingOption);
    int seen = 0;
    for (auto it = message.globalMatch(text); it.hasNext(); ++seen) {
      const auto match = it.next();
      for (const QString& mark : {u"%1"_s, u"%2"_s, u"%3"_s, u"%n"_s}) {
        QVERIFY2(match.captured(1).contains(mark) == match.captured(2).contains(mark),
                 qPrintable(match.captured(1)));
      }
    }
    QVERIFY(seen > 100);
  }

  void aLanguageIsChosen() {
    Language language;
    QVERIFY(language.apply(u"zh_CN"_s));
    QCOMPARE(adit::ui::stateText(adit::engine::TunnelState::Online), u"在线"_s);
    QCOMPARE(QCoreApplication::translate("adit::ui::MainWindow", "%n tunnel(s)", nullptr, 3), u"3 条隧道"_s);
    QVERIFY(language.apply(u"en"_s));
    QCOMPARE(adit::ui::stateText(adit::engine::TunnelState::Online), u"Online"_s);
    QCOMPARE(QCoreApplication::translate("adit::ui::MainWindow", "%n tunnel(s)", nullptr, 1), u"1 tunnel"_s);
    QCOMPARE(QCoreApplication::translate("adit::ui::MainWindow", "%n tunnel(s)", nullptr, 3), u"3 tunnels"_s);
  }

  void failuresAreToldInTheLanguageOfTheWindow() {
    Language language;
    QVERIFY(language.apply(u"zh_CN"_s));
    static const QRegularExpression chinese(u"\\p{Han}"_s);
    for (int value = 1; value <= static_cast<int>(adit::ErrorCode::Internal); ++value) {
      const adit::Error error{
          .code = static_cast<adit::ErrorCode>(value), .detail = "in English", .libraryCode = 0};
      for (const QString& text : {adit::ui::linkProblem(error, u"t.example.com"_s),
                                  adit::ui::tunnelProblem(error, {.name = "shop", .target = "3000"}),
                                  adit::ui::errorSentence(error)})
        QVERIFY2(text.section(u'\n', 0, 0).contains(chinese), qPrintable(text));
    }
    QVERIFY(language.apply(u"en"_s));
  }

  void anUnknownLanguageIsEnglish() {
    Language language;
    QVERIFY(!language.apply(u"fi"_s));
    QCOMPARE(QCoreApplication::translate("adit::ui::MainWindow", "%n tunnel(s)", nullptr, 2), u"2 tunnels"_s);
  }
};

QTEST_GUILESS_MAIN(TranslationsTest)
#include "translations_test.moc"
