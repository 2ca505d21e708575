// SPDX-License-Identifier: Apache-2.0
#pragma once
// A Copy button that shows "Copied" for a moment after it was used. GUI thread.

#include <QPushButton>
#include <QTimer>

#include "ui/shortcuts.h"

namespace adit::ui {

class CopyButton : public QPushButton {
  Q_OBJECT
 public:
  explicit CopyButton(QWidget* parent = nullptr);
  void showCopied();
  /// Shows only the icon, for narrow places.
  void setCompact(bool compact);
  /// Adds this command's shortcut to the tooltip.
  void setCommand(Command command);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void refresh();
  QTimer m_timer;
  bool m_compact = false;
  Command m_command = Command::Count;
};

}  // namespace adit::ui
