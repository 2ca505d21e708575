// SPDX-License-Identifier: Apache-2.0
#pragma once
// The live graph: a minute of bytes in and out as filled curves and of requests a second as a line, sliding
// at about thirty frames a second while it can be seen and something moves. Full size has axes, legend and a
// reading under the pointer, or where the arrow keys take it; compact is a button in the header. GUI thread.

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
  /// For tests: where "now" comes from.
  void setClock(Clock clock) { m_clock = std::move(clock); }
  /// True while frames are being drawn.
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
  /// What changes while the curve slides.
  [[nodiscard]] QRect curveArea() const;
  [[nodiscard]] std::chrono::milliseconds curvePace() const;
  void setPointer(std::optional<double> x);
  void setPace(std::chrono::milliseconds pace);
  void paintCurves(QPainter& painter, const Plot& plot) const;
  /// The labels change with the scale only.
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
  bool m_axesMoved = true;          ///< In the last frame; there is one more after the last movement.
  std::optional<double> m_pointer;  ///< Its x while over the plot.
};

}  // namespace adit::ui
