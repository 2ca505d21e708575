// SPDX-License-Identifier: Apache-2.0
#pragma once
// The text of a tunnels file, split as a person sees it: what comes before the first entry, and each entry
// with its comments, whether it is valid or not. An entry that is not valid TOML does not affect the others.
// Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/tunnel_store.h"

namespace adit::config {

inline constexpr int kTunnelFileVersion = 1;

struct TunnelFile {
  struct Entry {
    std::string text;  ///< As written, with one line end; empty if the entry is only part of a line.
    std::optional<StoredTunnel> tunnel;  ///< Empty if it is not valid; then `problems` says why.
    std::size_t line = 0;                ///< The line of its header.
  };
  std::string head;
  std::vector<Entry> entries;
  std::vector<Error> problems;
  bool whole = true;  ///< `head` and `entries` together contain the whole text.
};

/// `name` is the file's name in problems.
TunnelFile readTunnelFile(std::string_view text, const std::string& name);

}  // namespace adit::config
