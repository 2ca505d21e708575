// SPDX-License-Identifier: Apache-2.0
#pragma once
// Spreads TLS handshakes over the turns of a loop. A step of one costs as much as dozens of requests, so a
// crowd at the door would hold up everybody who is inside; here it waits in line, some steps a turn. Owned by
// whoever accepts the connections, and outlives them; one loop's thread.

#include "core/base/intrusive_list.h"
#include "core/net/event_loop.h"

namespace adit::tls {

struct PacedTag;
/// A handshake that can go on. Destruction leaves the line.
class PacedHandshake : public ListHook<PacedTag> {
 public:
  virtual void proceed() = 0;

 protected:
  ~PacedHandshake() = default;
};

class HandshakePacer final : private net::Flushable {
 public:
  explicit HandshakePacer(net::EventLoop& loop);
  /// Calls `handshake.proceed()` when it is its turn: in this turn of the loop at the earliest. Asking twice
  /// is once.
  void enqueue(PacedHandshake& handshake);

 private:
  void flush() override;

  net::EventLoop& m_loop;
  IntrusiveList<PacedHandshake, PacedTag> m_line;
  net::Timer m_nextTurn;
};

}  // namespace adit::tls
