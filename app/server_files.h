// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a server keeps in its data directory (0700, files 0600): its key and certificate, the secrets behind
// its connection IDs, its tokens (hashes), the first token itself until its join link was shown, and the
// address it was last reached at, for the links of other tokens. Made at the first start, the token only when
// the server listens: a start that fails before has shown its link to nobody, so it must not count as the one
// that does. One server at a time has the directory. main thread.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/access/token_store.h"
#include "core/base/error.h"
#include "core/base/file_lock.h"
#include "core/quic/endpoint.h"
#include "core/session/join_link.h"
#include "core/tls/identity.h"

namespace adit::app {

struct ServerFiles {
  std::shared_ptr<const tls::Identity> identity;
  quic::StaticKeys keys;
  std::shared_ptr<access::TokenStore> tokens;
  /// Until its link was shown; empty from then on.
  std::string firstToken;

  /// Takes the directory for as long as the returned value lives. Overloaded: another server has it, which
  /// the detail names. InsecurePermissions, PermissionDenied, InvalidArgument for a damaged file, ...
  static Result<ServerFiles> open(const std::filesystem::path& directory);
  /// Where there is no token: makes the first one.
  Result<> makeFirstToken();
  /// The link of the first token was shown: deletes the file with the token, which is stored as a hash only
  /// from now on.
  Result<> forgetFirstToken();

  /// Remembers where clients find this server, and its pin, for links that are made later. No token is in it.
  [[nodiscard]] Result<> keepAddress(session::JoinLink link) const;

  std::filesystem::path directory;
  std::unique_ptr<FileLock> lock;
};

/// The whole join link of a token of the server that keeps its files in `directory`; empty where that server
/// has never listened.
std::optional<session::JoinLink> joinLinkOf(const std::filesystem::path& directory, std::string token);

}  // namespace adit::app
