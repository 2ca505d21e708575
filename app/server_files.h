// SPDX-License-Identifier: Apache-2.0
#pragma once
// A server's files in its data directory (0700, files 0600): its key and certificate, the secrets for its
// connection IDs, its tokens (hashes), the first token itself until its join link was shown, and the address
// that clients last used, for the links of other tokens. They are created at the first start, but the first
// token only when the server listens, because a start that fails earlier shows no link. One server at a time
// may use the directory. main thread.

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
  /// The first token; empty once its link was shown.
  std::string firstToken;

  /// Locks the directory as long as the returned object lives. Overloaded: another server uses it; the detail
  /// names the process. InsecurePermissions, PermissionDenied, InvalidArgument for a damaged file, ...
  static Result<ServerFiles> open(const std::filesystem::path& directory);
  /// Makes the first token if there is none.
  Result<> makeFirstToken();
  /// To be called when the first token's link was shown: deletes the file with the token. From then on only
  /// its hash is stored.
  Result<> forgetFirstToken();

  /// Stores where clients find this server, and its pin, for links that are made later. Stores no token.
  [[nodiscard]] Result<> keepAddress(session::JoinLink link) const;

  std::filesystem::path directory;
  std::unique_ptr<FileLock> lock;
};

/// The join link for a token of the server with its files in `directory`; empty if that server has never
/// listened.
std::optional<session::JoinLink> joinLinkOf(const std::filesystem::path& directory, std::string token);

}  // namespace adit::app
