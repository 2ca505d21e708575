// SPDX-License-Identifier: Apache-2.0
#include "ui/theme/theme.h"

#include <QApplication>
#include <QEvent>
#include <QFile>
#include <QFontDatabase>
#include <QFontInfo>
#include <QScopedValueRollback>
#include <QStyleFactory>

#include "ui/theme/colors.h"

using namespace Qt::Literals::StringLiterals;

static void initAditResources() { Q_INIT_RESOURCE(adit); }

namespace adit::ui {
namespace {

/// The style sheet with its @names replaced by the theme's colours.
QString styleSheet(const Colors& colors) {
  QFile file(u":/style.qss"_s);
  if (!file.open(QIODevice::ReadOnly)) return {};
  QString text = QString::fromUtf8(file.readAll());
  const std::pair<QLatin1StringView, QColor> names[] = {
      {"@accentPressed"_L1, colors.accentPressed},
      {"@accentHover"_L1, colors.accentHover},
      {"@accent"_L1, colors.accent},
      {"@onAccent"_L1, colors.onAccent},
      {"@borderStrong"_L1, colors.borderStrong},
      {"@border"_L1, colors.border},
      {"@window"_L1, colors.window},
      {"@cardHover"_L1, colors.cardHover},
      {"@cardSelected"_L1, colors.cardSelected},
      {"@card"_L1, colors.card},
      {"@fieldBorder"_L1, colors.fieldBorder},
      {"@field"_L1, colors.field},
      {"@focusOnAccent"_L1, colors.focusOnAccent},
      {"@focus"_L1, colors.focus},
      {"@text"_L1, colors.text},
      {"@secondary"_L1, colors.secondary},
      {"@faint"_L1, colors.faint},
      {"@link"_L1, colors.link},
      {"@errorInk"_L1, inkOf(colors.error, colors)},
      {"@error"_L1, colors.error},
      {"@hover"_L1, mixed(colors.card, colors.text, colors.dark ? 0.09 : 0.055)},
      {"@pressed"_L1, mixed(colors.card, colors.text, colors.dark ? 0.15 : 0.11)},
      {"@danger"_L1, mixed(colors.card, colors.error, 0.10)},
  };
  for (const auto& [name, color] : names) text.replace(name, color.name());
  text.replace("@scheme"_L1, colors.dark ? "dark"_L1 : "light"_L1);
  return text;
}

/// If the desktop names no font, fontconfig's last resort is DejaVu, whose wide letters suit a terminal
/// better than a window. A better font is used if one is installed. Fonts whose digits have the same width
/// come first, because figures would move in others.
void preferReadableFont() {
  QFont font = QApplication::font();
  const QString actual = QFontInfo(font).family();
  if (actual.startsWith("DejaVu"_L1)) {
    const QStringList installed = QFontDatabase::families();
    for (const QString& family : {u"Noto Sans"_s, u"Open Sans"_s, u"Cantarell"_s, u"Inter"_s}) {
      if (!installed.contains(family)) continue;
      font.setFamilies({family, font.family()});
      break;
    }
  }
  if (font.pointSizeF() > 0 && font.pointSizeF() < 10) font.setPointSizeF(10);
  QApplication::setFont(font);
}

}  // namespace

Theme::Theme(QObject* parent) : QObject(parent) {
  initAditResources();
  QApplication::setStyle(QStyleFactory::create(u"Fusion"_s));
  preferReadableFont();
  qApp->installEventFilter(this);
}

Theme::~Theme() { qApp->removeEventFilter(this); }

QPalette Theme::palette(bool dark) {
  const Colors& colors = dark ? darkColors() : lightColors();
  QPalette palette;
  palette.setColor(QPalette::Window, colors.window);
  palette.setColor(QPalette::WindowText, colors.text);
  palette.setColor(QPalette::Base, colors.card);
  palette.setColor(QPalette::AlternateBase, colors.window);
  palette.setColor(QPalette::Text, colors.text);
  palette.setColor(QPalette::PlaceholderText, colors.faint);
  palette.setColor(QPalette::Button, colors.card);
  palette.setColor(QPalette::ButtonText, colors.text);
  palette.setColor(QPalette::BrightText, colors.error);
  palette.setColor(QPalette::ToolTipBase, colors.card);
  palette.setColor(QPalette::ToolTipText, colors.text);
  palette.setColor(QPalette::Highlight, colors.accent);
  palette.setColor(QPalette::HighlightedText, colors.onAccent);
  palette.setColor(QPalette::Link, colors.link);
  palette.setColor(QPalette::LinkVisited, colors.link);
  palette.setColor(QPalette::Light, mixed(colors.card, Qt::white, 0.1));
  palette.setColor(QPalette::Midlight, colors.card);
  palette.setColor(QPalette::Mid, colors.border);
  palette.setColor(QPalette::Dark, colors.borderStrong);
  palette.setColor(QPalette::Shadow, dark ? QColor(Qt::black) : colors.borderStrong);
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
    palette.setColor(QPalette::Disabled, role, mixed(colors.text, colors.window, 0.55));
  }
  palette.setColor(QPalette::Disabled, QPalette::Highlight, colors.borderStrong);
  return palette;
}

ThemeMode Theme::modeFromString(const QString& text) {
  if (text == "light"_L1) return ThemeMode::Light;
  if (text == "dark"_L1) return ThemeMode::Dark;
  return ThemeMode::System;
}

QString Theme::toString(ThemeMode mode) {
  switch (mode) {
    case ThemeMode::Light:
      return u"light"_s;
    case ThemeMode::Dark:
      return u"dark"_s;
    case ThemeMode::System:
      break;
  }
  return u"system"_s;
}

void Theme::apply(ThemeMode mode) {
  m_mode = mode;
  dress(mode == ThemeMode::System ? systemIsDark() : mode == ThemeMode::Dark);
}

bool Theme::systemIsDark() {
  // Our palette hides the system's, so it is removed to see what the system asks for.
  const QScopedValueRollback guard(m_dressing, true);
  QApplication::setPalette(QPalette());
  return isDark(QApplication::palette());
}

void Theme::dress(bool dark) {
  const QScopedValueRollback guard(m_dressing, true);
  m_dark = dark;
  QApplication::setPalette(palette(dark));
  qApp->setStyleSheet(styleSheet(dark ? darkColors() : lightColors()));
  Q_EMIT changed();
}

bool Theme::eventFilter(QObject* watched, QEvent* event) {
  // ThemeChange reaches the application when the desktop switches between light and dark.
  if (watched == qApp && event->type() == QEvent::ThemeChange && m_mode == ThemeMode::System && !m_dressing) {
    const bool dark = systemIsDark();
    dress(dark);
  }
  return QObject::eventFilter(watched, event);
}

}  // namespace adit::ui
