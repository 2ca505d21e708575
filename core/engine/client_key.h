// SPDX-License-Identifier: Apache-2.0
#pragma once
// The key this device is known by at servers. Every process of a user shares it: a server tells them apart by
// the instance that each names. Any thread; blocking.

#include <filesystem>
#include <memory>

#include "core/tls/identity.h"

namespace adit::engine {

/// Reads the key, or makes it where it does not exist, one of several processes at a time. Errors are those
/// of tls::Identity::loadOrCreate, and Overloaded where another process holds the lock for seconds.
Result<std::shared_ptr<const tls::Identity>> loadDeviceKey(const std::filesystem::path& stateDirectory);

}  // namespace adit::engine
