// SPDX-License-Identifier: Apache-2.0
#pragma once
// Time-outs of one length for many objects: a list in order of expiry and one timer. Restarting an item moves
// it to the end, so a request costs two pointer swaps instead of a timer. Owned by a worker or client; one
// loop's thread.

#include "core/base/clock.h"
#include "core/base/intrusive_list.h"
#include "core/net/event_loop.h"

namespace adit::relay {

struct TimeoutTag;
class TimeoutItem : public ListHook<TimeoutTag> {
 public:
  virtual ~TimeoutItem() = default;
  /// The time is up; the item is out of its queue already.
  virtual void onTimeout() = 0;
  void cancelTimeout() noexcept { ListHook<TimeoutTag>::unlink(); }
  [[nodiscard]] bool hasTimeout() const noexcept { return ListHook<TimeoutTag>::isLinked(); }

 private:
  friend class TimeoutQueue;
  Timestamp m_due{};
};

class TimeoutQueue {
 public:
  TimeoutQueue(net::EventLoop& loop, Duration timeout);
  /// Due in the queue's time from now; leaves whatever queue it was in.
  void restart(TimeoutItem& item);

 private:
  void expire();

  net::EventLoop& m_loop;
  Duration m_timeout;
  IntrusiveList<TimeoutItem, TimeoutTag> m_items;
  net::Timer m_timer;
};

}  // namespace adit::relay
