// SPDX-License-Identifier: Apache-2.0
#pragma once
// A binary heap of deadlines whose elements know their place, so that one changes in O(log n). T derives from
// DeadlineHook. Owns nothing. One thread.

#include <cstddef>
#include <utility>
#include <vector>

#include "core/base/clock.h"

namespace adit::quic {

struct DeadlineHook {
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
  Timestamp deadline = kNever;
  std::size_t heapIndex = kNowhere;
};

template <typename T>
class DeadlineHeap {
 public:
  [[nodiscard]] Timestamp first() const noexcept { return m_items.empty() ? kNever : hook(0).deadline; }
  [[nodiscard]] T* top() const noexcept { return m_items.empty() ? nullptr : m_items.front(); }
  /// Sets an element's deadline; kNever takes it out.
  void update(T& item, Timestamp deadline) {
    DeadlineHook& h = item;
    if (deadline == h.deadline) return;
    h.deadline = deadline;
    if (deadline == kNever) {
      remove(h.heapIndex);
      return;
    }
    if (h.heapIndex == DeadlineHook::kNowhere) {
      h.heapIndex = m_items.size();
      m_items.push_back(&item);
    }
    siftDown(siftUp(h.heapIndex));
  }

 private:
  [[nodiscard]] DeadlineHook& hook(std::size_t at) const noexcept { return *m_items[at]; }
  void swapAt(std::size_t a, std::size_t b) noexcept {
    std::swap(m_items[a], m_items[b]);
    hook(a).heapIndex = a;
    hook(b).heapIndex = b;
  }
  std::size_t siftUp(std::size_t at) noexcept {
    while (at > 0 && hook(at).deadline < hook((at - 1) / 2).deadline) {
      swapAt(at, (at - 1) / 2);
      at = (at - 1) / 2;
    }
    return at;
  }
  void siftDown(std::size_t at) noexcept {
    for (;;) {
      std::size_t least = at;
      for (std::size_t child = 2 * at + 1; child <= 2 * at + 2 && child < m_items.size(); ++child) {
        if (hook(child).deadline < hook(least).deadline) least = child;
      }
      if (least == at) return;
      swapAt(at, least);
      at = least;
    }
  }
  void remove(std::size_t at) noexcept {
    if (at == DeadlineHook::kNowhere) return;
    const std::size_t last = m_items.size() - 1;
    if (at != last) swapAt(at, last);
    hook(last).heapIndex = DeadlineHook::kNowhere;
    m_items.pop_back();
    if (at < m_items.size()) siftDown(siftUp(at));
  }

  std::vector<T*> m_items;
};

}  // namespace adit::quic
