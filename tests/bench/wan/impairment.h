// SPDX-License-Identifier: Apache-2.0
#pragma once
// One direction of an imperfect network path: a bottleneck with a queue in front of it, then a wire with
// delay, jitter, loss, duplicates and reordering. It decides when each packet arrives, if at all, and holds
// no packet itself. The same seed and the same packets at the same times give the same decisions. Owned by
// the link program (link.cpp); one thread.

#include <cstddef>
#include <cstdint>
#include <random>

#include "core/base/clock.h"

namespace adit::bench {

struct ImpairmentParams {
  Duration delay{};   ///< One way.
  Duration jitter{};  ///< Added or taken away at most, uniformly. Packets stay in order.
  double loss = 0;    ///< Share of the packets, 0 to 1, each lost independently.
  double duplicates = 0;
  double reordered = 0;             ///< Share of the packets that leave their place.
  Duration displacement{};          ///< How much later these arrive; earlier where negative.
  double bitsPerSecond = 0;         ///< Of the bottleneck; 0: no limit.
  std::size_t queueBytes = 262144;  ///< In front of the bottleneck; what finds it full is dropped.
};

struct ImpairmentCounters {
  std::uint64_t packets = 0, delivered = 0, lost = 0, overflowed = 0, duplicated = 0, reordered = 0, cut = 0;
};

class Impairment {
 public:
  enum class Fate : std::uint8_t { Delivered, Lost, QueueFull, Cut };
  struct Decision {
    Fate fate = Fate::Delivered;
    Timestamp arrival{};  ///< Where delivered; never before the packet was offered.
    bool duplicated = false;
  };

  Impairment(const ImpairmentParams& params, std::uint64_t seed) : m_params(params), m_random(seed) {}
  /// A packet of that many bytes (IP header included) enters at `now`, which never goes back.
  Decision offer(std::size_t bytes, Timestamp now);
  /// While the path is cut nothing passes, and nobody is told.
  void setCut(bool cut) noexcept { m_cut = cut; }
  [[nodiscard]] const ImpairmentCounters& counters() const noexcept { return m_counters; }

 private:
  /// Uniform in [0, 1).
  double uniform();

  ImpairmentParams m_params;
  std::mt19937_64 m_random;
  ImpairmentCounters m_counters;
  Timestamp m_bottleneckFree{};  ///< When the last byte that was admitted has passed the bottleneck.
  Timestamp m_lastArrival{};     ///< Of packets in order.
  bool m_cut = false;
};

}  // namespace adit::bench
