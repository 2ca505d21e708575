// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads and writes small files. A change is written to a new file, synced and renamed, so that a crash or a
// full disk leaves the old one. Any thread; blocking, so never from a loop's data path.
//
// The rule for secrets, which every key, token and join link follows: only root, this user, and a group that
// root chose may have a hand in it. On POSIX systems that means:
// - A secret file belongs to this process's user or to root. Nobody else may read or write it, except that
// the
//   group may read a file of root's when it is one of this process's groups (as distributions install TLS
//   keys: root:ssl-cert 0640). As root, files of other users are read, too: root named them.
// - The directory of secrets belongs to this process's user or to root, also when this process is root,
// because
//   its owner could put links in place of files. Nobody else may write to it, unless it is sticky (/tmp).
// - What this program creates is 0600, directories 0700.

#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace adit {

enum class FileSecrecy { Public, Secret };

/// The whole content; LimitExceeded where it is longer than `limit` bytes, InvalidArgument for a directory,
/// InsecurePermissions for a secret that breaks the rule above.
Result<std::string> readFile(const std::filesystem::path& path, FileSecrecy secrecy,
                             std::size_t limit = 1 << 20);
/// Writes new-then-rename; a symbolic link stays and its target is replaced. Secret files are 0600 from the
/// first byte; others keep the mode they had. After an error the old file is as it was and no new one is
/// left.
Result<> writeFileAtomically(const std::filesystem::path& path, std::string_view content,
                             FileSecrecy secrecy);
/// Makes the directory and its parents; a Secret one is 0700. An existing Secret one that breaks the rule
/// above is refused (InsecurePermissions).
Result<> ensureDirectory(const std::filesystem::path& path, FileSecrecy secrecy);

}  // namespace adit
