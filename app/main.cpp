// SPDX-License-Identifier: Apache-2.0
// adit: every mode in one executable. Which one is decided before anything of Qt exists, so that only the
// window needs a display.
#include "app/paths.h"
#include "app/run.h"
#include "app/run_gui.h"

int main(int argc, char** argv) {
  using namespace adit::app;
  const Command command = parseCommandLine(argc, argv, hasDisplay() ? Default::Gui : Default::Help);
  if (const auto* gui = std::get_if<GuiCommand>(&command)) return runGui(argc, argv, *gui);
  return runHeadless(command);
}
