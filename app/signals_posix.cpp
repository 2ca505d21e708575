// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <thread>

#include <pthread.h>
#include <unistd.h>

#include "app/signals.h"

namespace adit::app {

void watchSignals(SignalActions actions) {
  // Writing to a closed connection, or beyond the limit for file sizes (ulimit -f, systemd's LimitFSIZE),
  // must fail and not end the process.
  for (const int number : {SIGPIPE, SIGXFSZ}) std::signal(number, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM}) sigaddset(&signals, number);
  // Under nohup the signal is ignored, but sigwait would still receive it if it were blocked.
  struct sigaction hangUp {};
  if (::sigaction(SIGHUP, nullptr, &hangUp) == 0 && hangUp.sa_handler != SIG_IGN) sigaddset(&signals, SIGHUP);
  // Threads inherit the mask, so only the thread that waits for these signals gets them.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread([signals, actions = std::move(actions)] {
    bool isStopping = false;
    for (;;) {
      int number = 0;
      if (sigwait(&signals, &number) != 0) return;
      if (number == SIGHUP && actions.reload) {
        if (!isStopping) actions.reload();
      } else if (isStopping) {
        ::_exit(128 + number);
      } else {
        isStopping = true;
        actions.stop();
      }
    }
  }).detach();
}

}  // namespace adit::app
