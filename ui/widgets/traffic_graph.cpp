// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/traffic_graph.h"

#include <algorithm>
#include <array>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QWindow>

#include "ui/format.h"
#include "ui/theme/colors.h"
#include "ui/widgets/painting.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

using namespace std::chrono_literals;
// Between frames: while the scale moves, and the longest while only the curve moves.
constexpr auto kFrame = 33ms;
constexpr auto kLongestFrame = 200ms;
// How far the curve moves from frame to frame: steps of one pixel look smooth, and lines stay sharp.
constexpr double kPixelsAFrame = 1;
// The right edge is a moment ago, so that the next sample arrives before it is needed and the curve slides
// evenly.
constexpr auto kLag = 200ms;
constexpr double kSmallestBytes = 1000;
constexpr double kSmallestRequests = 4;

}  // namespace

/// The geometry of one frame.
struct TrafficGraph::Plot {
  QRectF rect;
  SteadyTime end;
  QFont font;

  [[nodiscard]] double xOf(SteadyTime time) const {
    return rect.right() - std::chrono::duration<double>(end - time) / TrafficHistory::kSpan * rect.width();
  }
  [[nodiscard]] double yOf(double value, double top) const {
    return rect.bottom() - std::min(1.2, value / top) * rect.height();
  }
};

TrafficGraph::TrafficGraph(Kind kind, QWidget* parent)
    : QWidget(parent),
      m_kind(kind),
      m_clock([] { return std::chrono::steady_clock::now(); }),
      m_history(std::make_shared<TrafficHistory>()),
      m_bytes(kSmallestBytes),
      m_requests(kSmallestRequests) {
  setMouseTracking(kind == Kind::Full);
  if (kind == Kind::Compact) setCursor(Qt::PointingHandCursor);
  setFocusPolicy(Qt::TabFocus);
  m_timer.setInterval(kFrame);
  m_timer.setTimerType(Qt::PreciseTimer);
  connect(&m_timer, &QTimer::timeout, this, &TrafficGraph::tick);
}

void TrafficGraph::setHistory(std::shared_ptr<const TrafficHistory> history) {
  if (history == m_history) return;
  m_history = std::move(history);
  const TrafficRates peak = m_history->peak(rightEdge() - TrafficHistory::kSpan);
  m_bytes.fit(std::max(peak.bytesIn, peak.bytesOut));
  m_requests.fit(peak.requests);
  update();
}

QSize TrafficGraph::sizeHint() const { return m_kind == Kind::Full ? QSize(640, 260) : QSize(190, 40); }

QSize TrafficGraph::minimumSizeHint() const { return m_kind == Kind::Full ? QSize(260, 150) : QSize(90, 30); }

void TrafficGraph::showEvent(QShowEvent* event) {
  m_lastTick = m_clock();
  m_timer.start();
  QWidget::showEvent(event);
}

void TrafficGraph::hideEvent(QHideEvent* event) {
  m_timer.stop();
  QWidget::hideEvent(event);
}

SteadyTime TrafficGraph::rightEdge() const { return m_clock() - kLag; }

void TrafficGraph::tick() {
  const SteadyTime now = m_clock();
  const std::chrono::duration<double> elapsed = now - m_lastTick;
  m_lastTick = now;
  const QWindow* shown = window()->windowHandle();
  if (shown != nullptr && !shown->isExposed()) return;

  const TrafficRates peak = m_history->peak(rightEdge() - TrafficHistory::kSpan);
  const bool bytesMove = m_bytes.advance(std::max(peak.bytesIn, peak.bytesOut), elapsed);
  const bool requestsMove = m_requests.advance(peak.requests, elapsed);
  const bool moving = bytesMove || requestsMove || peak.bytesIn > 0 || peak.bytesOut > 0 || peak.requests > 0;
  // One more frame after the last movement, then none until something moves again.
  if (moving || m_moving) {
    const bool axes = bytesMove || requestsMove || m_axesMoved;
    update(axes || m_pointer ? rect() : curveArea());
    m_axesMoved = bytesMove || requestsMove;
  }
  m_moving = moving;
  setPace(m_axesMoved ? kFrame : curvePace());
}

/// The curve crosses the graph in one minute, so a small graph needs few frames to slide evenly.
std::chrono::milliseconds TrafficGraph::curvePace() const {
  const std::chrono::duration<double> pixel = TrafficHistory::kSpan / std::max(1.0, plot().rect.width());
  const auto pace = std::chrono::duration_cast<std::chrono::milliseconds>(kPixelsAFrame * pixel);
  return std::clamp<std::chrono::milliseconds>(pace, kFrame, kLongestFrame);
}

void TrafficGraph::setPace(std::chrono::milliseconds pace) {
  if (m_timer.intervalAsDuration() != pace) m_timer.setInterval(pace);
}

QRect TrafficGraph::curveArea() const { return plot().rect.toAlignedRect().adjusted(-1, -4, 1, 3); }

void TrafficGraph::mouseMoveEvent(QMouseEvent* event) {
  const QRectF area = plot().rect;
  const QPointF position = event->position();
  setPointer(area.contains(position) ? std::optional(position.x()) : std::nullopt);
}

void TrafficGraph::setPointer(std::optional<double> x) {
  m_pointer = x;
  update();
}

void TrafficGraph::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton && rect().contains(event->position().toPoint())) Q_EMIT clicked();
}

void TrafficGraph::leaveEvent(QEvent* event) {
  setPointer(std::nullopt);
  QWidget::leaveEvent(event);
}

void TrafficGraph::focusOutEvent(QFocusEvent* event) {
  setPointer(std::nullopt);
  QWidget::focusOutEvent(event);
}

void TrafficGraph::keyPressEvent(QKeyEvent* event) {
  const int key = event->key();
  if (m_kind == Kind::Compact) {
    if (key == Qt::Key_Return || key == Qt::Key_Enter || key == Qt::Key_Space) {
      Q_EMIT clicked();
    } else {
      QWidget::keyPressEvent(event);
    }
    return;
  }
  // The arrow keys move the reading by one second.
  const QRectF area = plot().rect;
  const double second = area.width() / static_cast<double>(TrafficHistory::kSpan.count());
  const double at = m_pointer.value_or(area.right() + second);
  if (key == Qt::Key_Left || key == Qt::Key_Right) {
    setPointer(std::clamp(at + (key == Qt::Key_Left ? -second : second), area.left(), area.right()));
  } else if (key == Qt::Key_Home || key == Qt::Key_End) {
    setPointer(key == Qt::Key_Home ? area.left() : area.right());
  } else if (key == Qt::Key_Escape && m_pointer) {
    setPointer(std::nullopt);
  } else {
    QWidget::keyPressEvent(event);
  }
}

TrafficGraph::Plot TrafficGraph::plot() const {
  Plot plot{.rect = rect(), .end = rightEdge(), .font = scaledFont(font(), 0.86)};
  if (m_kind == Kind::Compact) {
    plot.rect.adjust(4, 4, -4, -4);
    return plot;
  }
  const QFontMetricsF metrics(plot.font);
  const double left = metrics.horizontalAdvance(widestRate()) + 22;
  const double right = metrics.horizontalAdvance(u"8,888"_s) + 26;
  plot.rect.adjust(left, metrics.height() + 36, -right, -(metrics.height() + 20));
  return plot;
}

void TrafficGraph::paintEvent(QPaintEvent* event) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Plot frame = plot();
  if (m_kind == Kind::Compact) {
    if (hasFocus()) paintFocusRing(painter, rect(), 6, colorsOf(palette()));
    const TrafficRates peak = m_history->peak(frame.end - TrafficHistory::kSpan);
    if (peak.bytesIn + peak.bytesOut <= 0) return;  // A line at zero would look like a mistake.
    painter.setPen(QPen(colorsOf(palette()).border, 1));
    painter.drawLine(QPointF(frame.rect.left(), frame.rect.bottom() + 0.5),
                     QPointF(frame.rect.right(), frame.rect.bottom() + 0.5));
    paintCurves(painter, frame);
    return;
  }
  const Colors& colors = colorsOf(palette());
  const Axes axes = curveArea().contains(event->rect()) ? Axes::Lines : Axes::Whole;
  if (axes == Axes::Whole) {
    paintCard(painter, rect(), colors.card, colors.border);
    if (hasFocus()) paintFocusRing(painter, rect(), kCardRadius - 1, colors);
  } else {
    painter.fillRect(event->rect(), colors.card);
  }
  paintAxes(painter, frame, axes);
  paintCurves(painter, frame);
  if (axes == Axes::Whole) paintLegend(painter, frame);
  if (m_pointer) paintReading(painter, frame);
}

void TrafficGraph::paintCurves(QPainter& painter, const Plot& plot) const {
  const Colors& colors = colorsOf(palette());
  painter.save();
  painter.setClipRect(plot.rect.adjusted(0, -3, 0, 2));
  const double width = m_kind == Kind::Full ? 2.0 : 1.4;
  const TrafficRates peak = m_history->peak(plot.end - TrafficHistory::kSpan);
  struct Curve {
    Rate rate;
    QColor color;
    double top;
    bool filled;
  };
  const std::array<Curve, 3> curves{{{Rate::Out, colors.trafficOut, m_bytes.top(), true},
                                     {Rate::In, colors.trafficIn, m_bytes.top(), true},
                                     {Rate::Requests, colors.requests, m_requests.top(), false}}};
  for (const Curve& curve : curves) {
    if ((m_kind == Kind::Compact && !curve.filled) || rateOf(peak, curve.rate) <= 0) continue;
    const QPainterPath path =
        ratePath(*m_history, curve.rate, {.rect = plot.rect, .end = plot.end, .top = curve.top});
    if (path.isEmpty()) continue;
    if (curve.filled) {
      QLinearGradient fill(plot.rect.topLeft(), plot.rect.bottomLeft());
      fill.setColorAt(0, faded(curve.color, colors.dark ? 0.42 : 0.38));
      fill.setColorAt(1, faded(curve.color, 0.04));
      painter.fillPath(areaUnder(path, plot.rect), fill);
    }
    QPen pen(curve.color, curve.filled ? width : 1.5, Qt::SolidLine, Qt::FlatCap, Qt::BevelJoin);
    painter.strokePath(path, pen);
  }
  painter.restore();
}

void TrafficGraph::paintAxes(QPainter& painter, const Plot& plot, Axes axes) const {
  const Colors& colors = colorsOf(palette());
  const QFontMetricsF metrics(plot.font);
  painter.setFont(plot.font);
  const auto label = [&](double value, double top, const QString& text, bool left) {
    const double y = plot.yOf(value, top);
    if (y < plot.rect.top() - 2) return;
    const QRectF box = left ? QRectF(0, y - metrics.height() / 2, plot.rect.left() - 10, metrics.height())
                            : QRectF(plot.rect.right() + 10, y - metrics.height() / 2,
                                     width() - plot.rect.right() - 12, metrics.height());
    painter.drawText(box, (left ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter, text);
  };
  // If labels would overlap, only every second one or the last one is drawn.
  int every = 1;
  while (every < GraphScale::kSteps &&
         every * plot.rect.height() / GraphScale::kSteps < 1.2 * metrics.height())
    every *= 2;
  for (int i = 0; i <= GraphScale::kSteps; i += every) {
    const double y = plot.yOf(i * m_bytes.step(), m_bytes.top());
    if (y >= plot.rect.top() - 2) {
      painter.fillRect(QRectF(plot.rect.left(), std::floor(y), plot.rect.width(), 1),
                       i == 0 ? colors.borderStrong : colors.grid);
    }
    if (axes == Axes::Lines) continue;
    painter.setPen(colors.faint);
    label(i * m_bytes.step(), m_bytes.top(), i == 0 ? u"0"_s : formatRate(i * m_bytes.step(), Digits::Fewest),
          true);
    painter.setPen(mixed(colors.requests, colors.text, 0.15));
    if (i > 0)
      label(i * m_requests.step(), m_requests.top(), formatRequests(i * m_requests.step(), Digits::Fewest),
            false);
  }
  if (axes == Axes::Lines) return;
  painter.setPen(colors.faint);
  const double y = plot.rect.bottom() + 8;
  const std::array<std::pair<double, QString>, 4> times{
      {{0.0, tr("60 s ago")}, {1.0 / 3, tr("40 s")}, {2.0 / 3, tr("20 s")}, {1.0, tr("now")}}};
  const bool ends = plot.rect.width() < 4.5 * metrics.horizontalAdvance(times[0].second);
  for (const auto& [position, text] : times) {
    if (ends && position > 0.0 && position < 1.0) continue;
    const double x = plot.rect.left() + position * plot.rect.width();
    const double wide = metrics.horizontalAdvance(text);
    const double left = position == 0.0 ? x : position == 1.0 ? x - wide : x - wide / 2;
    painter.drawText(QPointF(left, y + metrics.ascent()), text);
  }
}

void TrafficGraph::paintLegend(QPainter& painter, const Plot& plot) const {
  const Colors& colors = colorsOf(palette());
  const QFontMetricsF metrics(plot.font);
  const double baseline = 16 + metrics.ascent();
  painter.setFont(scaledFont(font(), 1.0, QFont::Bold));
  painter.setPen(colors.text);
  painter.drawText(QPointF(18, baseline), tr("Traffic"));
  painter.setFont(plot.font);
  double x = width() - 18;
  const std::array<std::pair<QString, QColor>, 3> items{
      {{tr("Requests/s"), colors.requests}, {tr("Out"), colors.trafficOut}, {tr("In"), colors.trafficIn}}};
  for (const auto& [text, color] : items) {
    x -= metrics.horizontalAdvance(text);
    painter.setPen(colors.secondary);
    painter.drawText(QPointF(x, baseline), text);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    const double middle = baseline - metrics.capHeight() / 2;
    x -= 20;
    if (color == colors.requests) {
      painter.drawRoundedRect(QRectF(x, middle - 1, 14, 2), 1, 1);
    } else {
      painter.drawRoundedRect(QRectF(x + 4, middle - 5, 10, 10), 3, 3);
    }
    x -= 16;
  }
}

void TrafficGraph::paintReading(QPainter& painter, const Plot& plot) const {
  const double share = (plot.rect.right() - *m_pointer) / plot.rect.width();
  const auto age = std::chrono::duration_cast<SteadyTime::duration>(share * TrafficHistory::kSpan);
  const std::optional<TrafficPoint> point = m_history->nearest(plot.end - age);
  if (!point || plot.xOf(point->time) < plot.rect.left() - 2) return;
  const Colors& colors = colorsOf(palette());
  const double x = std::clamp(plot.xOf(point->time), plot.rect.left(), plot.rect.right());
  painter.setPen(QPen(colors.borderStrong, 1, Qt::DashLine));
  painter.drawLine(QPointF(x, plot.rect.top()), QPointF(x, plot.rect.bottom()));
  painter.setPen(QPen(colors.card, 2));
  painter.setBrush(colors.trafficOut);
  painter.drawEllipse(QPointF(x, plot.yOf(point->rates.bytesOut, m_bytes.top())), 4, 4);
  painter.setBrush(colors.trafficIn);
  painter.drawEllipse(QPointF(x, plot.yOf(point->rates.bytesIn, m_bytes.top())), 4, 4);

  const QFontMetricsF metrics(plot.font);
  const std::array<std::pair<QString, QColor>, 3> lines{
      {{tr("In %1").arg(formatRate(point->rates.bytesIn)), colors.trafficIn},
       {tr("Out %1").arg(formatRate(point->rates.bytesOut)), colors.trafficOut},
       {tr("%1 requests/s").arg(formatRequests(point->rates.requests)), colors.requests}}};
  double wide = 0;
  for (const auto& line : lines) wide = std::max(wide, metrics.horizontalAdvance(line.first));
  QRectF box(x + 12, plot.rect.top() + 4, wide + 36, lines.size() * (metrics.height() + 2) + 14);
  if (box.right() > plot.rect.right()) box.moveRight(x - 12);
  paintCard(painter, box, faded(colors.card, 0.94), colors.borderStrong, 8);
  double y = box.top() + 8 + metrics.ascent();
  for (const auto& [text, color] : lines) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawEllipse(QPointF(box.left() + 14, y - metrics.capHeight() / 2), 3.5, 3.5);
    painter.setPen(colors.text);
    painter.drawText(QPointF(box.left() + 26, y), text);
    y += metrics.height() + 2;
  }
}

}  // namespace adit::ui
