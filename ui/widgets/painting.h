// SPDX-License-Identifier: Apache-2.0
#pragma once
// Small shared strokes: the card, the state dot, the curve of a rate. Used by widgets and delegates while
// they paint. GUI thread.

#include <QPainter>

#include "ui/models/traffic_history.h"
#include "ui/status.h"
#include "ui/theme/colors.h"

namespace adit::ui {

inline constexpr double kCardRadius = 12;

/// A rounded card with a hairline border, crisp at every scale.
void paintCard(QPainter& painter, const QRectF& rect, const QColor& fill, const QColor& border,
               double radius = kCardRadius, double borderWidth = 1);
/// The card of a strip that speaks of something of this tone.
void paintStrip(QPainter& painter, const QRectF& rect, const QColor& tone, const Colors& colors);
/// The ring around what the keyboard is at, inside `rect`.
void paintFocusRing(QPainter& painter, const QRectF& rect, double radius, const Colors& colors);
/// A dot of `diameter` with a soft halo unless it is of something offline.
void paintStateDot(QPainter& painter, QPointF center, double diameter, Status status, const Colors& colors);

enum class Rate { In, Out, Requests };
double rateOf(const TrafficRates& rates, Rate rate);

/// Where a curve is drawn and what it spans.
struct CurveFrame {
  QRectF rect;
  SteadyTime end;  ///< The time at the right edge.
  double top = 1;  ///< The value at the upper edge.
};

/// The open curve of one rate, left to right, a little beyond the left edge.
QPainterPath ratePath(const TrafficHistory& history, Rate rate, const CurveFrame& frame);
/// The area under an open curve.
QPainterPath areaUnder(const QPainterPath& curve, const QRectF& rect);
/// In and out as small filled curves on a common scale.
void paintSparkline(QPainter& painter, const QRectF& rect, const TrafficHistory& history, SteadyTime end,
                    const Colors& colors, double opacity = 1);

}  // namespace adit::ui
