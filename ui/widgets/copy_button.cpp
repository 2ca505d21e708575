// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/copy_button.h"

#include <QEvent>

#include "ui/theme/icons.h"

namespace adit::ui {

using namespace std::chrono_literals;

CopyButton::CopyButton(QWidget* parent) : QPushButton(parent) {
  m_timer.setSingleShot(true);
  m_timer.setInterval(1600ms);
  connect(&m_timer, &QTimer::timeout, this, &CopyButton::refresh);
  refresh();
}

void CopyButton::showCopied() {
  m_timer.start();
  refresh();
}

void CopyButton::setCompact(bool compact) {
  m_compact = compact;
  refresh();
}

void CopyButton::setCommand(Command command) {
  m_command = command;
  refresh();
}

void CopyButton::refresh() {
  const bool copied = m_timer.isActive();
  setText(m_compact ? QString() : copied ? tr("Copied") : tr("Copy"));
  setIcon(symbolIcon(copied ? Symbol::Check : Symbol::Copy));
  setAccessibleName(tr("Copy the address"));
  setToolTip(withKeys(accessibleName(), m_command));
}

void CopyButton::changeEvent(QEvent* event) {
  const bool language = event->type() == QEvent::LanguageChange;
  QPushButton::changeEvent(event);
  if (language) refresh();
}

}  // namespace adit::ui
