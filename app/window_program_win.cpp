// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

#include <process.h>

#include "app/cli.h"
#include "app/window_program.h"

namespace adit::app {

namespace {

/// Adds the quotation marks that the other program's parser removes: the C runtime only joins arguments with
/// blanks.
std::string quoted(const char* argument) {
  std::string out = "\"";
  std::size_t backslashes = 0;
  for (const char* c = argument; *c != 0; ++c) {
    backslashes = *c == '\\' ? backslashes + 1 : 0;
    if (*c == '"') out.append(backslashes + 1, '\\');
    out.push_back(*c);
  }
  return out.append(backslashes, '\\').append("\"");
}

}  // namespace

int runWindowProgram(const std::filesystem::path& program, int argc, char** argv) {
  std::vector<std::string> texts;
  std::vector<const char*> arguments;
  for (int i = 0; i < argc; ++i) texts.push_back(quoted(argv[i]));
  for (const std::string& text : texts) arguments.push_back(text.c_str());
  arguments.push_back(nullptr);
  const std::intptr_t code = ::_spawnv(_P_WAIT, program.string().c_str(), arguments.data());
  if (code >= 0) return static_cast<int>(code);
  std::cerr << "adit: cannot start " << program.string() << ": " << std::strerror(errno) << "\n";
  return kExitFailure;
}

}  // namespace adit::app
