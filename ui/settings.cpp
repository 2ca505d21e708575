// SPDX-License-Identifier: Apache-2.0
#include "ui/settings.h"

#include <QDir>

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

struct Row {
  Settings::Key key;
  QLatin1StringView name;
  QVariant fallback;
};

const std::array<Row, static_cast<std::size_t>(Settings::Key::Count)>& table() {
  static const std::array<Row, static_cast<std::size_t>(Settings::Key::Count)> rows{{
      {Settings::Key::WindowGeometry, "window/geometry"_L1, QByteArray()},
      {Settings::Key::SplitterState, "window/splitter"_L1, QByteArray()},
      {Settings::Key::SelectedTunnel, "window/selected"_L1, QString()},
      {Settings::Key::LogVisible, "log/visible"_L1, false},
      {Settings::Key::LogHeight, "log/height"_L1, 210},
      {Settings::Key::LogLevel, "log/level"_L1, 1},
      {Settings::Key::Theme, "appearance/theme"_L1, u"system"_s},
      {Settings::Key::Language, "appearance/language"_L1, u"system"_s},
      {Settings::Key::TrayExplained, "tray/explained"_L1, false},
  }};
  return rows;
}

const Row& rowOf(Settings::Key key) { return table()[static_cast<std::size_t>(key)]; }

constexpr auto kVersionName = "version"_L1;

}  // namespace

Settings::Settings(const QString& directory)
    : m_file(std::make_unique<QSettings>(QDir(directory).filePath(u"adit.ini"_s), QSettings::IniFormat)) {
  migrate();
}

QString Settings::name(Key key) { return rowOf(key).name; }

QVariant Settings::defaultOf(Key key) { return rowOf(key).fallback; }

QVariant Settings::value(Key key) const {
  const Row& row = rowOf(key);
  const QVariant stored = m_file->value(row.name, row.fallback);
  // A value of another type, which somebody edited by hand, counts as missing.
  return stored.canConvert(row.fallback.metaType()) ? stored : row.fallback;
}

void Settings::set(Key key, const QVariant& value) {
  Q_ASSERT(value.metaType() == rowOf(key).fallback.metaType());
  m_file->setValue(rowOf(key).name, value);
}

void Settings::migrate() {
  const int version = m_file->value(kVersionName, m_file->allKeys().isEmpty() ? kVersion : 1).toInt();
  if (version < 2) {
    // Version 1 had no groups: darkMode=true, lang=zh, showLog=true, geometry=...
    if (m_file->contains(u"darkMode"_s)) {
      set(Key::Theme, m_file->value(u"darkMode"_s).toBool() ? u"dark"_s : u"light"_s);
    }
    if (m_file->contains(u"lang"_s)) {
      const QString language = m_file->value(u"lang"_s).toString();
      set(Key::Language, language.startsWith("zh"_L1) ? u"zh_CN"_s : language);
    }
    if (m_file->contains(u"showLog"_s)) set(Key::LogVisible, m_file->value(u"showLog"_s).toBool());
    if (m_file->contains(u"geometry"_s)) set(Key::WindowGeometry, m_file->value(u"geometry"_s).toByteArray());
    for (const auto& old : {u"darkMode"_s, u"lang"_s, u"showLog"_s, u"geometry"_s}) m_file->remove(old);
  }
  // The file of a newer version is not changed: unknown keys stay, known ones are read.
  if (version <= kVersion) m_file->setValue(kVersionName, kVersion);
}

}  // namespace adit::ui
