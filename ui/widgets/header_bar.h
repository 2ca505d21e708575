// SPDX-License-Identifier: Apache-2.0
#pragma once
// The top of the window: the logo and the link's state, all traffic in figures and as a small live graph, the
// button for a new tunnel, and the menu. The graph is hidden if the window is narrow. GUI thread.

#include <QWidget>

#include "core/engine/types.h"
#include "ui/models/traffic_history.h"
#include "ui/status.h"

class QLabel;
class QMenu;
class QPushButton;
class QToolButton;

namespace adit::ui {

class ElidedLabel;
class TrafficGraph;

class HeaderBar : public QWidget {
  Q_OBJECT
 public:
  explicit HeaderBar(QWidget* parent = nullptr);
  void setMenu(QMenu* menu);
  void showLink(const engine::Snapshot& snapshot);
  void showTraffic(const TrafficRates& rates);
  [[nodiscard]] TrafficGraph& graph() { return *m_graph; }

 Q_SIGNALS:
  void addRequested();
  void overviewRequested();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  class Figures;
  void retranslate();

  Status m_status = Status::Offline;
  engine::LinkSnapshot m_link;
  QLabel* m_title;
  ElidedLabel* m_server;
  Figures* m_figures;
  TrafficGraph* m_graph;
  QPushButton* m_add;
  QToolButton* m_menu;
};

}  // namespace adit::ui
