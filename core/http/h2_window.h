// SPDX-License-Identifier: Apache-2.0
#pragma once
// How far an HTTP/2 peer may send ahead, and when it may send further. A window is good for its size a round
// trip; one that is used up in less than that holds a far peer back, so it is doubled as long as its content
// leaves as fast as it comes. What connections were granted beyond the windows they begin with comes out of
// a budget, as all of it may be held when whoever takes the content stops. Parts of an H2ServerSession;
// the budget is a worker's. One thread.

#include <cstddef>
#include <cstdint>

#include "core/base/clock.h"

namespace adit::http {

class H2WindowBudget {
 public:
  explicit H2WindowBudget(std::size_t bytes) noexcept : m_total(bytes) {}
  /// What was taken already stays taken, beyond a smaller total, too.
  void resize(std::size_t bytes) noexcept { m_total = bytes; }
  /// False, and nothing is taken, where there is less.
  bool take(std::size_t bytes) noexcept;
  void give(std::size_t bytes) noexcept { m_taken -= bytes; }
  [[nodiscard]] std::size_t left() const noexcept { return m_total > m_taken ? m_total - m_taken : 0; }

 private:
  std::size_t m_total;
  std::size_t m_taken = 0;
};

class H2Window {
 public:
  /// Begins with `size` bytes.
  void start(std::uint32_t size) noexcept;
  [[nodiscard]] std::uint32_t size() const noexcept { return m_size; }
  void grow(std::uint32_t size) noexcept { m_size = size; }
  /// `count` bytes of content left for where they go.
  void consumed(std::size_t count) noexcept { m_consumed += count; }
  /// Content arrived: true where half the window went through in less than `roundTrip`.
  [[nodiscard]] bool isShort(Timestamp now, Duration roundTrip) noexcept;

 private:
  std::uint32_t m_size = 0;
  std::size_t m_consumed = 0;  ///< Since m_since.
  Timestamp m_since{};
};

}  // namespace adit::http
