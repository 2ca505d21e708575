// SPDX-License-Identifier: Apache-2.0
#include "core/engine/client_key.h"

#include <spdlog/fmt/fmt.h>

#include "core/base/files.h"

namespace adit::engine {

namespace {
constexpr int kMaxKeys = 64;
}

Result<ClientKey> takeClientKey(const std::filesystem::path& stateDirectory) {
  if (auto made = ensureDirectory(stateDirectory, FileSecrecy::Secret); !made)
    return fail(std::move(made.error()));
  for (int slot = 1; slot <= kMaxKeys; ++slot) {
    const std::string stem = slot == 1 ? std::string("client") : fmt::format("client-{}", slot);
    auto lock = FileLock::tryAcquire(stateDirectory / (stem + ".lock"));
    if (!lock && lock.error().code == ErrorCode::Overloaded) continue;
    if (!lock) return fail(std::move(lock.error()));
    auto identity = tls::Identity::loadOrCreate(stateDirectory, stem, "adit client");
    if (!identity) return fail(std::move(identity.error()));
    return ClientKey{std::move(*identity), std::move(*lock)};
  }
  return fail(ErrorCode::Overloaded, fmt::format("{} clients of this user run already", kMaxKeys));
}

}  // namespace adit::engine
