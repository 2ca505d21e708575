// SPDX-License-Identifier: Apache-2.0
#pragma once
// The key by which servers know this device. All processes of a user share it; a server tells them apart by
// the instance that each one sends. Any thread; blocking.

#include <filesystem>
#include <memory>

#include "core/tls/identity.h"

namespace adit::engine {

/// Reads the key. If it does not exist, makes it, under a lock, because several processes may start at once.
/// Errors of tls::Identity::loadOrCreate, and Overloaded if another process holds the lock for seconds.
Result<std::shared_ptr<const tls::Identity>> loadDeviceKey(const std::filesystem::path& stateDirectory);

}  // namespace adit::engine
