// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the client keeps in memory of messages on their way, all together: each answer's own queue is small,
// but hundreds of visitors who do not read add up. When the budget is spent nobody is cut off. Each answer
// may have only a little on the way then, so that those that move go on and those that stand still stop
// early. Owned by the client; its thread.

#include <cstddef>

#include "core/base/slab.h"
#include "core/net/event_loop.h"

namespace adit::client {

class AnswerBudget {
 public:
  static constexpr std::size_t kBytes = 32 * 1024 * 1024;
  /// What an answer may have queued when the budget is spent; its origin's window, too (HTTP/2).
  static constexpr std::size_t kShare = kSlabSize;

  explicit AnswerBudget(net::EventLoop& loop, std::size_t bytes = kBytes) noexcept
      : m_loop(loop), m_bytes(bytes) {}
  AnswerBudget(const AnswerBudget&) = delete;
  AnswerBudget& operator=(const AnswerBudget&) = delete;

  /// Once spent, until half of it is free again. Sockets of the loop read less at once meanwhile.
  [[nodiscard]] bool isSpent() noexcept;

 private:
  net::EventLoop& m_loop;
  const std::size_t m_bytes;
  bool m_spent = false;
};

}  // namespace adit::client
