// SPDX-License-Identifier: Apache-2.0
#pragma once
// A thread that runs slow commands one after another, in the order they were posted. Starting and stopping
// the embedded server and writing files block for milliseconds, and callers must not wait for that. Owned by
// the engine or a part of it. `post` may be called from any thread, `stop` and `finish` from the owner's.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace adit::engine {

class CommandQueue {
 public:
  using Command = std::function<void()>;

  CommandQueue() : m_thread([this] { run(); }) {}
  CommandQueue(const CommandQueue&) = delete;
  CommandQueue& operator=(const CommandQueue&) = delete;
  ~CommandQueue() { stop(); }

  /// Returns at once. After stop() or finish() commands are dropped.
  void post(Command command);
  /// Waits for the command that is running and drops those that have not started.
  void stop();
  /// Waits until all commands have run.
  void finish();

 private:
  void end(bool drop);
  void run();

  std::mutex m_mutex;  // guards the next two
  std::deque<Command> m_commands;
  bool m_stopping = false;
  std::condition_variable m_changed;
  std::thread m_thread;  // last: it uses what is above
};

}  // namespace adit::engine
