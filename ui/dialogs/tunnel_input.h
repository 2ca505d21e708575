// SPDX-License-Identifier: Apache-2.0
#pragma once
// Checks what a person types for a tunnel while they type, in their words. The engine checks again and has
// the last word. Pure functions.

#include <chrono>
#include <QString>

namespace adit::ui {

/// Empty where `target` is what client::Target::parse takes (a port, host:port, https://host, ...); otherwise
/// what is wrong with it.
QString targetProblem(const QString& target);
/// Empty where `text` is a host or host:port, for a Host field.
QString hostProblem(const QString& text);
/// Empty where `text` is empty or a host, without a port, that a certificate can be for.
QString serverNameProblem(const QString& text);
/// Empty where `text` is a whole number from 1 to `most`.
QString secondsProblem(const QString& text, std::chrono::seconds most);
/// Empty where `path` is a file that can be read. Looks at the disk.
QString fileProblem(const QString& path);
/// Empty where `name` is empty or a DNS label.
QString nameProblem(const QString& name);

}  // namespace adit::ui
