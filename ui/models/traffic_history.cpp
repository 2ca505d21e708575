// SPDX-License-Identifier: Apache-2.0
#include "ui/models/traffic_history.h"

#include <algorithm>
#include <cmath>

namespace adit::ui {
namespace {

constexpr double kNothing = 0.05;

}  // namespace

void TrafficHistory::add(SteadyTime time, const engine::TrafficCounters& counters) {
  if (m_size > 0) {
    const Entry& newest = entry(m_size - 1);
    if (time <= newest.point.time) return;
    if (counters.bytesIn < newest.bytesIn || counters.bytesOut < newest.bytesOut ||
        counters.requests < newest.requests) {
      m_size = 0;
    }
  }
  m_totals = counters;

  Entry next{.point = {.time = time, .rates = {}},
             .bytesIn = counters.bytesIn,
             .bytesOut = counters.bytesOut,
             .requests = counters.requests};
  if (m_size > 0) {
    // The youngest sample that is old enough, or the oldest there is.
    std::size_t index = m_size - 1;
    while (index > 0 && time - entry(index).point.time < kSmoothing) --index;
    const Entry& base = entry(index);
    // While the history is shorter than the smoothing span, the whole span is the divisor, so that the first
    // two samples make no spike.
    const double seconds =
        std::chrono::duration<double>(std::max<SteadyTime::duration>(time - base.point.time, kSmoothing))
            .count();
    const TrafficPoint& previous = entry(m_size - 1).point;
    const double share = 1 - std::exp(-std::chrono::duration<double>(time - previous.time) / kEasing);
    const auto eased = [&](std::uint64_t now, std::uint64_t before, double rate) {
      const double mean = static_cast<double>(now - before) / seconds;
      const double value = rate + (mean - rate) * share;
      // Exponential smoothing never reaches zero, so values too small to be shown become zero.
      return mean == 0 && value < kNothing ? 0 : value;
    };
    next.point.rates = {.bytesIn = eased(next.bytesIn, base.bytesIn, previous.rates.bytesIn),
                        .bytesOut = eased(next.bytesOut, base.bytesOut, previous.rates.bytesOut),
                        .requests = eased(next.requests, base.requests, previous.rates.requests)};
  }
  if (m_size == kCapacity) {
    m_first = (m_first + 1) % kCapacity;
    --m_size;
  }
  m_ring[(m_first + m_size) % kCapacity] = next;
  ++m_size;
}

TrafficRates TrafficHistory::current() const { return m_size == 0 ? TrafficRates{} : at(m_size - 1).rates; }

TrafficRates TrafficHistory::peak(SteadyTime since) const {
  TrafficRates peak;
  for (std::size_t i = m_size; i-- > 0;) {
    const TrafficPoint& point = at(i);
    if (point.time <= since) break;
    peak.bytesIn = std::max(peak.bytesIn, point.rates.bytesIn);
    peak.bytesOut = std::max(peak.bytesOut, point.rates.bytesOut);
    peak.requests = std::max(peak.requests, point.rates.requests);
  }
  return peak;
}

std::optional<TrafficPoint> TrafficHistory::nearest(SteadyTime time) const {
  std::optional<TrafficPoint> best;
  for (std::size_t i = 0; i < m_size; ++i) {
    const TrafficPoint& point = at(i);
    const auto distance = [time](const TrafficPoint& p) {
      return p.time > time ? p.time - time : time - p.time;
    };
    if (!best || distance(point) < distance(*best)) best = point;
  }
  return best;
}

TrafficBook::TrafficBook() : m_total(std::make_shared<TrafficHistory>()), m_constTotal(m_total) {}

void TrafficBook::add(const engine::Snapshot& snapshot) {
  m_total->add(snapshot.taken, snapshot.total);
  for (const auto& tunnel : snapshot.tunnels) {
    auto& history = m_tunnels[tunnel.id];
    if (!history) history = std::make_shared<TrafficHistory>();
    history->add(snapshot.taken, tunnel.traffic);
  }
  std::erase_if(m_tunnels, [&snapshot](const auto& item) {
    return std::ranges::find(snapshot.tunnels, item.first, &engine::TunnelSnapshot::id) ==
           snapshot.tunnels.end();
  });
}

std::shared_ptr<const TrafficHistory> TrafficBook::of(engine::TunnelId id) const {
  const auto it = m_tunnels.find(id);
  return it == m_tunnels.end() ? std::make_shared<const TrafficHistory>()
                               : std::shared_ptr<const TrafficHistory>(it->second);
}

}  // namespace adit::ui
