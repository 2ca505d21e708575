// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>

#include <windows.h>

#include "app/signals.h"

namespace adit::app {

namespace {
// A console handler takes no argument, so the actions are stored here.
std::function<void()>* g_stop = nullptr;
std::atomic<int> g_count{0};

BOOL WINAPI onConsoleEvent(DWORD) {
  if (g_count.fetch_add(1) > 0) ::ExitProcess(130);
  (*g_stop)();
  return TRUE;
}
}  // namespace

// Windows has no signal for reloading.
void watchSignals(SignalActions actions) {
  static std::function<void()> stop = std::move(actions.stop);
  g_stop = &stop;
  ::SetConsoleCtrlHandler(onConsoleEvent, TRUE);
}

}  // namespace adit::app
