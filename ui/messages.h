// SPDX-License-Identifier: Apache-2.0
#pragma once
// Failures in a person's words: what happened, and what to do about it. The engine's own detail is English
// and goes to the log and to tooltips; these sentences are translated. Pure functions.

#include <QString>

#include "core/base/error.h"
#include "core/engine/types.h"
#include "ui/models/traffic_history.h"

namespace adit::ui {

/// Why there is no link to `server`, and what helps.
QString linkProblem(const Error& error, const QString& server);
/// Why the server (or the engine) refused this tunnel.
QString tunnelProblem(const Error& error, const engine::TunnelSpec& spec);
/// "1.40 MB/s in, 23.4 MB/s out, 12 requests a second", for who hears a graph instead of seeing it.
QString trafficText(const TrafficRates& rates);
/// "this computer" for the embedded server, its address otherwise.
QString serverName(const engine::LinkSnapshot& link);

}  // namespace adit::ui
