// SPDX-License-Identifier: Apache-2.0
// adit-server: the same program without the window, for machines without display libraries.
#include "app/run.h"
#include "app/standard_streams.h"

int main(int argc, char** argv) {
  adit::app::keepStandardStreams();
  return adit::app::runHeadless(adit::app::parseCommandLine(argc, argv, adit::app::Default::Server));
}
