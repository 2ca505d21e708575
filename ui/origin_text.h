// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a tunnel's origin is spoken to, in a person's words: the protocol that its target names, and the
// options that are not the usual ones. Pure functions.

#include <QStringList>

#include "core/engine/types.h"

namespace adit::ui {

/// Whether the target (as a person types it) is spoken to with TLS: https:// and h2s://.
bool targetHasTls(QStringView target);
/// What a Host field or a certificate is for, without the port: "localhost" for "3000", "db" for
/// "h2s://db:1".
QString targetHost(QStringView target);
/// "HTTP/1.1", "HTTP/2 with TLS", ...
QString protocolText(QStringView target);
/// One short phrase for each option that differs from the usual: "certificate not verified", ...
QStringList optionTexts(const engine::OriginOptions& options);

}  // namespace adit::ui
