// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/elided_label.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include "ui/format.h"
#include "ui/theme/colors.h"
#include "ui/widgets/painting.h"

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
  const int ring = m_kind == Kind::Link ? 2 * kRing : 0;
  return {metrics.horizontalAdvance(m_text) + 4 + ring, metrics.height() + (ring == 0 ? 2 : 4)};
}

QSize ElidedLabel::minimumSizeHint() const {
  const QSize whole = sizeHint();
  return {std::min(whole.width(), QFontMetrics(font()).averageCharWidth() * 5), whole.height()};
}

QRect ElidedLabel::textRect() const {
  return m_kind == Kind::Link ? rect().adjusted(kRing, 0, -kRing, 0) : rect();
}

void ElidedLabel::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const Colors& colors = colorsOf(palette());
  QFont shown = font();
  if (m_kind == Kind::Link) shown.setUnderline(isEnabled() && m_hovered);
  painter.setFont(shown);
  painter.setPen(!isEnabled()                ? colors.secondary
                 : m_kind == Kind::Link      ? colors.link
                 : m_kind == Kind::Secondary ? colors.secondary
                                             : colors.text);
  const QRect area = textRect();
  const QString text = fontMetrics().elidedText(m_text, m_elide, area.width());
  painter.drawText(area, Qt::AlignLeading | Qt::AlignVCenter, text);
  if (m_kind != Kind::Link || !hasFocus()) return;
  const int wide = std::min(fontMetrics().horizontalAdvance(text) + 2 * kRing, width());
  paintFocusRing(painter, QRectF(0, 0, wide, height()), 5, colors);
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
    const bool cut = fontMetrics().horizontalAdvance(m_text) > textRect().width();
    if (cut) QToolTip::showText(help->globalPos(), toolTipText(m_text), this);
    return true;
  }
  return QWidget::event(event);
}

}  // namespace adit::ui
