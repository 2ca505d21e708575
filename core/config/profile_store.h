// SPDX-License-Identifier: Apache-2.0
#pragma once
// The servers that a client joined, kept between starts. Each is a versioned TOML file (0600, because join
// links are secrets) that is replaced as a whole. Errors in a file are InvalidArgument with file:line:column.
// Any thread; blocking.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/session/join_link.h"

namespace adit::config {

/// Links in `directory`/NAME.toml. A name has 1 to 64 letters, digits, dots, hyphens and underscores, and no
/// dot at either end; other names are InvalidArgument.
class ProfileStore {
 public:
  explicit ProfileStore(std::filesystem::path directory) : m_directory(std::move(directory)) {}
  /// The link of a profile. NotFound if there is none, InsecurePermissions if others can read the file.
  Result<session::JoinLink> load(std::string_view profile = "default") const;
  Result<> save(const session::JoinLink& link, std::string_view profile = "default") const;
  /// NotFound if there is none.
  Result<> remove(std::string_view profile = "default") const;
  /// The names, sorted.
  Result<std::vector<std::string>> list() const;

 private:
  Result<std::filesystem::path> fileOf(std::string_view profile) const;
  std::filesystem::path m_directory;
};

}  // namespace adit::config
