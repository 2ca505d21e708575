// SPDX-License-Identifier: Apache-2.0
#pragma once
// Decides which failed requests the user is told of, and when: a new cause at once (at most one report a
// second for each tunnel), the same cause again every ten seconds with the number of requests, so that many
// visitors of a service that is down make a line now and then. Each cause is counted by itself. Owned by the
// Client; used on its thread only.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/client/status.h"

namespace adit::client {

class ProblemLog {
 public:
  /// Adds a failed request. Returns the problem if it is to be told now, with the number of requests that it
  /// stands for; otherwise takeDue returns it later.
  std::optional<OriginProblem> add(OriginProblem problem, Timestamp now);
  /// When takeDue has something to return; kNever if nothing waits.
  [[nodiscard]] Timestamp due() const noexcept;
  /// Takes the problems that have waited for long enough.
  std::vector<OriginProblem> takeDue(Timestamp now);
  /// Forgets a tunnel that was removed, and what waits of it.
  void forget(TunnelId tunnel) { m_tunnels.erase(tunnel); }

 private:
  struct Cause {
    OriginProblem newest;
    std::optional<Timestamp> toldAt;  ///< Empty while it was never told.
    std::uint32_t waiting = 0;        ///< Requests since it was told.
  };
  struct Tunnel {
    std::vector<Cause> causes;        ///< At most kMaxCauses.
    std::optional<Timestamp> toldAt;  ///< When any of them was told.
  };
  static Cause& causeOf(Tunnel& tunnel, OriginProblem problem);
  static Timestamp dueAt(const Tunnel& tunnel, const Cause& cause) noexcept;
  static const OriginProblem& tell(Tunnel& tunnel, Cause& cause, Timestamp now);

  std::map<TunnelId, Tunnel> m_tunnels;
};

}  // namespace adit::client
