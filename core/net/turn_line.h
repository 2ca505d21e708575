// SPDX-License-Identifier: Apache-2.0
#pragma once
// Visitors whose bytes cost much each (a thousand frames in a slab) wait here for their next turn: a few of
// them go on in each turn of the loop, in order, so that a crowd of them does not hold up everybody else.
// Owned by its worker; one loop's thread.

#include "core/base/intrusive_list.h"
#include "core/net/event_loop.h"

namespace adit::server {

struct TurnTag;

class TurnLine {
 public:
  /// Destruction leaves the line.
  class Waiter : public ListHook<TurnTag> {
   public:
    virtual void onTurn() = 0;

   protected:
    ~Waiter() = default;
  };

  explicit TurnLine(net::EventLoop& loop);
  /// Calls `waiter.onTurn()` in a turn to come. Asking twice is once.
  void wait(Waiter& waiter);

 private:
  void next();

  IntrusiveList<Waiter, TurnTag> m_line;
  net::Timer m_timer;
};

}  // namespace adit::server
