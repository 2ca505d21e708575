// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where a join link comes from: a file (private, as any secret), standard input, a stored profile that was
// named, the environment, or the default profile, in that order. Never an argument. main thread.

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
/// Somebody who pastes a link, quoted or with an option's name before it, where a word is expected; the link
/// is a secret and must not be repeated.
bool holdsJoinLink(std::string_view word);
Error joinLinkAsArgument();
/// From ADIT_JOIN; empty where it is not set.
Result<std::optional<session::JoinLink>> joinLinkFromEnvironment();
/// From the file if named, else the profile if named, else ADIT_JOIN, else the default profile; empty where
/// there is none of them.
Result<std::optional<session::JoinLink>> findJoinLink(const std::optional<std::string>& file,
                                                      const std::optional<std::string>& profile,
                                                      const std::filesystem::path& stateDirectory);
/// Where profiles are stored.
std::filesystem::path profileDirectory(const std::filesystem::path& stateDirectory);

}  // namespace adit::app
