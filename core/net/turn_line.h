// SPDX-License-Identifier: Apache-2.0
#pragma once
// A line for those whose next step costs much: a step of a TLS handshake is worth dozens of requests, and so
// is a slab with a thousand frames. A few of them go on in a turn of the loop, in order and no more often
// than every millisecond (net::Timer), so that a crowd does not hold up everybody else. Outlives who waits in
// it, or at least their wait; one loop's thread.

#include "core/base/intrusive_list.h"
#include "core/net/event_loop.h"

namespace adit::net {

struct TurnTag;

class TurnLine {
 public:
  /// Destruction leaves the line.
  class Waiter : public ListHook<TurnTag> {
   public:
    virtual void onTurn() = 0;
    /// Out of the line, if in it.
    void leaveLine() noexcept { unlink(); }

   protected:
    ~Waiter() = default;
  };

  /// `perTurn`: how many go on in a turn; what that many steps take is what others wait.
  TurnLine(EventLoop& loop, int perTurn);
  /// Calls `waiter.onTurn()` in a turn to come. Asking twice is once.
  void wait(Waiter& waiter);

 private:
  void next();

  const int m_perTurn;
  IntrusiveList<Waiter, TurnTag> m_line;
  Timer m_timer;
};

}  // namespace adit::net
