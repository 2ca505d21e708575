// SPDX-License-Identifier: Apache-2.0
#pragma once
// The window's settings: a table of keys with their defaults, stored in adit.ini in a directory that app/
// chooses. The file has a version, and older versions are migrated when it is opened. QSettings replaces the
// file as a whole. GUI thread.

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

  /// Opens `directory`/adit.ini. A key that is missing has the table's default.
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
