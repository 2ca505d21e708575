// SPDX-License-Identifier: Apache-2.0
#pragma once
// The status of a tunnel, of the link, and of everything together (the tray icon). Values are ordered by
// precedence, so that the status of the whole is the greatest of its parts. A table has the words and the
// icon of each. Pure functions.

#include <QColor>
#include <QString>

#include "core/engine/types.h"

namespace adit::ui {

struct Colors;

enum class Status { Offline, Online, Connecting, Error };

Status statusOf(engine::TunnelState state);
Status statusOf(engine::LinkState state);
/// The status of the tunnel's state, but Connecting if it is online and its service does not answer.
Status statusOf(const engine::TunnelSnapshot& tunnel);
/// The greatest status of the link and all tunnels.
Status statusOf(const engine::Snapshot& snapshot);

/// "Online", "Connecting…": a tunnel's state in more detail than its status.
QString stateText(engine::TunnelState state);
/// The same, but "Nothing answers" if the service does not.
QString stateText(const engine::TunnelSnapshot& tunnel);
/// For the tray: "Adit: online".
QString statusText(Status status);
/// Name for pictureIcon.
QString statusIcon(Status status);
const QColor& statusColor(Status status, const Colors& colors);

}  // namespace adit::ui
