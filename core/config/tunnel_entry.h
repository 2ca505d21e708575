// SPDX-License-Identifier: Apache-2.0
#pragma once
// One tunnel in the desktop application's file. Reads its keys strictly; writes only those that differ from
// their defaults. Pure.

#include <string>

#include "core/config/toml_reader.h"
#include "core/config/tunnel_store.h"

namespace adit::config {

/// InvalidArgument, with the place in the file, if the entry cannot be used.
Result<StoredTunnel> readTunnelEntry(const TomlReader& reader, const toml::table& table);
/// The entry's text, with its header and a line end. Options with their default value are left out.
std::string writeTunnelEntry(const StoredTunnel& tunnel);

}  // namespace adit::config
