// SPDX-License-Identifier: Apache-2.0
#include "ui/dialogs/form_dialog.h"

#include <algorithm>
#include <QResizeEvent>
#include <QScreen>
#include <QVBoxLayout>

#include "ui/widgets/content_scroll.h"
#include "ui/windows/window_place.h"

namespace adit::ui {
namespace {

constexpr int kSide = 24;

}  // namespace

FormDialog::FormDialog(int width, QWidget* parent) : QDialog(parent), m_width(width) {
  setWindowModality(Qt::WindowModal);
  setAttribute(Qt::WA_DeleteOnClose);
  auto* content = new QWidget;
  m_column = new QVBoxLayout(content);
  m_column->setContentsMargins(kSide, kSide - 2, kSide, 4);
  m_column->setSpacing(10);
  auto* scroll = new ContentScroll(content, this);
  m_footer = new QVBoxLayout;
  m_footer->setContentsMargins(kSide, 0, kSide, kSide - 4);
  auto* whole = new QVBoxLayout(this);
  whole->setContentsMargins(0, 0, 0, 0);
  whole->setSpacing(0);
  whole->addWidget(scroll, 1);
  whole->addLayout(m_footer);
}

bool FormDialog::event(QEvent* event) {
  const auto type = event->type();
  const bool taken = QDialog::event(event);
  if (type == QEvent::LayoutRequest) fit();
  return taken;
}

void FormDialog::showEvent(QShowEvent* event) {
  fit();
  if (const QWidget* parent = parentWidget()) {
    QRect place = geometry();
    place.moveCenter(parent->isVisible() ? parent->window()->geometry().center()
                                         : screen()->availableGeometry().center());
    setGeometry(within(place, roomOn(screen()->availableGeometry())));
  }
  QDialog::showEvent(event);
}

void FormDialog::resizeEvent(QResizeEvent* event) {
  if (event->spontaneous()) m_width = width();
  QDialog::resizeEvent(event);
}

void FormDialog::fit() {
  const QRect room = roomOn(screen()->availableGeometry());
  const int wide =
      std::clamp(m_width, std::min(layout()->totalMinimumSize().width(), room.width()), room.width());
  const int high = layout()->totalHeightForWidth(wide);
  const QRect place(geometry().topLeft(), QSize(wide, std::min(high, room.height())));
  if (!isVisible()) {
    resize(place.size());
  } else if (const QRect inside = within(place, room); inside != geometry()) {
    setGeometry(inside);
  }
}

}  // namespace adit::ui
