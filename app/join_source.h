// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where a join link comes from: a file (private, as any secret), standard input, the environment, or a stored
// profile, in that order. Never an argument. main thread.

#include <filesystem>
#include <optional>
#include <string>

#include "core/base/error.h"
#include "core/session/join_link.h"

namespace adit::app {

/// From `file` ("-": standard input).
Result<session::JoinLink> readJoinLink(const std::string& file);
/// From the file if named, else ADIT_JOIN, else the profile; empty where there is none of them.
Result<std::optional<session::JoinLink>> findJoinLink(const std::optional<std::string>& file,
                                                      const std::string& profile,
                                                      const std::filesystem::path& stateDirectory);
/// Where profiles are stored.
std::filesystem::path profileDirectory(const std::filesystem::path& stateDirectory);

}  // namespace adit::app
