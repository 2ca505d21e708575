// SPDX-License-Identifier: Apache-2.0
#pragma once
// How far an HTTP/2 peer may send ahead. A window allows its size per round trip; one that is used up in less
// time slows a distant peer down, so it is doubled as long as the content is forwarded as fast as it arrives.
// What connections get beyond their initial windows is taken from a budget, because all of it may have to be
// held when the content stops being forwarded. Parts of an H2ServerSession; the budget belongs to the worker.
// One thread.

#include <cstddef>
#include <cstdint>

#include "core/base/clock.h"

namespace adit::http {

class H2WindowBudget {
 public:
  explicit H2WindowBudget(std::size_t bytes) noexcept : m_total(bytes) {}
  /// What was taken stays taken, even if it exceeds a smaller total.
  void resize(std::size_t bytes) noexcept { m_total = bytes; }
  /// Takes `bytes`; false, and nothing is taken, if less is left.
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
  /// `count` bytes of content were forwarded.
  void consumed(std::size_t count) noexcept { m_consumed += count; }
  /// Content arrived: true if half of the window was forwarded in less than `roundTrip`.
  [[nodiscard]] bool isShort(Timestamp now, Duration roundTrip) noexcept;

 private:
  std::uint32_t m_size = 0;
  std::size_t m_consumed = 0;  ///< Since m_since.
  Timestamp m_since{};
};

}  // namespace adit::http
