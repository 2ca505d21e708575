// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a server keeps in its data directory (0700, files 0600): its key and certificate, the secrets behind
// its connection IDs, its tokens (hashes), and the first token itself, so that the join link can be made
// again. Made at the first start, the token only when the server listens: a start that fails before has shown
// its link to nobody, so it must not count as the one that does. main thread.

#include <filesystem>
#include <memory>
#include <string>

#include "core/base/error.h"
#include "core/quic/endpoint.h"
#include "core/session/token_store.h"
#include "core/tls/identity.h"

namespace adit::app {

struct ServerFiles {
  std::shared_ptr<const tls::Identity> identity;
  quic::StaticKeys keys;
  std::shared_ptr<session::TokenStore> tokens;
  std::string firstToken;     ///< Empty when the operator deleted its file.
  bool isFirstStart = false;  ///< Of this key: nobody has a link with its pin.

  static Result<ServerFiles> open(const std::filesystem::path& directory);
  /// Where there is no token: makes the first one.
  Result<> makeFirstToken();

  std::filesystem::path directory;
};

}  // namespace adit::app
