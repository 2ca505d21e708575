// SPDX-License-Identifier: Apache-2.0
#pragma once
// The live graph: one minute of bytes in and out as filled curves and of requests per second as a line. It
// slides at about thirty frames a second while it is visible and something moves. The full graph has axes, a
// legend and a reading at the pointer or where the arrow keys move it; the compact one is a button in the
// header. GUI thread.

#include <functional>
#include <memory>
#include <optional>
#include <QTimer>
#include <QWidget>

#include "ui/models/traffic_history.h"
#include "ui/widgets/graph_scale.h"

namespace adit::ui {

class TrafficGraph : public QWidget {
  Q_OBJECT
 public:
  enum class Kind { Full, Compact };
  using Clock = std::function<SteadyTime()>;

  explicit TrafficGraph(Kind kind, QWidget* parent = nullptr);
  [[nodiscard]] Kind kind() const { return m_kind; }

  /// Shows another history; the scale jumps to it.
  void setHistory(std::shared_ptr<const TrafficHistory> history);
  /// For tests: replaces the clock.
  void setClock(Clock clock) { m_clock = std::move(clock); }
  /// Whether frames are being drawn now.
  [[nodiscard]] bool animating() const { return m_timer.isActive(); }

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void clicked();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;

 private:
  struct Plot;

  void tick();
  [[nodiscard]] SteadyTime rightEdge() const;
  [[nodiscard]] Plot plot() const;
  /// Draws what changes while the curve slides.
  [[nodiscard]] QRect curveArea() const;
  [[nodiscard]] std::chrono::milliseconds curvePace() const;
  void setPointer(std::optional<double> x);
  void setPace(std::chrono::milliseconds pace);
  void paintCurves(QPainter& painter, const Plot& plot) const;
  /// Draws the labels, which change only with the scale.
  enum class Axes { Whole, Lines };
  void paintAxes(QPainter& painter, const Plot& plot, Axes axes) const;
  void paintLegend(QPainter& painter, const Plot& plot) const;
  void paintReading(QPainter& painter, const Plot& plot) const;

  Kind m_kind;
  Clock m_clock;
  std::shared_ptr<const TrafficHistory> m_history;
  GraphScale m_bytes;
  GraphScale m_requests;
  QTimer m_timer;
  SteadyTime m_lastTick;
  bool m_moving = true;
  bool m_axesMoved = true;          ///< In the last frame. One more frame is drawn after the last movement.
  std::optional<double> m_pointer;  ///< The pointer's x while it is over the plot.
};

}  // namespace adit::ui
