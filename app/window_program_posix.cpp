// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstring>
#include <iostream>
#include <string>

#include <unistd.h>

#include "app/cli.h"
#include "app/window_program.h"

namespace adit::app {

int runWindowProgram(const std::filesystem::path& program, int, char** argv) {
  ::execv(program.c_str(), argv);
  std::cerr << "adit: cannot start " << program.string() << ": " << std::strerror(errno) << "\n";
  return kExitFailure;
}

}  // namespace adit::app
