// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a client keeps between starts: the servers it joined (links are secrets, 0600) and the tunnels of the desktop
// application. TOML files in one directory, written new-then-rename, each with a version. Any thread; blocking.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/session/join_link.h"

namespace adit::config {

class ProfileStore {
 public:
  explicit ProfileStore(std::filesystem::path directory) : m_directory(std::move(directory)) {}
  /// The stored link of a profile ("default" unless told); NotFound where there is none.
  Result<session::JoinLink> load(std::string_view profile = "default") const;
  Result<> save(const session::JoinLink& link, std::string_view profile = "default") const;
  Result<> remove(std::string_view profile = "default") const;
  Result<std::vector<std::string>> list() const;

 private:
  std::filesystem::path m_directory;
};

struct StoredTunnel {
  std::string name;
  std::string target;
  bool started = true;
  friend bool operator==(const StoredTunnel&, const StoredTunnel&) = default;
};

class TunnelStore {
 public:
  explicit TunnelStore(std::filesystem::path file) : m_file(std::move(file)) {}
  /// Empty where there is no file. Errors give file:line:column.
  Result<std::vector<StoredTunnel>> load() const;
  Result<> save(const std::vector<StoredTunnel>& tunnels) const;

 private:
  std::filesystem::path m_file;
};

}  // namespace adit::config
