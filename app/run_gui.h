// SPDX-License-Identifier: Apache-2.0
#pragma once
// The desktop application: connects the window with the engine and this user's files. main thread.

#include "app/cli.h"

namespace adit::app {

int runGui(int argc, char** argv, const GuiCommand& command);

}  // namespace adit::app
