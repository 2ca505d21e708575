// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads and writes small files. A change is written to a new file, synced and renamed over the old one, so
// that a crash or a full disk leaves the old file as it was. Any thread. These functions block, so event
// loops must not call them while they serve.
//
// The rule for keys, tokens, join links and other secrets: only root, this user, and a group that root chose
// can read them, and only root and this user can change them. On POSIX systems:
// - A secret file belongs to this process's user or to root. Nobody else can read or write it, with one
//   exception: a file of root's can be readable by a group of this process, which is how distributions
//   install TLS keys (root:ssl-cert 0640). Root itself may read other users' files, because it named them.
// - The directory of secrets belongs to this process's user or to root, even if this process is root: its
//   owner could replace files by links. Nobody else can write to it, unless it is sticky (/tmp).
// - New secret files are 0600, new directories 0700.

#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace adit {

enum class FileSecrecy { Public, Secret };

/// The whole content. LimitExceeded if it is longer than `limit` bytes, InvalidArgument for a directory,
/// InsecurePermissions for a secret that breaks the rule above.
Result<std::string> readFile(const std::filesystem::path& path, FileSecrecy secrecy,
                             std::size_t limit = 1 << 20);
/// Replaces the file's content. A symbolic link stays, and its target is replaced. Secret files are 0600 from
/// the first byte on; other files keep their mode. After an error the old file is as it was and no new file
/// is left.
Result<> writeFileAtomically(const std::filesystem::path& path, std::string_view content,
                             FileSecrecy secrecy);
/// Creates the directory and its parents where they are missing; a Secret one gets 0700. InsecurePermissions
/// for an existing Secret one that breaks the rule above.
Result<> ensureDirectory(const std::filesystem::path& path, FileSecrecy secrecy);

}  // namespace adit
