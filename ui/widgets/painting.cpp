// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/painting.h"

#include <algorithm>
#include <cmath>
#include <QPainterPath>

namespace adit::ui {

void paintCard(QPainter& painter, const QRectF& rect, const QColor& fill, const QColor& border, double radius,
               double borderWidth) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(border, borderWidth));
  painter.setBrush(fill);
  const double inset = borderWidth / 2;
  painter.drawRoundedRect(rect.adjusted(inset, inset, -inset, -inset), radius - inset, radius - inset);
  painter.restore();
}

void paintStrip(QPainter& painter, const QRectF& rect, const QColor& tone, const Colors& colors) {
  paintCard(painter, rect, groundOf(tone, colors), mixed(colors.border, tone, 0.45));
}

void paintFocusRing(QPainter& painter, const QRectF& rect, double radius, const Colors& colors) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(colors.focus, 2));
  painter.setBrush(Qt::NoBrush);
  painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), radius, radius);
  painter.restore();
}

void paintStateDot(QPainter& painter, QPointF center, double diameter, Status status, const Colors& colors) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  const QColor& color = statusColor(status, colors);
  if (status != Status::Offline) {
    painter.setBrush(faded(color, colors.dark ? 0.24 : 0.20));
    painter.drawEllipse(center, diameter * 0.92, diameter * 0.92);
  }
  painter.setBrush(color);
  painter.drawEllipse(center, diameter / 2, diameter / 2);
  painter.restore();
}

double rateOf(const TrafficRates& rates, Rate rate) {
  switch (rate) {
    case Rate::In:
      return rates.bytesIn;
    case Rate::Out:
      return rates.bytesOut;
    case Rate::Requests:
      return rates.requests;
  }
  return 0;
}

QPainterPath ratePath(const TrafficHistory& history, Rate rate, const CurveFrame& frame) {
  QPainterPath path;
  const QRectF& rect = frame.rect;
  const auto place = [&](const TrafficPoint& point) {
    const double age = std::chrono::duration<double>(frame.end - point.time).count();
    const double span = std::chrono::duration<double>(TrafficHistory::kSpan).count();
    return QPointF(rect.right() - age / span * rect.width(),
                   rect.bottom() - std::min(1.2, rateOf(point.rates, rate) / frame.top) * rect.height());
  };
  // Points closer than 2.5 pixels and points on a level line are skipped, because they cannot be seen. One
  // point beyond the left edge lets the curve enter smoothly. Bends are rounded only where a corner would be
  // visible, because straight lines are drawn several times as fast.
  constexpr double kApart = 2.5;
  constexpr double kRounded = 6;
  constexpr double kLevel = 0.01;
  QPointF previous;
  bool begun = false;
  bool level = false;  // The path reaches `previous` only when the line stops being level.
  for (std::size_t i = 0; i < history.size(); ++i) {
    const QPointF next = place(history.at(i));
    if (next.x() < rect.left() - 24) continue;
    if (!begun) {
      path.moveTo(next);
      begun = true;
    } else {
      if (next.x() - previous.x() < kApart && i + 1 < history.size()) continue;
      const bool stays = std::abs(next.y() - previous.y()) < kLevel;
      if (!stays && level) path.lineTo(previous);
      if (stays) {
        if (!level) path.lineTo(previous);
      } else if (next.x() - previous.x() > kRounded) {
        path.quadTo(previous, (previous + next) / 2);
      } else {
        path.lineTo((previous + next) / 2);
      }
      level = stays;
    }
    previous = next;
  }
  if (begun) {
    path.lineTo(previous);
    if (previous.x() < rect.right()) path.lineTo(rect.right(), previous.y());
  }
  return path;
}

QPainterPath areaUnder(const QPainterPath& curve, const QRectF& rect) {
  if (curve.isEmpty()) return {};
  QPainterPath area = curve;
  const QPointF first = curve.elementAt(0);
  area.lineTo(curve.currentPosition().x(), rect.bottom());
  area.lineTo(first.x(), rect.bottom());
  area.closeSubpath();
  return area;
}

void paintSparkline(QPainter& painter, const QRectF& rect, const TrafficHistory& history, SteadyTime end,
                    const Colors& colors, double opacity) {
  const TrafficRates peak = history.peak(end - TrafficHistory::kSpan);
  if (peak.bytesIn + peak.bytesOut <= 0) return;  // A line at zero would look like a mistake.
  const double top = std::max({peak.bytesIn, peak.bytesOut, 1000.0}) * 1.05;
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(faded(colors.borderStrong, 0.7 * opacity), 1));
  painter.drawLine(QPointF(rect.left(), rect.bottom() + 0.5), QPointF(rect.right(), rect.bottom() + 0.5));
  painter.setClipRect(rect.adjusted(0, -2, 0, 1));
  for (const Rate rate : {Rate::Out, Rate::In}) {
    if ((rate == Rate::Out ? peak.bytesOut : peak.bytesIn) <= 0) continue;
    const QColor& color = rate == Rate::Out ? colors.trafficOut : colors.trafficIn;
    const QPainterPath curve = ratePath(history, rate, {.rect = rect, .end = end, .top = top});
    painter.fillPath(areaUnder(curve, rect), faded(color, 0.22 * opacity));
    painter.strokePath(curve, QPen(faded(color, opacity), 1.3, Qt::SolidLine, Qt::FlatCap, Qt::BevelJoin));
  }
  painter.restore();
}

}  // namespace adit::ui
