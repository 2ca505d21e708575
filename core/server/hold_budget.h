// SPDX-License-Identifier: Apache-2.0
#pragma once
// What visitors who read slowly may keep waiting in a worker, all together. Each answer's own queue is small,
// but many streams of visitors who open no window add up: to memory, and to QUIC credit that others of the
// tunnel need. While less than half of the budget is used, nobody is bothered. Beyond that those who have
// taken nothing for a while give way, those with the most bytes first; beyond the whole budget those who took
// next to nothing for the longest time do. Owned by its worker; one loop's thread.

#include <cstddef>
#include <vector>

#include "core/base/clock.h"
#include "core/base/intrusive_list.h"
#include "core/net/event_loop.h"

namespace adit::server {

struct HoldTag;

class HoldBudget {
 public:
  /// For a visitor whose every step is seen.
  static constexpr Duration kShortGrace = std::chrono::milliseconds(500);
  /// For one behind a TCP socket, which tells of progress in steps as large as the system's buffer.
  static constexpr Duration kLongGrace = std::chrono::seconds(5);

  /// An answer with bytes that wait for its visitor. It must say update(…, 0) before it goes.
  class Holder : public ListHook<HoldTag> {
   public:
    virtual ~Holder() = default;
    /// Gives its bytes up; it holds nothing any more.
    virtual void onShed() = 0;
    /// How long its visitor may take next to nothing while too much waits.
    [[nodiscard]] virtual Duration grace() const noexcept { return kShortGrace; }
    /// When its visitor took something last, where the holder knows better than by its queue.
    [[nodiscard]] virtual Timestamp lastTaken() const noexcept { return m_since; }

   private:
    friend class HoldBudget;
    std::size_t m_waiting = 0;
    std::size_t m_moved = 0;  ///< Bytes the visitor took since m_since.
    Timestamp m_since{};
  };

  /// `silence`: how long a visitor may take nothing while more than half of `bytes` waits.
  HoldBudget(net::EventLoop& loop, std::size_t bytes, Duration silence);
  /// `waiting` bytes are in the holder's queue now.
  void update(Holder& holder, std::size_t waiting);
  /// Changes how many bytes may wait, and how long a visitor may be silent.
  void resize(std::size_t bytes, Duration silence) noexcept {
    m_bytes = bytes;
    m_silence = silence;
  }
  [[nodiscard]] std::size_t total() const noexcept { return m_total; }
  /// More than half is used.
  [[nodiscard]] bool isBusy() const noexcept { return m_total > m_bytes / 2; }

 private:
  void look();
  void watch();
  std::size_t shedStuck();
  std::size_t shedSilent();
  void shed(Holder& holder);
  Holder* findStuck();

  net::EventLoop& m_loop;
  std::size_t m_bytes;
  Duration m_silence;
  std::size_t m_total = 0;
  IntrusiveList<Holder, HoldTag> m_holders;  ///< Whose visitor took something longest ago comes first.
  std::vector<Holder*> m_silent;             ///< Scratch of shedSilent.
  net::Timer m_timer;
  Timestamp m_nextScan{};  ///< Of all holders.
};

}  // namespace adit::server
