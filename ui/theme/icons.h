// SPDX-License-Identifier: Apache-2.0
#pragma once
// Adit's own icons, from the SVG files in resources/icons. Symbols have the text colour of the widget that
// shows them and follow the theme; the icons of the application and the tray have their own colours. They are
// loaded by Qt's SVG image plugin; without the plugin icons are empty and every button still has its text or
// accessible name. GUI thread.

#include <QColor>
#include <QIcon>
#include <QPixmap>

namespace adit::ui {

enum class Symbol {
  Add,
  Remove,
  Play,
  Stop,
  Copy,
  Open,
  Link,
  Log,
  Settings,
  Warn,
  Check,
  Retry,
  ChevronUp,
  ChevronDown,
  Clear,
  ArrowRight,
  Edit,
};

/// Which of the theme's colours a symbol takes.
enum class Ink { Text, Secondary, OnAccent };

QIcon symbolIcon(Symbol symbol, Ink ink = Ink::Text);
/// One symbol in one colour; `size` in device-independent pixels.
QPixmap symbolPixmap(Symbol symbol, int size, const QColor& color, qreal devicePixelRatio);
/// An icon in its own colours: "adit", "tray-online", "tray-offline", "tray-connecting", "tray-error".
QIcon pictureIcon(const QString& name);
QPixmap picturePixmap(const QString& name, int size, qreal devicePixelRatio);

}  // namespace adit::ui
