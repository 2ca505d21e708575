// SPDX-License-Identifier: Apache-2.0
#pragma once
// Failures in a person's words: what happened, and what to do about it. These sentences are translated. The
// engine's own detail is English: it goes to the log and to tooltips, and stands as a second line where a
// sentence alone would not say what to look at. Pure functions.

#include <QString>

#include "core/base/error.h"
#include "core/engine/types.h"
#include "ui/models/traffic_history.h"

namespace adit::ui {

/// What an error of this code means, in a sentence that helps, whatever it happened to.
QString errorSentence(const Error& error);
/// `sentence`, and below it what the engine says, in its own words: a name, a path, a line.
QString withDetail(const QString& sentence, const Error& error);
/// Why there is no link to `server`, and what helps.
QString linkProblem(const Error& error, const QString& server);
/// Why the server (or the engine) refused this tunnel.
QString tunnelProblem(const Error& error, const engine::TunnelSpec& spec);
/// What is wrong with a tunnel that has an error: with the name it has, and with who holds that name.
QString tunnelProblem(const engine::TunnelSnapshot& tunnel);
/// "1.40 MB/s in, 23.4 MB/s out, 12 requests a second", for who hears a graph instead of seeing it.
QString trafficText(const TrafficRates& rates);
/// "this computer" for the embedded server, its address otherwise.
QString serverName(const engine::LinkSnapshot& link);

}  // namespace adit::ui
