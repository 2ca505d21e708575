// SPDX-License-Identifier: Apache-2.0
#pragma once
// Objects that are used, given back and used again, as many as the last minutes needed at once: `trim`,
// called now and then, frees those that no peak since the last call needed. Owned by whoever uses the
// objects; one thread.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/intrusive_list.h"

namespace adit {

/// T derives from ListHook<>, which is the pool's to use.
template <typename T>
class PeakPool {
 public:
  /// Kept however quiet it gets.
  explicit PeakPool(std::size_t least) noexcept : m_least(least) {}
  PeakPool(const PeakPool&) = delete;
  PeakPool& operator=(const PeakPool&) = delete;
  ~PeakPool() { clear(); }

  /// A free object, the one that was given back last, or what `make` returns (a std::unique_ptr<T>).
  template <typename Make>
  T& acquire(Make make) {
    std::unique_ptr<T> object;
    if (m_free.empty()) {
      object = make();
    } else {
      object = std::move(m_free.back());
      m_free.pop_back();
    }
    m_peak = std::max(m_peak, ++m_active);
    m_lent.pushBack(*object);
    return *object.release();  // owned by m_lent until it comes back
  }
  /// `object` is free. It is not destroyed inside the call, which may be its own.
  void release(T& object) {
    static_cast<ListHook<>&>(object).unlink();
    --m_active;
    m_free.emplace_back(&object);
  }
  /// Frees what no moment since the last call needed, and returns how many objects that were.
  std::size_t trim() {
    const std::size_t keep = std::max(m_least, m_peak - std::min(m_peak, m_active));
    const std::size_t freed = m_free.size() - std::min(m_free.size(), keep);
    m_free.erase(m_free.end() - static_cast<std::ptrdiff_t>(freed), m_free.end());
    if (m_free.capacity() > 4 * std::max(m_least, m_free.size())) m_free.shrink_to_fit();
    m_peak = m_active;
    return freed;
  }
  /// Whether there is something for later calls of trim to free.
  [[nodiscard]] bool isTrimmable() const noexcept { return m_free.size() > m_least; }
  /// Destroys all, those in use too.
  void clear() {
    while (T* object = m_lent.popFront()) delete object;
    m_free.clear();
    m_active = m_peak = 0;
  }
  [[nodiscard]] std::size_t active() const noexcept { return m_active; }
  [[nodiscard]] std::size_t free() const noexcept { return m_free.size(); }

 private:
  std::size_t m_least;
  std::size_t m_active = 0;
  std::size_t m_peak = 0;  ///< Active at once, since the last trim.
  std::vector<std::unique_ptr<T>> m_free;
  IntrusiveList<T> m_lent;
};

}  // namespace adit
