// SPDX-License-Identifier: Apache-2.0
#include "app/run.h"

namespace adit::app {

int runHeadless(const Command& command) {
  struct Runner {
    int operator()(const Finished& finished) const { return finished.exitCode; }
    int operator()(const GuiCommand&) const { return kExitUsage; }
    int operator()(const HttpCommand& http) const { return runClient(http); }
    int operator()(const JoinCommand& join) const { return runJoin(join); }
    int operator()(const ReleaseCommand& release) const { return runRelease(release); }
    int operator()(const ServerCommand& server) const { return runServer(server); }
    int operator()(const TokenCommand& token) const { return runToken(token); }
  };
  return std::visit(Runner{}, command);
}

}  // namespace adit::app
