// SPDX-License-Identifier: Apache-2.0
#pragma once
// Errors as sentences for people: what happened, and what to do about it. The sentences are translated. The
// engine's own detail is English; it goes to the log and to tooltips, and is a second line where the sentence
// alone would not be enough. Pure functions.

#include <QString>

#include "core/base/error.h"
#include "core/engine/types.h"
#include "ui/models/traffic_history.h"

namespace adit::ui {

/// What an error with this code means, without saying what it happened to.
QString errorSentence(const Error& error);
/// `sentence`, and below it the engine's detail: a name, a path, a line.
QString withDetail(const QString& sentence, const Error& error);
/// Why there is no connection to `server`, and what to do.
QString linkProblem(const Error& error, const QString& server);
/// Why the server (or the engine) refused this tunnel.
QString tunnelProblem(const Error& error, const engine::TunnelSpec& spec);
/// What is wrong with a tunnel that has an error. Uses the tunnel's current name, and says if another of the
/// user's tunnels holds it.
QString tunnelProblem(const engine::TunnelSnapshot& tunnel);
/// "1.40 MB/s in, 23.4 MB/s out, 12 requests a second": a graph in words, for screen readers.
QString trafficText(const TrafficRates& rates);
/// "this computer" for the embedded server, its address otherwise.
QString serverName(const engine::LinkSnapshot& link);

}  // namespace adit::ui
