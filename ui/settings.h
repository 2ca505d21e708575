// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the window remembers: one table of keys with their defaults, kept in adit.ini in the directory that
// the composition root names. The file carries a version and older ones are migrated when opened. Written
// new-then-rename by QSettings. GUI thread.

#include <array>
#include <memory>
#include <QByteArray>
#include <QSettings>
#include <QString>
#include <QVariant>

namespace adit::ui {

class Settings {
 public:
  enum class Key {
    WindowGeometry,
    SplitterState,
    SelectedTunnel,
    LogVisible,
    LogHeight,
    LogLevel,
    Theme,
    Language,
    TrayExplained,
    Count
  };

  static constexpr int kVersion = 2;

  /// Opens `directory`/adit.ini; a missing file or key has the table's default.
  explicit Settings(const QString& directory);

  [[nodiscard]] QByteArray bytes(Key key) const { return value(key).toByteArray(); }
  [[nodiscard]] QString text(Key key) const { return value(key).toString(); }
  [[nodiscard]] bool flag(Key key) const { return value(key).toBool(); }
  [[nodiscard]] int number(Key key) const { return value(key).toInt(); }
  /// The value must be of the default's type.
  void set(Key key, const QVariant& value);
  void sync() { m_file->sync(); }

  /// The key's name in the file.
  static QString name(Key key);
  static QVariant defaultOf(Key key);

 private:
  [[nodiscard]] QVariant value(Key key) const;
  void migrate();

  std::unique_ptr<QSettings> m_file;
};

}  // namespace adit::ui
