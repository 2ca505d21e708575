// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/state_pill.h"

#include <QPainter>

#include "ui/widgets/painting.h"

namespace adit::ui {

StatePill::StatePill(QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void StatePill::setState(Status status, const QString& text) {
  m_status = status;
  m_text = text;
  setAccessibleName(text);
  updateGeometry();
  update();
}

QSize StatePill::sizeHint() const {
  const QFontMetrics metrics(scaledFont(font(), 0.88, QFont::Medium));
  return {metrics.horizontalAdvance(m_text) + 34, metrics.height() + 8};
}

void StatePill::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Colors& colors = colorsOf(palette());
  const QColor& tone = statusColor(m_status, colors);
  painter.setPen(Qt::NoPen);
  painter.setBrush(pillOf(tone, colors));
  painter.drawRoundedRect(rect(), height() / 2.0, height() / 2.0);
  painter.setBrush(tone);
  painter.drawEllipse(QPointF(13.5, height() / 2.0), 3.5, 3.5);
  painter.setFont(scaledFont(font(), 0.88, QFont::Medium));
  painter.setPen(inkOf(tone, colors));
  painter.drawText(rect().adjusted(22, 0, 0, 0), Qt::AlignLeading | Qt::AlignVCenter, m_text);
}

}  // namespace adit::ui
