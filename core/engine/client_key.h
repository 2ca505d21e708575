// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which key this process is known by. A server gives a session to the newest connection of a key, so two
// processes of one user must not share one: each takes the first key whose lock is free (client, client-2,
// ...) and keeps it for its life. Any thread; blocking.

#include <filesystem>
#include <memory>

#include "core/base/file_lock.h"
#include "core/tls/identity.h"

namespace adit::engine {

struct ClientKey {
  std::shared_ptr<const tls::Identity> identity;
  std::unique_ptr<FileLock> lock;
};

/// Makes the key where it does not exist. Overloaded when 64 processes run already.
Result<ClientKey> takeClientKey(const std::filesystem::path& stateDirectory);

}  // namespace adit::engine
