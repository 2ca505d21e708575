// SPDX-License-Identifier: Apache-2.0
#include "ui/status.h"

#include <algorithm>
#include <array>
#include <QCoreApplication>

#include "ui/theme/colors.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

struct Row {
  Status status;
  QLatin1StringView icon;
  const char* text;
  QColor Colors::*color;
};

constexpr std::array<Row, 4> kTable{{
    {Status::Offline, "tray-offline"_L1, QT_TRANSLATE_NOOP("adit::ui::Status", "Adit: offline"),
     &Colors::stopped},
    {Status::Online, "tray-online"_L1, QT_TRANSLATE_NOOP("adit::ui::Status", "Adit: online"),
     &Colors::online},
    {Status::Connecting, "tray-connecting"_L1, QT_TRANSLATE_NOOP("adit::ui::Status", "Adit: connecting…"),
     &Colors::waiting},
    {Status::Error, "tray-error"_L1, QT_TRANSLATE_NOOP("adit::ui::Status", "Adit: needs attention"),
     &Colors::error},
}};

const Row& rowOf(Status status) { return kTable[static_cast<std::size_t>(status)]; }

}  // namespace

Status statusOf(engine::TunnelState state) {
  switch (state) {
    case engine::TunnelState::Stopped:
      return Status::Offline;
    case engine::TunnelState::Connecting:
    case engine::TunnelState::Reconnecting:
      return Status::Connecting;
    case engine::TunnelState::Online:
      return Status::Online;
    case engine::TunnelState::Failed:
      return Status::Error;
  }
  return Status::Offline;
}

Status statusOf(engine::LinkState state) {
  switch (state) {
    case engine::LinkState::Offline:
    case engine::LinkState::Stopped:
      return Status::Offline;
    case engine::LinkState::Connecting:
    case engine::LinkState::Waiting:
      return Status::Connecting;
    case engine::LinkState::Online:
      return Status::Online;
    case engine::LinkState::Failed:
      return Status::Error;
  }
  return Status::Offline;
}

Status statusOf(const engine::TunnelSnapshot& tunnel) {
  const bool silent = tunnel.state == engine::TunnelState::Online && tunnel.hasError;
  return silent ? Status::Connecting : statusOf(tunnel.state);
}

Status statusOf(const engine::Snapshot& snapshot) {
  Status whole = statusOf(snapshot.link.state);
  for (const auto& tunnel : snapshot.tunnels) whole = std::max(whole, statusOf(tunnel.state));
  return whole;
}

QString stateText(engine::TunnelState state) {
  switch (state) {
    case engine::TunnelState::Stopped:
      return QCoreApplication::translate("adit::ui::Status", "Stopped");
    case engine::TunnelState::Connecting:
      return QCoreApplication::translate("adit::ui::Status", "Connecting…");
    case engine::TunnelState::Online:
      return QCoreApplication::translate("adit::ui::Status", "Online");
    case engine::TunnelState::Reconnecting:
      return QCoreApplication::translate("adit::ui::Status", "Reconnecting…");
    case engine::TunnelState::Failed:
      return QCoreApplication::translate("adit::ui::Status", "Refused");
  }
  return {};
}

QString stateText(const engine::TunnelSnapshot& tunnel) {
  if (tunnel.state == engine::TunnelState::Online && tunnel.hasError)
    return QCoreApplication::translate("adit::ui::Status", "Nothing answers");
  return stateText(tunnel.state);
}

QString statusText(Status status) {
  return QCoreApplication::translate("adit::ui::Status", rowOf(status).text);
}

QString statusIcon(Status status) { return rowOf(status).icon; }

const QColor& statusColor(Status status, const Colors& colors) { return colors.*rowOf(status).color; }

}  // namespace adit::ui
