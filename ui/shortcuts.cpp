// SPDX-License-Identifier: Apache-2.0
#include "ui/shortcuts.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {

QKeySequence keysOf(Command command) {
  switch (command) {
    case Command::Add:
      return Qt::CTRL | Qt::Key_N;
    case Command::StartStop:
      return Qt::CTRL | Qt::Key_S;
    case Command::Edit:
      return Qt::CTRL | Qt::Key_E;
    case Command::Remove:
      return Qt::Key_Delete;
    case Command::Copy:
      return Qt::CTRL | Qt::Key_C;
    case Command::Open:
      return Qt::CTRL | Qt::Key_O;
    case Command::Overview:
      return Qt::CTRL | Qt::Key_0;
    case Command::Retry:
      return Qt::Key_F5;
    case Command::Join:
      return Qt::CTRL | Qt::Key_J;
    case Command::Log:
      return Qt::CTRL | Qt::Key_L;
    case Command::FilterLog:
      return Qt::CTRL | Qt::Key_F;
    case Command::Menu:
      return Qt::Key_F10;
    case Command::Close:
      return Qt::CTRL | Qt::Key_W;
    case Command::Quit:
      return Qt::CTRL | Qt::Key_Q;
    case Command::Count:
      break;
  }
  return {};
}

QString withKeys(const QString& text, Command command) {
  const QKeySequence keys = keysOf(command);
  return keys.isEmpty() ? text : u"%1 (%2)"_s.arg(text, keys.toString(QKeySequence::NativeText));
}

}  // namespace adit::ui
