// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one word for how things are: of a tunnel, of the link, of everything (the tray's icon). Values are
// ordered by precedence, so that the whole is the greatest of its parts. One table gives each its words and
// icon. Pure functions.

#include <QColor>
#include <QString>

#include "core/engine/types.h"

namespace adit::ui {

struct Colors;

enum class Status { Offline, Online, Connecting, Error };

Status statusOf(engine::TunnelState state);
Status statusOf(engine::LinkState state);
/// The state's, but waiting where it is online and nothing answers behind it.
Status statusOf(const engine::TunnelSnapshot& tunnel);
/// The whole: the link and every tunnel.
Status statusOf(const engine::Snapshot& snapshot);

/// "Online", "Connecting…": for a tunnel, finer than its status.
QString stateText(engine::TunnelState state);
/// The same, but "Nothing answers" where that is so.
QString stateText(const engine::TunnelSnapshot& tunnel);
/// For the tray: "Adit: online".
QString statusText(Status status);
/// Name for pictureIcon.
QString statusIcon(Status status);
const QColor& statusColor(Status status, const Colors& colors);

}  // namespace adit::ui
