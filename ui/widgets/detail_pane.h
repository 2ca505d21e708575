// SPDX-License-Identifier: Apache-2.0
#pragma once
// The details of the selected tunnel: name, state, addresses, how Adit connects to its service, four figures
// and the live graph. Without a selection it shows all tunnels together. It reads snapshots and does not know
// the engine: the user's commands are signals. GUI thread.

#include <memory>
#include <optional>
#include <QWidget>

#include "core/engine/types.h"
#include "ui/models/traffic_history.h"

class QBoxLayout;
class QLabel;
class QPushButton;
class QToolButton;

namespace adit::ui {

class CopyButton;
class ElidedLabel;
class StatePill;
class StatTile;
class TrafficGraph;

class DetailPane : public QWidget {
  Q_OBJECT
 public:
  explicit DetailPane(QWidget* parent = nullptr);

  void showTunnel(const engine::TunnelSnapshot& tunnel, const std::shared_ptr<const TrafficHistory>& history);
  void showTotal(const engine::Snapshot& snapshot, const std::shared_ptr<const TrafficHistory>& history);
  /// Updates the figures from the history.
  void refreshTraffic();
  [[nodiscard]] CopyButton& copyButton() { return *m_copy; }
  [[nodiscard]] CopyButton& copyPlainButton() { return *m_copyPlain; }
  [[nodiscard]] TrafficGraph& graph() { return *m_graph; }

 Q_SIGNALS:
  void startRequested();
  void stopRequested();
  void editRequested();
  /// Take the name over from another of the user's tunnels.
  void takeOverRequested();
  void removeRequested();
  void copyRequested();
  void openRequested();
  void copyPlainRequested();
  void openPlainRequested();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void changeEvent(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void refresh();
  void refreshAddress();
  void refreshTarget();
  void build();
  void nameParts();
  void keepRoom();

  std::optional<engine::TunnelSnapshot> m_tunnel;
  bool m_roomy = true;
  int m_online = 0;
  int m_all = 0;
  std::shared_ptr<const TrafficHistory> m_history;

  ElidedLabel* m_name;
  StatePill* m_state;
  ElidedLabel* m_address;
  QWidget* m_plainRow;
  ElidedLabel* m_plain;
  CopyButton* m_copyPlain;
  QLabel* m_certificate;
  ElidedLabel* m_target;
  QLabel* m_options;
  QWidget* m_problemRow;
  QBoxLayout* m_problemLine;  ///< In m_problemRow: the text, and the buttons beside or below it.
  QLabel* m_problem;
  QPushButton* m_takeOver;
  QPushButton* m_mend;
  QWidget* m_addressBox;
  CopyButton* m_copy;
  QPushButton* m_open;
  QPushButton* m_toggle;
  QToolButton* m_edit;
  QToolButton* m_remove;
  StatTile* m_in;
  StatTile* m_out;
  StatTile* m_requests;
  StatTile* m_active;
  TrafficGraph* m_graph;
};

}  // namespace adit::ui
