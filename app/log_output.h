// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sends the engine's log to standard error. main thread.

#include "core/base/log.h"

namespace adit::app {

void logToStandardError(LogLevel minimum);

}  // namespace adit::app
