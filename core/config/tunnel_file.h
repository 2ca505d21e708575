// SPDX-License-Identifier: Apache-2.0
#pragma once
// The text of a tunnels file in the pieces that a person sees: what stands before the first entry, and each
// entry with its comments, right or wrong. A piece that is no TOML does not spoil the others. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/tunnel_store.h"

namespace adit::config {

inline constexpr int kTunnelFileVersion = 1;

struct TunnelFile {
  struct Entry {
    std::string text;                    ///< As written, with one line end; empty where it is part of a line.
    std::optional<StoredTunnel> tunnel;  ///< Empty for a wrong one; its problem is among the problems.
    std::size_t line = 0;                ///< Of its header.
  };
  std::string head;
  std::vector<Entry> entries;
  std::vector<Error> problems;
  bool whole = true;  ///< Head and entries hold everything that the text holds.
};

/// `name` is what problems call the file.
TunnelFile readTunnelFile(std::string_view text, const std::string& name);

}  // namespace adit::config
