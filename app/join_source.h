// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finds the join link: in a file (which must be private, like any secret) or standard input, in a stored
// profile that was named, in the environment, or in the default profile, in this order. Never in an argument.
// main thread.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/session/join_link.h"

namespace adit::app {

inline constexpr const char* kDefaultProfile = "default";

/// From `file` ("-": standard input, its first line).
Result<session::JoinLink> readJoinLink(const std::string& file);
/// Whether somebody pasted a link, perhaps quoted or with an option's name before it, where another word is
/// expected. The link is a secret, so no message may repeat it.
bool holdsJoinLink(std::string_view word);
Error joinLinkAsArgument();
/// From ADIT_JOIN; empty if it is not set.
Result<std::optional<session::JoinLink>> joinLinkFromEnvironment();
/// From the file if one is named, else the profile if one is named, else ADIT_JOIN, else the default profile;
/// empty if there is none of these.
Result<std::optional<session::JoinLink>> findJoinLink(const std::optional<std::string>& file,
                                                      const std::optional<std::string>& profile,
                                                      const std::filesystem::path& stateDirectory);
/// Where profiles are stored.
std::filesystem::path profileDirectory(const std::filesystem::path& stateDirectory);

}  // namespace adit::app
