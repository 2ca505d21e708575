// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/tunnel_delegate.h"

#include <QPainter>
#include <QPainterPath>

#include "ui/format.h"
#include "ui/status.h"
#include "ui/theme/icons.h"
#include "ui/widgets/painting.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

constexpr int kGap = 8;   // Between cards.
constexpr int kRing = 4;  // Around a card, for focus.
constexpr int kPad = 14;  // Inside a card.
constexpr int kButton = 26;
constexpr int kSpark = 84;
constexpr int kFigureGap = 10;
constexpr double kSmallScale = 0.9;
constexpr double kNameScale = 1.08;

}  // namespace

TunnelDelegate::Layout TunnelDelegate::layoutOf(const QRect& row, const QFont& font) {
  const int nameHeight = QFontMetrics(scaledFont(font, kNameScale, QFont::Bold)).height();
  const int lineHeight = QFontMetrics(scaledFont(font, kSmallScale)).height();
  Layout layout;
  layout.card = row.adjusted(kRing, kGap / 2, -kRing, -kGap / 2);
  const QRect inner = layout.card.adjusted(kPad, kPad - 1, -kPad, -kPad + 1);
  const int spark = std::min(kSpark, inner.width() / 3);

  layout.dot = QRect(inner.left(), inner.top(), 14, nameHeight);
  layout.spark = QRect(inner.right() - spark + 1, inner.top(), spark, nameHeight + 2);
  layout.state = QRect(inner.right() - spark * 3 / 2 + 1, inner.top(), spark * 3 / 2, nameHeight);
  layout.name = QRect(inner.left() + 18, inner.top(), layout.spark.left() - inner.left() - 26, nameHeight);

  const int addressTop = layout.name.bottom() + 6;
  layout.open = QRect(inner.right() - kButton + 5, addressTop + (lineHeight - kButton) / 2, kButton, kButton);
  layout.copy = layout.open.translated(-kButton, 0);
  layout.address = QRect(inner.left(), addressTop, layout.copy.left() - inner.left() - 4, lineHeight);

  const int bottom = layout.address.bottom() + 7;
  layout.target = QRect(inner.left(), bottom, inner.width(), lineHeight);
  layout.rates = layout.target;
  return layout;
}

TunnelDelegate::Part TunnelDelegate::partAt(const Layout& layout, QPoint position) {
  if (layout.copy.contains(position)) return Part::Copy;
  if (layout.open.contains(position)) return Part::Open;
  return Part::None;
}

void TunnelDelegate::setHot(const QModelIndex& index, Part part) {
  m_hotIndex = index;
  m_hotPart = part;
}

QSize TunnelDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const {
  const int nameHeight = QFontMetrics(scaledFont(option.font, kNameScale, QFont::Bold)).height();
  const int lineHeight = QFontMetrics(scaledFont(option.font, kSmallScale)).height();
  return {220, nameHeight + 2 * lineHeight + 13 + 2 * (kPad - 1) + kGap};
}

void TunnelDelegate::paintButton(QPainter& painter, const QRect& rect, Part part, const QModelIndex& index,
                                 const QPalette& palette) const {
  const Colors& colors = colorsOf(palette);
  const bool hot = m_hotIndex == index && m_hotPart == part;
  if (hot) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(mixed(colors.card, colors.text, colors.dark ? 0.14 : 0.08));
    painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 7, 7);
  }
  const bool copied = part == Part::Copy && m_copied == index;
  const Symbol symbol = copied ? Symbol::Check : part == Part::Copy ? Symbol::Copy : Symbol::Open;
  const QColor color = copied ? colors.online : hot ? colors.text : colors.secondary;
  constexpr int kIcon = 16;
  const qreal ratio = painter.device()->devicePixelRatioF();
  painter.drawPixmap(rect.center().x() - kIcon / 2 + 1, rect.center().y() - kIcon / 2 + 1,
                     symbolPixmap(symbol, kIcon, color, ratio));
}

void TunnelDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                           const QModelIndex& index) const {
  const engine::TunnelSnapshot& tunnel = m_model.tunnelAt(index.row());
  const std::shared_ptr<const TrafficHistory> history = m_model.historyAt(index.row());
  const Colors& colors = colorsOf(option.palette);
  const Layout layout = layoutOf(option.rect, option.font);
  const bool selected = option.state.testFlag(QStyle::State_Selected);
  const bool hovered = option.state.testFlag(QStyle::State_MouseOver);
  const bool focused = m_ring && option.state.testFlag(QStyle::State_HasFocus);
  const Status status = statusOf(tunnel);
  const bool stopped = tunnel.state == engine::TunnelState::Stopped;

  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  paintCard(*painter, layout.card,
            selected  ? colors.cardSelected
            : hovered ? colors.cardHover
                      : colors.card,
            selected  ? colors.accent
            : hovered ? colors.borderStrong
                      : colors.border,
            kCardRadius, selected ? 1.5 : 1);
  // At a distance from the card, so that it is visible around a selected card, too.
  if (focused)
    paintFocusRing(*painter, QRectF(layout.card).adjusted(-kRing, -kRing, kRing, kRing), kCardRadius + 3,
                   colors);
  paintStateDot(*painter, QPointF(layout.dot.left() + 5.5, layout.dot.center().y() + 1), 8, status, colors);

  const QFont nameFont = scaledFont(option.font, kNameScale, QFont::Bold);
  const QFont small = scaledFont(option.font, kSmallScale);
  const QFontMetrics nameMetrics(nameFont);
  const QFontMetrics smallMetrics(small);

  // The right of the first line: the sparkline while traffic can flow, the state's word otherwise.
  QRect name = layout.name;
  if (status == Status::Online) {
    if (history->size() > 0) {
      paintSparkline(*painter, layout.spark, *history, history->at(history->size() - 1).time, colors);
    }
  } else {
    painter->setFont(small);
    painter->setPen(stopped ? colors.faint : inkOf(statusColor(status, colors), colors));
    const QString state = stateText(tunnel);
    painter->drawText(layout.state, Qt::AlignRight | Qt::AlignVCenter, state);
    name.setRight(layout.state.right() - smallMetrics.horizontalAdvance(state) - 8);
  }
  painter->setFont(nameFont);
  painter->setPen(stopped ? colors.secondary : colors.text);
  painter->drawText(name, Qt::AlignLeading | Qt::AlignVCenter,
                    nameMetrics.elidedText(fromUtf8(tunnel.name), Qt::ElideRight, name.width()));

  painter->setFont(small);
  if (tunnel.url.empty()) {
    painter->setPen(colors.faint);
    painter->drawText(layout.address, Qt::AlignLeading | Qt::AlignVCenter, tr("No public address yet"));
  } else {
    painter->setPen(stopped ? colors.secondary : colors.link);
    painter->drawText(
        layout.address, Qt::AlignLeading | Qt::AlignVCenter,
        smallMetrics.elidedText(shortAddress(tunnel.url), Qt::ElideMiddle, layout.address.width()));
    paintButton(*painter, layout.copy, Part::Copy, index, option.palette);
    paintButton(*painter, layout.open, Part::Open, index, option.palette);
  }

  const TrafficRates rates = history->current();
  const bool flowing = rates.bytesIn + rates.bytesOut + rates.requests > 0;
  // Each figure has a fixed place, so that it does not move when another one changes.
  int figures = 0;
  painter->setPen(colors.secondary);
  if (flowing) {
    const int wide = smallMetrics.horizontalAdvance(widestRate());
    const int arrow = smallMetrics.horizontalAdvance(u"↓ "_s);
    const int request = smallMetrics.horizontalAdvance(tr("%1 req/s").arg(formatRequests(888)));
    const int wanted = smallMetrics.horizontalAdvance(displayTarget(tunnel.spec.target)) + 34;
    const auto place = [&](int width, const QString& text, const QString& mark) {
      const QRect slot(layout.rates.right() + 1 - figures - width, layout.rates.top(), width,
                       layout.rates.height());
      painter->drawText(slot, Qt::AlignRight | Qt::AlignVCenter, mark + text);
      figures += width + kFigureGap;
    };
    if (2 * (arrow + wide) + request + 3 * kFigureGap + wanted < layout.rates.width())
      place(request, tr("%1 req/s").arg(formatRequests(rates.requests)), {});
    place(arrow + wide, formatRate(rates.bytesOut), u"↑ "_s);
    place(arrow + wide, formatRate(rates.bytesIn), u"↓ "_s);
  }
  QRect target = layout.target;
  constexpr int kArrow = 13;
  painter->drawPixmap(
      target.left() - 1, target.center().y() - kArrow / 2,
      symbolPixmap(Symbol::ArrowRight, kArrow, colors.faint, painter->device()->devicePixelRatioF()));
  target.setLeft(target.left() + kArrow + 5);
  target.setRight(target.right() - figures);
  painter->setPen(colors.secondary);
  painter->drawText(
      target, Qt::AlignLeading | Qt::AlignVCenter,
      smallMetrics.elidedText(displayTarget(tunnel.spec.target), Qt::ElideRight, target.width()));
  painter->restore();
}

}  // namespace adit::ui
