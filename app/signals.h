// SPDX-License-Identifier: Apache-2.0
#pragma once
// Turns Ctrl-C, SIGTERM and similar signals into calls. The first asks for a graceful end; a second one ends
// the process at once. SIGHUP, which is also sent when a terminal is closed, asks a command that can reload
// (a server) to do so, and any other command to end. A program that was started with SIGHUP ignored (nohup)
// ignores it.

#include <functional>

namespace adit::app {

struct SignalActions {
  std::function<void()> stop;         ///< Called once.
  std::function<void()> reload = {};  ///< Called for each SIGHUP until the end was asked for; may be empty.
};

/// Must be called before any thread is started. The actions are called one at a time, from a thread of their
/// own.
void watchSignals(SignalActions actions);

}  // namespace adit::app
