// SPDX-License-Identifier: Apache-2.0
#include "core/client/answer_budget.h"

#include <limits>

namespace adit::client {

bool AnswerBudget::isSpent() noexcept {
  const bool spent = m_loop.slabs().live() * kSlabSize >= (m_spent ? m_bytes / 2 : m_bytes);
  if (spent != m_spent) {
    m_spent = spent;
    m_loop.setMostPerRead(spent ? kShare : std::numeric_limits<std::size_t>::max());
  }
  return spent;
}

}  // namespace adit::client
