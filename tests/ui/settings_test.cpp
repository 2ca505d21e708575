// SPDX-License-Identifier: Apache-2.0
#include "ui/settings.h"

#include <QDir>
#include <QFile>
#include <QSet>
#include <QTemporaryDir>
#include <QTest>

using adit::ui::Settings;
using Key = Settings::Key;

namespace {

void write(const QTemporaryDir& directory, const QByteArray& content) {
  QFile file(directory.filePath(QStringLiteral("adit.ini")));
  QVERIFY(file.open(QIODevice::WriteOnly));
  file.write(content);
}

}  // namespace

class SettingsTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void everyKeyHasANameAndADefault() {
    QTemporaryDir directory;
    const Settings settings(directory.path());
    QSet<QString> names;
    for (int i = 0; i < static_cast<int>(Key::Count); ++i) {
      const auto key = static_cast<Key>(i);
      names.insert(Settings::name(key));
      QVERIFY(Settings::defaultOf(key).isValid());
    }
    QCOMPARE(names.size(), static_cast<int>(Key::Count));
    QCOMPARE(settings.text(Key::Theme), QStringLiteral("system"));
    QVERIFY(!settings.flag(Key::LogVisible));
  }

  void valuesSurvive() {
    QTemporaryDir directory;
    {
      Settings settings(directory.path());
      settings.set(Key::Theme, QStringLiteral("dark"));
      settings.set(Key::LogLevel, 3);
      settings.set(Key::WindowGeometry, QByteArray("\x01\x00\xff", 3));
      settings.sync();
    }
    const Settings settings(directory.path());
    QCOMPARE(settings.text(Key::Theme), QStringLiteral("dark"));
    QCOMPARE(settings.number(Key::LogLevel), 3);
    QCOMPARE(settings.bytes(Key::WindowGeometry), QByteArray("\x01\x00\xff", 3));
  }

  void versionOneIsMigrated() {
    QTemporaryDir directory;
    const QString path = directory.filePath(QStringLiteral("adit.ini"));
    QVERIFY(QFile::copy(QStringLiteral(ADIT_TEST_DATA "/ui/settings_v1.ini"), path));
    QVERIFY(QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner));
    {
      Settings settings(directory.path());
      QCOMPARE(settings.text(Key::Theme), QStringLiteral("dark"));
      QCOMPARE(settings.text(Key::Language), QStringLiteral("zh_CN"));
      QVERIFY(settings.flag(Key::LogVisible));
      QCOMPARE(settings.bytes(Key::WindowGeometry), QByteArray("kept"));
      QVERIFY(!settings.flag(Key::TrayExplained));
      // What is chosen after the migration is not migrated over at the next start.
      settings.set(Key::Theme, QStringLiteral("light"));
      settings.sync();
    }
    const Settings again(directory.path());
    QCOMPARE(again.text(Key::Theme), QStringLiteral("light"));
    const QSettings raw(path, QSettings::IniFormat);
    QCOMPARE(raw.value(QStringLiteral("version")).toInt(), Settings::kVersion);
    QVERIFY(!raw.contains(QStringLiteral("darkMode")));
  }

  void aNewerFileIsKept() {
    QTemporaryDir directory;
    write(directory, "[General]\nversion=99\n[appearance]\ntheme=dark\nsparkle=much\n");
    {
      Settings settings(directory.path());
      QCOMPARE(settings.text(Key::Theme), QStringLiteral("dark"));
      settings.set(Key::LogVisible, true);
      settings.sync();
    }
    const QSettings raw(directory.filePath(QStringLiteral("adit.ini")), QSettings::IniFormat);
    QCOMPARE(raw.value(QStringLiteral("version")).toInt(), 99);
    QCOMPARE(raw.value(QStringLiteral("appearance/sparkle")).toString(), QStringLiteral("much"));
  }

  void nonsenseIsNoReasonToFail() {
    QTemporaryDir directory;
    write(directory, "\x00\xff][==\n[log\nlevel=a,b\n\n[log]\nvisible=perhaps\n");
    const Settings settings(directory.path());
    QCOMPARE(settings.text(Key::Theme), QStringLiteral("system"));
    QVERIFY(settings.number(Key::LogLevel) >= 0);
  }
};

QTEST_GUILESS_MAIN(SettingsTest)
#include "settings_test.moc"
