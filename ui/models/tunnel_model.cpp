// SPDX-License-Identifier: Apache-2.0
#include "ui/models/tunnel_model.h"

#include <algorithm>

#include "ui/format.h"
#include "ui/messages.h"
#include "ui/status.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {

void TunnelModel::update(const std::vector<engine::TunnelSnapshot>& tunnels) {
  for (int row = static_cast<int>(m_tunnels.size()) - 1; row >= 0; --row) {
    if (std::ranges::find(tunnels, tunnelAt(row).id, &engine::TunnelSnapshot::id) != tunnels.end()) continue;
    beginRemoveRows({}, row, row);
    m_tunnels.erase(m_tunnels.begin() + row);
    endRemoveRows();
  }
  for (std::size_t i = 0; i < tunnels.size(); ++i) {
    const int row = static_cast<int>(i);
    if (i < m_tunnels.size() && m_tunnels[i].id == tunnels[i].id) {
      m_tunnels[i] = tunnels[i];
      continue;
    }
    const int present = rowOf(tunnels[i].id);
    if (present >= 0) {
      beginMoveRows({}, present, present, {}, row);
      std::rotate(m_tunnels.begin() + row, m_tunnels.begin() + present, m_tunnels.begin() + present + 1);
      m_tunnels[i] = tunnels[i];
      endMoveRows();
    } else {
      beginInsertRows({}, row, row);
      m_tunnels.insert(m_tunnels.begin() + row, tunnels[i]);
      endInsertRows();
    }
  }
  if (!m_tunnels.empty()) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

void TunnelModel::refreshTraffic() {
  if (!m_tunnels.empty()) Q_EMIT dataChanged(index(0, InColumn), index(rowCount() - 1, RequestsColumn));
}

int TunnelModel::rowOf(engine::TunnelId id) const {
  const auto it = std::ranges::find(m_tunnels, id, &engine::TunnelSnapshot::id);
  return it == m_tunnels.end() ? -1 : static_cast<int>(it - m_tunnels.begin());
}

int TunnelModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_tunnels.size());
}

int TunnelModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant TunnelModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const engine::TunnelSnapshot& tunnel = tunnelAt(index.row());
  switch (role) {
    case Qt::DisplayRole:
      return display(tunnel, index.column());
    case RawRole:
      return raw(tunnel, index.column());
    case IdRole:
      return QVariant::fromValue<qulonglong>(tunnel.id);
    case Qt::AccessibleTextRole:
      return spoken(tunnel);
    case Qt::ToolTipRole:
      return told(tunnel);
    default:
      return {};
  }
}

QVariant TunnelModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
  switch (section) {
    case NameColumn:
      return tr("Name");
    case StateColumn:
      return tr("State");
    case AddressColumn:
      return tr("Public address");
    case TargetColumn:
      return tr("Target");
    case InColumn:
      return tr("In");
    case OutColumn:
      return tr("Out");
    case RequestsColumn:
      return tr("Requests/s");
    default:
      return {};
  }
}

QVariant TunnelModel::display(const engine::TunnelSnapshot& tunnel, int column) const {
  switch (column) {
    case NameColumn:
      return fromUtf8(tunnel.name);
    case StateColumn:
      return stateText(tunnel);
    case AddressColumn:
      return fromUtf8(tunnel.url);
    case TargetColumn:
      return displayTarget(tunnel.spec.target);
    case InColumn:
      return formatRate(m_traffic.of(tunnel.id)->current().bytesIn);
    case OutColumn:
      return formatRate(m_traffic.of(tunnel.id)->current().bytesOut);
    case RequestsColumn:
      return formatRequests(m_traffic.of(tunnel.id)->current().requests);
    default:
      return {};
  }
}

QVariant TunnelModel::raw(const engine::TunnelSnapshot& tunnel, int column) const {
  switch (column) {
    case StateColumn:
      return static_cast<int>(statusOf(tunnel));
    case InColumn:
      return m_traffic.of(tunnel.id)->current().bytesIn;
    case OutColumn:
      return m_traffic.of(tunnel.id)->current().bytesOut;
    case RequestsColumn:
      return m_traffic.of(tunnel.id)->current().requests;
    default:
      return display(tunnel, column);
  }
}

/// The tooltip: texts that may be too long for the card.
QString TunnelModel::told(const engine::TunnelSnapshot& tunnel) const {
  QStringList lines{fromUtf8(tunnel.name)};
  if (!tunnel.url.empty()) lines += fromUtf8(tunnel.url);
  lines += u"→ "_s + displayTarget(tunnel.spec.target);
  if (tunnel.hasError) lines += tunnelProblem(tunnel);
  return toolTipText(lines.join(u'\n'));
}

QString TunnelModel::spoken(const engine::TunnelSnapshot& tunnel) const {
  return u"%1, %2, %3"_s.arg(fromUtf8(tunnel.name), stateText(tunnel), fromUtf8(tunnel.url));
}

}  // namespace adit::ui
