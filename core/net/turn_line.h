// SPDX-License-Identifier: Apache-2.0
#pragma once
// A queue for expensive steps: a step of a TLS handshake costs as much as dozens of requests, and so does a
// slab with a thousand HTTP/2 frames. A few of the waiters run in a turn of the loop, in order and no more
// often than once a millisecond (net::Timer), so that a crowd of them delays the loop's other work little. It
// must outlive those who wait in it; one loop's thread.

#include "core/base/intrusive_list.h"
#include "core/net/event_loop.h"

namespace adit::net {

struct TurnTag;

class TurnLine {
 public:
  /// Destroying a waiter removes it from the line.
  class Waiter : public ListHook<TurnTag> {
   public:
    virtual void onTurn() = 0;
    /// Removes it from the line, if it is in it.
    void leaveLine() noexcept { unlink(); }

   protected:
    ~Waiter() = default;
  };

  /// `perTurn`: how many waiters run in a turn, which bounds how long the loop's other work is delayed.
  TurnLine(EventLoop& loop, int perTurn);
  /// Calls `waiter.onTurn()` in a later turn, once, however often it was asked for meanwhile.
  void wait(Waiter& waiter);

 private:
  void next();

  const int m_perTurn;
  IntrusiveList<Waiter, TurnTag> m_line;
  Timer m_timer;
};

}  // namespace adit::net
