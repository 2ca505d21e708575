// SPDX-License-Identifier: Apache-2.0
#pragma once
// What visitors who read slowly may keep waiting in a worker, all together. Each answer's own queue is small,
// but many streams of visitors who open no window add up: to memory, and to QUIC credit that others of the
// tunnel need. Beyond the budget those give way who took next to nothing for the longest time. Owned by its
// worker; one loop's thread.

#include <cstddef>

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

   private:
    friend class HoldBudget;
    std::size_t m_waiting = 0;
    std::size_t m_moved = 0;  ///< Bytes the visitor took since m_since.
    Timestamp m_since{};
  };

  HoldBudget(net::EventLoop& loop, std::size_t bytes);
  /// `waiting` bytes are in the holder's queue now.
  void update(Holder& holder, std::size_t waiting);
  /// Changes how many bytes may wait.
  void resize(std::size_t bytes) noexcept { m_bytes = bytes; }
  [[nodiscard]] std::size_t total() const noexcept { return m_total; }

 private:
  void shed();
  Holder* findStuck();

  net::EventLoop& m_loop;
  std::size_t m_bytes;
  std::size_t m_total = 0;
  IntrusiveList<Holder, HoldTag> m_holders;  ///< Whose visitor took something longest ago comes first.
  net::Timer m_timer;
};

}  // namespace adit::server
