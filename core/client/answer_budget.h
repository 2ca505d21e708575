// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bounds the memory of all messages that pass the client together: each answer's own queue is small, but
// hundreds of visitors who do not read add up. When the budget is spent, no answer is aborted, but each may
// have only a little queued: answers that are being read go on, and the others stop early. Owned by the
// client; its thread.

#include <cstddef>

#include "core/base/slab.h"
#include "core/net/event_loop.h"

namespace adit::client {

class AnswerBudget {
 public:
  static constexpr std::size_t kBytes = 32 * 1024 * 1024;
  /// How much an answer may have queued when the budget is spent; also its origin's window (HTTP/2).
  static constexpr std::size_t kShare = kSlabSize;

  explicit AnswerBudget(net::EventLoop& loop, std::size_t bytes = kBytes) noexcept
      : m_loop(loop), m_bytes(bytes) {}
  AnswerBudget(const AnswerBudget&) = delete;
  AnswerBudget& operator=(const AnswerBudget&) = delete;

  /// Whether the budget is spent: true once it is exceeded, until half of it is free again. Meanwhile the
  /// loop's sockets read less at once.
  [[nodiscard]] bool isSpent() noexcept;

 private:
  net::EventLoop& m_loop;
  const std::size_t m_bytes;
  bool m_spent = false;
};

}  // namespace adit::client
