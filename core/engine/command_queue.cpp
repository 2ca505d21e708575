// SPDX-License-Identifier: Apache-2.0
#include "core/engine/command_queue.h"

#include <utility>

namespace adit::engine {

void CommandQueue::post(Command command) {
  const std::lock_guard lock(m_mutex);
  if (m_stopping) return;
  m_commands.push_back(std::move(command));
  m_changed.notify_one();
}

void CommandQueue::stop() { end(true); }

void CommandQueue::finish() { end(false); }

void CommandQueue::end(bool drop) {
  {
    const std::lock_guard lock(m_mutex);
    m_stopping = true;
    if (drop) m_commands.clear();
    m_changed.notify_one();
  }
  if (m_thread.joinable()) m_thread.join();
}

void CommandQueue::run() {
  for (;;) {
    Command command;
    {
      std::unique_lock lock(m_mutex);
      m_changed.wait(lock, [this] { return m_stopping || !m_commands.empty(); });
      if (m_commands.empty()) return;
      command = std::move(m_commands.front());
      m_commands.pop_front();
    }
    command();
  }
}

}  // namespace adit::engine
