// SPDX-License-Identifier: Apache-2.0
#pragma once
// How Adit connects to a tunnel's origin, in words: the protocol of its target, and the options that differ
// from their defaults. Pure functions.

#include <QStringList>

#include "core/engine/types.h"

namespace adit::ui {

/// Whether the target, as the user types it, uses TLS: https:// and h2s://.
bool targetHasTls(QStringView target);
/// The host of the target: "localhost" for "3000", "db" for "h2s://db:1".
QString targetHost(QStringView target);
/// "HTTP/1.1", "HTTP/2 with TLS", ...
QString protocolText(QStringView target);
/// A short phrase for each option that differs from its default: "certificate not verified", ...
QStringList optionTexts(const engine::OriginOptions& options);

}  // namespace adit::ui
