// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/elided_label.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include "ui/theme/colors.h"

namespace adit::ui {

ElidedLabel::ElidedLabel(Kind kind, QWidget* parent) : QWidget(parent), m_kind(kind) {
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  if (kind == Kind::Link) {
    setCursor(Qt::PointingHandCursor);
    setFocusPolicy(Qt::TabFocus);
  }
}

void ElidedLabel::setText(const QString& text) {
  if (text == m_text) return;
  m_text = text;
  setAccessibleName(text);
  updateGeometry();
  update();
}

QSize ElidedLabel::sizeHint() const {
  const QFontMetrics metrics(font());
  return {metrics.horizontalAdvance(m_text) + 4, metrics.height() + 2};
}

QSize ElidedLabel::minimumSizeHint() const {
  const QFontMetrics metrics(font());
  return {std::min(metrics.horizontalAdvance(m_text) + 4, metrics.averageCharWidth() * 5),
          metrics.height() + 2};
}

void ElidedLabel::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const Colors& colors = colorsOf(palette());
  QFont shown = font();
  if (m_kind == Kind::Link) shown.setUnderline(isEnabled() && (m_hovered || hasFocus()));
  painter.setFont(shown);
  painter.setPen(!isEnabled()                ? colors.secondary
                 : m_kind == Kind::Link      ? colors.link
                 : m_kind == Kind::Secondary ? colors.secondary
                                             : colors.text);
  painter.drawText(rect(), Qt::AlignLeading | Qt::AlignVCenter,
                   fontMetrics().elidedText(m_text, m_elide, width()));
}

void ElidedLabel::mouseReleaseEvent(QMouseEvent* event) {
  if (m_kind == Kind::Link && event->button() == Qt::LeftButton &&
      rect().contains(event->position().toPoint())) {
    Q_EMIT activated();
  } else {
    QWidget::mouseReleaseEvent(event);
  }
}

void ElidedLabel::keyPressEvent(QKeyEvent* event) {
  const bool press =
      event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter || event->key() == Qt::Key_Space;
  if (m_kind == Kind::Link && press) {
    Q_EMIT activated();
  } else {
    QWidget::keyPressEvent(event);
  }
}

void ElidedLabel::enterEvent(QEnterEvent* event) {
  m_hovered = true;
  update();
  QWidget::enterEvent(event);
}

void ElidedLabel::leaveEvent(QEvent* event) {
  m_hovered = false;
  update();
  QWidget::leaveEvent(event);
}

bool ElidedLabel::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip && toolTip().isEmpty()) {
    const auto* help = static_cast<QHelpEvent*>(event);
    const bool cut = fontMetrics().horizontalAdvance(m_text) > width();
    if (cut) QToolTip::showText(help->globalPos(), m_text, this);
    return true;
  }
  return QWidget::event(event);
}

}  // namespace adit::ui
