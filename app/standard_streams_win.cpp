// SPDX-License-Identifier: Apache-2.0
#include "app/standard_streams.h"

namespace adit::app {

void keepStandardStreams() {}  // handles have no numbers there that another could take

}  // namespace adit::app
