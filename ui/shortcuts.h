// SPDX-License-Identifier: Apache-2.0
#pragma once
// The keys of what can be done in the window: menus set them and tooltips tell them, so they stand in one
// table. GUI thread.

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

/// None for Count, which is no command.
QKeySequence keysOf(Command command);
/// "Stop this tunnel (Ctrl+S)"; the text alone where there are no keys.
QString withKeys(const QString& text, Command command);

}  // namespace adit::ui
