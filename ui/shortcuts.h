// SPDX-License-Identifier: Apache-2.0
#pragma once
// The window's keyboard shortcuts, in one table because both menus and tooltips need them. GUI thread.

#include <QKeySequence>
#include <QString>

namespace adit::ui {

enum class Command {
  Add,
  StartStop,
  Edit,
  Remove,
  Copy,
  Open,
  Overview,
  Retry,
  Join,
  Log,
  FilterLog,
  Menu,
  Close,
  Quit,
  Count
};

/// Empty for Count, which is not a command.
QKeySequence keysOf(Command command);
/// "Stop this tunnel (Ctrl+S)"; the text alone if there is no shortcut.
QString withKeys(const QString& text, Command command);

}  // namespace adit::ui
