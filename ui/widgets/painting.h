// SPDX-License-Identifier: Apache-2.0
#pragma once
// Shared painting functions of widgets and delegates: the card, the state dot, the curve of a rate. GUI
// thread.

#include <QPainter>

#include "ui/models/traffic_history.h"
#include "ui/status.h"
#include "ui/theme/colors.h"

namespace adit::ui {

inline constexpr double kCardRadius = 12;

/// A rounded card with a thin border that is sharp at every scale.
void paintCard(QPainter& painter, const QRectF& rect, const QColor& fill, const QColor& border,
               double radius = kCardRadius, double borderWidth = 1);
/// The card of a notice in this tone.
void paintStrip(QPainter& painter, const QRectF& rect, const QColor& tone, const Colors& colors);
/// The focus ring, inside `rect`.
void paintFocusRing(QPainter& painter, const QRectF& rect, double radius, const Colors& colors);
/// A dot of `diameter`, with a soft halo unless the status is Offline.
void paintStateDot(QPainter& painter, QPointF center, double diameter, Status status, const Colors& colors);

enum class Rate { In, Out, Requests };
double rateOf(const TrafficRates& rates, Rate rate);

/// Where a curve is drawn, and the range of its axes.
struct CurveFrame {
  QRectF rect;
  SteadyTime end;  ///< The time at the right edge.
  double top = 1;  ///< The value at the upper edge.
};

/// The open curve of one rate, from left to right; it starts a little beyond the left edge.
QPainterPath ratePath(const TrafficHistory& history, Rate rate, const CurveFrame& frame);
/// The area under an open curve.
QPainterPath areaUnder(const QPainterPath& curve, const QRectF& rect);
/// In and out as small filled curves with a common scale.
void paintSparkline(QPainter& painter, const QRectF& rect, const TrafficHistory& history, SteadyTime end,
                    const Colors& colors, double opacity = 1);

}  // namespace adit::ui
