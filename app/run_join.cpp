// SPDX-License-Identifier: Apache-2.0
// adit join: stores a server's join link for later starts.
#include <optional>
#include <string>

#include <spdlog/fmt/fmt.h>
#include <nlohmann/json.hpp>

#include "app/console.h"
#include "app/join_source.h"
#include "app/paths.h"
#include "app/run.h"
#include "core/config/profile_store.h"

namespace adit::app {

int runJoin(const JoinCommand& command) {
  const bool json = command.common.json;
  const std::filesystem::path directory = stateDirectory(command.common.stateDirectory);
  const config::ProfileStore profiles(profileDirectory(directory));
  if (command.forget) {
    if (auto removed = profiles.remove(command.profile); !removed) return reportError(removed.error(), json);
    if (json) {
      printJson({{"event", "forgotten"}, {"profile", command.profile}});
    } else {
      printLine(fmt::format("forgot the profile '{}'", command.profile));
    }
    return succeed();
  }
  auto fromEnvironment =
      command.joinFile ? Result<std::optional<session::JoinLink>>() : joinLinkFromEnvironment();
  if (!fromEnvironment) return reportError(fromEnvironment.error(), json, kExitUsage);
  auto link = *fromEnvironment ? Result<session::JoinLink>(std::move(**fromEnvironment))
                               : readJoinLink(command.joinFile.value_or("-"));
  if (!link) return reportError(link.error(), json, kExitUsage);
  if (auto saved = profiles.save(*link, command.profile); !saved)
    return reportError(withDirectoryHint(saved.error(), directory, kStateDirectoryOption), json);
  if (json) {
    printJson({{"event", "joined"}, {"server", link->serverName()}, {"profile", command.profile}});
  } else {
    const std::string option =
        command.profile == kDefaultProfile ? std::string() : " --profile " + command.profile;
    printLine(fmt::format("joined {}: 'adit http PORT{}' uses it from now on", link->serverName(), option));
  }
  return succeed();
}

}  // namespace adit::app
