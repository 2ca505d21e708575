// SPDX-License-Identifier: Apache-2.0
// adit token: the tokens of a server on this machine. A running server notices changes by itself.
#include <filesystem>

#include <spdlog/fmt/fmt.h>
#include <nlohmann/json.hpp>

#include "app/console.h"
#include "app/paths.h"
#include "app/run.h"
#include "app/server_files.h"
#include "core/access/token_store.h"

namespace adit::app {

int runToken(const TokenCommand& command) {
  const bool json = command.common.json;
  // Opening the store would create the directory, and a token for no server.
  if (std::error_code error; !std::filesystem::is_directory(command.dataDirectory, error)) {
    return reportError(
        {ErrorCode::NotFound,
         fmt::format("there is no server in '{}'; 'adit --server' creates it at its first start; --data-dir "
                     "chooses another",
                     command.dataDirectory.string()),
         0},
        json, kExitUsage);
  }
  auto store = access::TokenStore::open(command.dataDirectory);
  if (!store) return reportError(withDirectoryHint(store.error(), command.dataDirectory, "--data-dir"), json);
  switch (command.action) {
    case TokenCommand::Action::List:
      for (const access::TokenInfo& token : (*store)->list()) {
        if (json) {
          printJson({{"event", "token"},
                     {"id", token.id},
                     {"label", token.label},
                     {"principal", token.principal},
                     {"revoked", token.revoked},
                     {"created", token.createdUnix}});
        } else {
          const std::string shared =
              token.principal == token.id ? std::string() : fmt::format("  (principal {})", token.principal);
          printLine(fmt::format("{}  {}  {}{}", token.id, token.revoked ? "revoked" : "valid  ", token.label,
                                shared));
        }
      }
      return succeed();
    case TokenCommand::Action::Create: {
      SecureRandom random;
      access::TokenOptions options{command.principal};
      if (command.maxNames != 0) options.maxNames = command.maxNames;
      auto token = (*store)->create(command.value, random, options);
      if (!token) return reportError(token.error(), json);
      const auto link = joinLinkOf(command.dataDirectory, *token);
      if (json) {
        nlohmann::json made = {{"event", "token"}, {"token", *token}, {"label", command.value}};
        if (link) made["join"] = link->toString();
        printJson(made);
      } else {
        // Alone on its line, so that it can be piped.
        printLine(link ? link->toString() : *token);
      }
      return succeed();
    }
    case TokenCommand::Action::Revoke:
      if (auto revoked = (*store)->revoke(command.value); !revoked) return reportError(revoked.error(), json);
      if (json) {
        printJson({{"event", "revoked"}, {"id", command.value}});
      } else {
        printLine(fmt::format("revoked {}", command.value));
      }
      return succeed();
  }
  return kExitFailure;
}

}  // namespace adit::app
