// SPDX-License-Identifier: Apache-2.0
#pragma once
// One tunnel of the desktop application's file: its keys, read strictly and written briefly. Pure.

#include <string>

#include "core/config/toml_reader.h"
#include "core/config/tunnel_store.h"

namespace adit::config {

/// InvalidArgument with the place in the file where something is not right.
Result<StoredTunnel> readTunnelEntry(const TomlReader& reader, const toml::table& table);
/// With its header and a line end; only what differs from the usual.
std::string writeTunnelEntry(const StoredTunnel& tunnel);

}  // namespace adit::config
