// SPDX-License-Identifier: Apache-2.0
#pragma once
// Checks the fields of a tunnel while the user types. The engine checks them again. Pure functions, apart
// from filesProblem.

#include <chrono>
#include <QString>

namespace adit::ui {

/// Empty if client::Target::parse accepts `target` (a port, host:port, https://host, ...); otherwise what is
/// wrong with it.
QString targetProblem(const QString& target);
/// Empty if `text` is a host or host:port, for a Host field.
QString hostProblem(const QString& text);
/// Empty if `text` is empty, or a host without a port that a certificate can be for.
QString serverNameProblem(const QString& text);
/// Empty if `text` is a whole number from 1 to `most`.
QString secondsProblem(const QString& text, std::chrono::seconds most);
/// Empty if `path` is a file that can be read. Checks the file.
QString fileProblem(const QString& path);
/// Empty if `name` is empty or a DNS label.
QString nameProblem(const QString& name);

}  // namespace adit::ui
