// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include "app/standard_streams.h"

namespace adit::app {

void keepStandardStreams() {
  int opened = 0;
  do {
    opened = ::open("/dev/null", O_RDWR);  // gets the lowest free number
  } while (opened >= 0 && opened <= STDERR_FILENO);
  if (opened > STDERR_FILENO) ::close(opened);
}

}  // namespace adit::app
