// SPDX-License-Identifier: Apache-2.0
#pragma once
// A tunnel on the client: what it exposes, how it stands with the server, its traffic, and its origin
// connections. Owned by the Client and shared with the requests in flight; the client's thread, except for
// the counters, which any thread may read.

#include <atomic>
#include <memory>
#include <string>

#include "core/client/origin_pool.h"
#include "core/client/status.h"
#include "core/client/target.h"

namespace adit::client {

/// One writer (the client's thread), many readers.
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

struct Tunnel {
  TunnelId id = 0;
  TunnelSpec spec;
  Target target;
  bool started = true;
  TunnelState state = TunnelState::Connecting;
  std::string assignedName;  ///< What the server gave; asked for again after a reconnection.
  std::string url;
  Error error;
  bool hasError = false;
  std::shared_ptr<Traffic> traffic = std::make_shared<Traffic>();
  std::unique_ptr<OriginPool> origins;
};

}  // namespace adit::client
