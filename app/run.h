// SPDX-License-Identifier: Apache-2.0
#pragma once
// The commands. Each returns the process's exit code when it is done. main thread.

#include "app/cli.h"

namespace adit::app {

int runClient(const HttpCommand& command);
int runJoin(const JoinCommand& command);
int runRelease(const ReleaseCommand& command);
int runServer(const ServerCommand& command);
int runToken(const TokenCommand& command);
/// Every command but the window.
int runHeadless(const Command& command);

}  // namespace adit::app
