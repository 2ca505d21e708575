// SPDX-License-Identifier: Apache-2.0
// adit: all modes in one program. It does not use Qt; when the window is asked for, this process becomes
// adit-window.
#include <iostream>

#include "app/paths.h"
#include "app/run.h"
#include "app/standard_streams.h"
#include "app/window_program.h"

int main(int argc, char** argv) {
  using namespace adit::app;
  keepStandardStreams();
  const auto window = findWindowProgram();
  const Command command = parseCommandLine(argc, argv, window && hasDisplay() ? Default::Gui : Default::Help);
  if (!std::holds_alternative<GuiCommand>(command)) return runHeadless(command);
  if (!window) {
    std::cerr << "adit: " << window.error().detail << "\n";
    return kExitUsage;
  }
  if (!hasDisplay()) {
    std::cerr << "adit: there is no display to show the window on\n";
    return kExitUsage;
  }
  return runWindowProgram(*window, argc, argv);
}
