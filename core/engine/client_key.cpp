// SPDX-License-Identifier: Apache-2.0
#include "core/engine/client_key.h"

#include "core/base/file_lock.h"
#include "core/base/files.h"

namespace adit::engine {

namespace {
constexpr auto kPatience = std::chrono::seconds(5);
constexpr const char* kStem = "client";
}  // namespace

Result<std::shared_ptr<const tls::Identity>> loadDeviceKey(const std::filesystem::path& stateDirectory) {
  if (auto made = ensureDirectory(stateDirectory, FileSecrecy::Secret); !made)
    return fail(std::move(made.error()));
  // An existing key is only read: the directory may be read-only.
  std::error_code ignored;
  std::unique_ptr<FileLock> lock;
  if (!std::filesystem::exists(stateDirectory / "client.key", ignored) ||
      !std::filesystem::exists(stateDirectory / "client.crt", ignored)) {
    auto locked = FileLock::acquire(stateDirectory / "client.lock", kPatience);
    if (!locked) return fail(std::move(locked.error()));
    lock = std::move(*locked);
  }
  return tls::Identity::loadOrCreate(stateDirectory, kStem, "adit client");
}

}  // namespace adit::engine
