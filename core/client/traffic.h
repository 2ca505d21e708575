// SPDX-License-Identifier: Apache-2.0
#pragma once
// Counts what passes through a tunnel. One writer (the client's thread), many readers.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/client/status.h"

namespace adit::client {

class Traffic {
 public:
  void addIn(std::size_t bytes) noexcept { add(m_bytesIn, bytes); }
  void addOut(std::size_t bytes) noexcept { add(m_bytesOut, bytes); }
  void requestStarted() noexcept {
    add(m_requests, 1);
    m_active.store(m_active.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  void requestEnded(bool failed) noexcept {
    if (failed) add(m_failures, 1);
    m_active.store(m_active.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  }
  [[nodiscard]] TrafficCounters read() const noexcept {
    return {m_bytesIn.load(std::memory_order_relaxed), m_bytesOut.load(std::memory_order_relaxed),
            m_requests.load(std::memory_order_relaxed), m_failures.load(std::memory_order_relaxed),
            m_active.load(std::memory_order_relaxed)};
  }

 private:
  /// A plain load and store: no locked instruction is needed with one writer.
  static void add(std::atomic<std::uint64_t>& counter, std::uint64_t amount) noexcept {
    counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  std::atomic<std::uint64_t> m_bytesIn{0}, m_bytesOut{0}, m_requests{0}, m_failures{0};
  std::atomic<std::uint32_t> m_active{0};
};

}  // namespace adit::client
