// SPDX-License-Identifier: Apache-2.0
#pragma once
// Checks what a person types for a tunnel while they type, in their words. The engine checks again and has
// the last word. Pure functions.

#include <QString>

namespace adit::ui {

/// Empty where `target` is what client::Target::parse takes (a port, host:port, https://host, ...); otherwise
/// what is wrong with it.
QString targetProblem(const QString& target);
/// Empty where `name` is empty or a DNS label.
QString nameProblem(const QString& name);

}  // namespace adit::ui
