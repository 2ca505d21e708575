// SPDX-License-Identifier: Apache-2.0
#pragma once
// Timeouts of one length for many objects: a list in order of expiry, and one timer for its front. Restarting
// an item moves it to the end of the list, which is much cheaper than a timer for each request. Owned by a
// worker or client; one loop's thread.

#include "core/base/clock.h"
#include "core/base/intrusive_list.h"
#include "core/net/event_loop.h"

namespace adit::net {

struct TimeoutTag;
class TimeoutItem : public ListHook<TimeoutTag> {
 public:
  virtual ~TimeoutItem() = default;
  /// The time is up. The item has left its queue and may be restarted or destroyed.
  virtual void onTimeout() = 0;
  void cancelTimeout() noexcept { ListHook<TimeoutTag>::unlink(); }
  [[nodiscard]] bool hasTimeout() const noexcept { return ListHook<TimeoutTag>::isLinked(); }

 private:
  friend class TimeoutQueue;
  Timestamp m_due{};
};

class TimeoutQueue {
 public:
  TimeoutQueue(EventLoop& loop, Duration timeout);
  /// The item's onTimeout is called when the queue's timeout has passed from now on, unless the item is
  /// restarted, cancelled or destroyed before. It leaves the queue that it was in.
  void restart(TimeoutItem& item);
  /// Applies to items that are restarted from now on. An item never expires before those in front of it, so a
  /// shorter timeout takes full effect only after the items restarted before have left.
  void setTimeout(Duration timeout) noexcept { m_timeout = timeout; }

 private:
  void expire();

  EventLoop& m_loop;
  Duration m_timeout;
  IntrusiveList<TimeoutItem, TimeoutTag> m_items;
  Timer m_timer;
};

}  // namespace adit::net
