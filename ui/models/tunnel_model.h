// SPDX-License-Identifier: Apache-2.0
#pragma once
// The tunnels as a Qt model: one row per tunnel, in the order they were added, and one column per property.
// The display role has texts for people, the raw role has values for sorting, and the list's delegate gets
// the whole snapshot. Rows are inserted and removed one by one, so that the selection stays. GUI thread.

#include <QAbstractTableModel>
#include <vector>

#include "core/engine/types.h"
#include "ui/models/traffic_history.h"

namespace adit::ui {

class TunnelModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column {
    NameColumn,
    StateColumn,
    AddressColumn,
    TargetColumn,
    InColumn,
    OutColumn,
    RequestsColumn,
    ColumnCount
  };
  enum Role { RawRole = Qt::UserRole + 1, IdRole };

  explicit TunnelModel(const TrafficBook& traffic, QObject* parent = nullptr)
      : QAbstractTableModel(parent), m_traffic(traffic) {}

  /// Updates the rows to match `tunnels`.
  void update(const std::vector<engine::TunnelSnapshot>& tunnels);
  /// Tells views that the rates have changed; they are read from the book.
  void refreshTraffic();

  [[nodiscard]] const engine::TunnelSnapshot& tunnelAt(int row) const {
    return m_tunnels[static_cast<std::size_t>(row)];
  }
  [[nodiscard]] std::shared_ptr<const TrafficHistory> historyAt(int row) const {
    return m_traffic.of(tunnelAt(row).id);
  }
  /// -1 if there is none.
  [[nodiscard]] int rowOf(engine::TunnelId id) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

 private:
  [[nodiscard]] QVariant display(const engine::TunnelSnapshot& tunnel, int column) const;
  [[nodiscard]] QVariant raw(const engine::TunnelSnapshot& tunnel, int column) const;
  [[nodiscard]] QString spoken(const engine::TunnelSnapshot& tunnel) const;
  [[nodiscard]] QString told(const engine::TunnelSnapshot& tunnel) const;

  const TrafficBook& m_traffic;
  std::vector<engine::TunnelSnapshot> m_tunnels;
};

}  // namespace adit::ui
