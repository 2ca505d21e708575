// SPDX-License-Identifier: Apache-2.0
#pragma once
// The last minute of one set of counters, as rates. Each point is the mean over the second before it,
// smoothed with the previous point, so that ten samples a second with few requests still give a smooth curve.
// Callers pass counters and the time at which they were read. Plain C++; one thread.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "core/engine/types.h"

namespace adit::ui {

using SteadyTime = std::chrono::steady_clock::time_point;

struct TrafficRates {
  double bytesIn = 0, bytesOut = 0, requests = 0;  ///< Per second.
};

struct TrafficPoint {
  SteadyTime time;
  TrafficRates rates;
};

class TrafficHistory {
 public:
  static constexpr std::chrono::seconds kSpan{60};
  static constexpr std::chrono::milliseconds kSmoothing{1000};
  static constexpr std::chrono::milliseconds kEasing{600};  ///< Time constant.
  static constexpr std::size_t kCapacity = 720;

  /// Samples must come in order; one that is not later than the newest is ignored. If counters decrease,
  /// because the engine was started again, the history starts again, too.
  void add(SteadyTime time, const engine::TrafficCounters& counters);

  [[nodiscard]] std::size_t size() const { return m_size; }
  /// 0 is the oldest.
  [[nodiscard]] const TrafficPoint& at(std::size_t index) const {
    return m_ring[(m_first + index) % kCapacity].point;
  }
  /// The rates at the newest sample; zero if there are fewer than two.
  [[nodiscard]] TrafficRates current() const;
  /// The newest counters.
  [[nodiscard]] const engine::TrafficCounters& totals() const { return m_totals; }
  /// The maximum of each rate among the points after `since`.
  [[nodiscard]] TrafficRates peak(SteadyTime since) const;
  /// The rates at the point nearest to `time`; empty if there are no points.
  [[nodiscard]] std::optional<TrafficPoint> nearest(SteadyTime time) const;

 private:
  struct Entry {
    TrafficPoint point;
    std::uint64_t bytesIn = 0, bytesOut = 0, requests = 0;
  };
  [[nodiscard]] const Entry& entry(std::size_t index) const { return m_ring[(m_first + index) % kCapacity]; }

  std::array<Entry, kCapacity> m_ring{};
  std::size_t m_first = 0;
  std::size_t m_size = 0;
  engine::TrafficCounters m_totals;
};

/// The history of each tunnel and of all together, filled from snapshots.
class TrafficBook {
 public:
  TrafficBook();
  void add(const engine::Snapshot& snapshot);
  [[nodiscard]] const std::shared_ptr<const TrafficHistory>& total() const { return m_constTotal; }
  /// Never null: an empty history for an unknown tunnel.
  [[nodiscard]] std::shared_ptr<const TrafficHistory> of(engine::TunnelId id) const;

 private:
  std::shared_ptr<TrafficHistory> m_total;
  std::shared_ptr<const TrafficHistory> m_constTotal;
  std::map<engine::TunnelId, std::shared_ptr<TrafficHistory>> m_tunnels;
};

}  // namespace adit::ui
