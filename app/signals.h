// SPDX-License-Identifier: Apache-2.0
#pragma once
// Ctrl-C, SIGTERM and their likes as a call. The first asks for a graceful end; a second ends the process at
// once. A terminal that goes away is such a signal, too, unless the program was started to outlive it
// (nohup).

#include <functional>

namespace adit::app {

/// Call before any thread is started. `onStop` is called once, from a thread of its own.
void watchForStop(std::function<void()> onStop);

}  // namespace adit::app
