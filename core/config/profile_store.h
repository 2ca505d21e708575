// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a client keeps between starts: the servers it joined (links are secrets, 0600) and the tunnels of the
// desktop application. TOML files in one directory, written new-then-rename, each with a version. Errors in
// their content are InvalidArgument with file:line:column. Any thread; blocking.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/config/origin_options.h"
#include "core/session/join_link.h"

namespace adit::config {

/// Links in `directory`/profiles/NAME.toml. A name has 1 to 64 letters, digits, dots, hyphens and
/// underscores, and no dot at either end; others are InvalidArgument.
class ProfileStore {
 public:
  explicit ProfileStore(std::filesystem::path directory) : m_directory(std::move(directory)) {}
  /// The stored link of a profile ("default" unless told); NotFound where there is none, InsecurePermissions
  /// where others can reach the file.
  Result<session::JoinLink> load(std::string_view profile = "default") const;
  Result<> save(const session::JoinLink& link, std::string_view profile = "default") const;
  /// NotFound where there is none.
  Result<> remove(std::string_view profile = "default") const;
  /// The names, sorted.
  Result<std::vector<std::string>> list() const;

 private:
  Result<std::filesystem::path> fileOf(std::string_view profile) const;
  std::filesystem::path m_directory;
};

struct StoredTunnel {
  std::string name;
  std::string target;
  bool started = true;
  OriginOptions origin = {};
  friend bool operator==(const StoredTunnel&, const StoredTunnel&) = default;
};

class TunnelStore {
 public:
  static constexpr std::size_t kMaxTunnels = 1000;
  static constexpr std::size_t kMaxTarget = 512;

  explicit TunnelStore(std::filesystem::path file) : m_file(std::move(file)) {}
  /// Empty where there is no file. Names are lower-cased; one may be empty, none may come twice.
  Result<std::vector<StoredTunnel>> load() const;
  /// Makes the directory where it is missing.
  Result<> save(const std::vector<StoredTunnel>& tunnels) const;

 private:
  std::filesystem::path m_file;
};

}  // namespace adit::config
