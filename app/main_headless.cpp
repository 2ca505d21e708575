// SPDX-License-Identifier: Apache-2.0
// adit in a build without the window.
#include "app/run.h"

int main(int argc, char** argv) {
  return adit::app::runHeadless(adit::app::parseCommandLine(argc, argv, adit::app::Default::Help));
}
