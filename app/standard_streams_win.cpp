// SPDX-License-Identifier: Apache-2.0
#include "app/standard_streams.h"

namespace adit::app {

void keepStandardStreams() {}  // on Windows another handle cannot take their place

}  // namespace adit::app
