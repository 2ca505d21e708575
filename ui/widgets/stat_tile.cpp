// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/stat_tile.h"

#include <algorithm>
#include <QPainter>

#include "ui/format.h"
#include "ui/theme/colors.h"
#include "ui/widgets/painting.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

constexpr int kMargin = 16;
constexpr double kValueScale = 1.55;
constexpr double kSmallScale = 0.88;
constexpr double kLeastValueScale = 0.6;  // Of the value's usual size.
constexpr int kNarrow = 120;

QRect innerOf(const QRect& tile) {
  const int side = tile.width() < kNarrow ? kMargin - 6 : kMargin;
  return tile.adjusted(side, kMargin - 2, -side / 3, -kMargin + 2);
}

}  // namespace

StatTile::StatTile(Mark mark, QWidget* parent) : QWidget(parent), m_mark(mark) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void StatTile::setLabel(const QString& label) {
  m_label = label;
  setAccessibleName(label);
  update();
}

void StatTile::setValue(const QString& value, const QString& context) {
  if (value == m_value && context == m_context) return;
  m_value = value;
  m_context = context;
  setAccessibleDescription(u"%1, %2"_s.arg(value, context));
  update();
}

QSize StatTile::sizeHint() const {
  const int small = QFontMetrics(scaledFont(font(), kSmallScale)).height();
  const int large = QFontMetrics(scaledFont(font(), kValueScale, QFont::Bold)).height();
  return {150, 2 * small + large + 2 * kMargin + 2};
}

QSize StatTile::minimumSizeHint() const { return {84, sizeHint().height()}; }

double StatTile::valueScale() const {
  const QFontMetricsF metrics(scaledFont(font(), kValueScale, QFont::Bold));
  double wide = metrics.horizontalAdvance(m_value);
  if (m_mark == Mark::In || m_mark == Mark::Out)
    wide = std::max(wide, metrics.horizontalAdvance(widestRate()));
  // A figure must not be cut off: it is drawn smaller instead.
  return std::clamp((innerOf(rect()).width() - 1) / std::max(wide, 1.0), kLeastValueScale, 1.0);
}

void StatTile::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const Colors& colors = colorsOf(palette());
  paintCard(painter, rect(), colors.card, colors.border);
  const QFont small = scaledFont(font(), kSmallScale);
  const QFont large = scaledFont(font(), kValueScale, QFont::Bold);
  const QFontMetrics smallMetrics(small);

  const QRect inner = innerOf(rect());
  int left = inner.left();
  if (m_mark != Mark::None) {
    const QColor color = m_mark == Mark::In    ? colors.trafficIn
                         : m_mark == Mark::Out ? colors.trafficOut
                                               : colors.requests;
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawEllipse(QPointF(left + 4, inner.top() + smallMetrics.height() / 2.0), 4, 4);
    left += 14;
  }
  painter.setFont(small);
  painter.setPen(colors.secondary);
  const int labelWidth = inner.right() - left;
  painter.drawText(QRect(left, inner.top(), labelWidth, smallMetrics.height()),
                   Qt::AlignLeading | Qt::AlignVCenter,
                   smallMetrics.elidedText(m_label, Qt::ElideRight, labelWidth));
  painter.setPen(colors.faint);
  const int contextTop = inner.bottom() - smallMetrics.height();
  painter.drawText(QRect(inner.left(), contextTop, inner.width(), smallMetrics.height()),
                   Qt::AlignLeading | Qt::AlignVCenter,
                   smallMetrics.elidedText(m_context, Qt::ElideRight, inner.width()));
  const QRect middle(inner.left(), inner.top() + smallMetrics.height(), inner.width(),
                     contextTop - inner.top() - smallMetrics.height());
  painter.setFont(scaledFont(large, valueScale(), QFont::Bold));
  painter.setPen(colors.text);
  painter.drawText(middle, Qt::AlignLeading | Qt::AlignVCenter,
                   painter.fontMetrics().elidedText(m_value, Qt::ElideRight, middle.width()));
}

}  // namespace adit::ui
