// SPDX-License-Identifier: Apache-2.0
#pragma once
// Ctrl-C, SIGTERM and their likes as calls. The first asks for a graceful end; a second ends the process at
// once. SIGHUP, which a terminal that goes away sends, too, is a request to reload where a command has
// something to reload (a server, which outlives its terminal), and otherwise asks for the end; a program that
// was started to ignore it (nohup) ignores it.

#include <functional>

namespace adit::app {

struct SignalActions {
  std::function<void()> stop;         ///< Called once.
  std::function<void()> reload = {};  ///< For each SIGHUP until the end was asked for; may be empty.
};

/// Call before any thread is started. The actions are called from a thread of their own, one at a time.
void watchSignals(SignalActions actions);

}  // namespace adit::app
