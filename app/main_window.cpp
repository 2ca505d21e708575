// SPDX-License-Identifier: Apache-2.0
// adit-window: the desktop application. It takes adit's whole command line, because a launcher may run it
// directly.
#include "app/run.h"
#include "app/run_gui.h"
#include "app/standard_streams.h"

int main(int argc, char** argv) {
  using namespace adit::app;
  keepStandardStreams();
  const Command command = parseCommandLine(argc, argv, Default::Gui);
  if (const auto* gui = std::get_if<GuiCommand>(&command)) return runGui(argc, argv, *gui);
  return runHeadless(command);
}
