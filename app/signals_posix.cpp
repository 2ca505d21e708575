// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <thread>

#include <pthread.h>
#include <unistd.h>

#include "app/signals.h"

namespace adit::app {

void watchSignals(SignalActions actions) {
  // A peer that closed, or a file that reached the limit of sizes (ulimit -f, systemd's LimitFSIZE), is an
  // error of a call and not the end of the process.
  for (const int number : {SIGPIPE, SIGXFSZ}) std::signal(number, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM}) sigaddset(&signals, number);
  // nohup has it ignored. A signal that is blocked and waited for would come all the same.
  struct sigaction hangUp {};
  if (::sigaction(SIGHUP, nullptr, &hangUp) == 0 && hangUp.sa_handler != SIG_IGN) sigaddset(&signals, SIGHUP);
  // Threads inherit the mask, so these reach only the one that waits for them.
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
