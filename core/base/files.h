// SPDX-License-Identifier: Apache-2.0
#pragma once
// Small files with care: secrets are created 0600 and refused when others can reach them; a change is written
// to a new file, synced and renamed, so that a crash or a full disk leaves the old one. Any thread; blocking,
// so never from a loop's data path.

#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace adit {

enum class FileSecrecy { Public, Secret };

/// The whole content; LimitExceeded where it is longer than `limit` bytes, InvalidArgument for a directory.
/// Secret: refused (InsecurePermissions) where group or others can read or write it, or where it belongs to
/// another user (unless we are root, or root owns it).
Result<std::string> readFile(const std::filesystem::path& path, FileSecrecy secrecy,
                             std::size_t limit = 1 << 20);
/// Writes new-then-rename; a symbolic link stays and its target is replaced. Secret files are 0600 from the
/// first byte; others keep the mode they had. After an error the old file is as it was and no new one is
/// left.
Result<> writeFileAtomically(const std::filesystem::path& path, std::string_view content,
                             FileSecrecy secrecy);
/// Makes the directory and its parents; a Secret one is 0700. An existing Secret one that group or others can
/// write to is refused (InsecurePermissions): they could swap the files in it.
Result<> ensureDirectory(const std::filesystem::path& path, FileSecrecy secrecy);

}  // namespace adit
