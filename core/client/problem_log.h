// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which of the answers that a client makes itself, for want of one from an origin, its user is told: each new
// cause at once, the same one again every ten seconds with the number of requests, so that a crowd of
// visitors at a dead origin makes a line now and then. Owned by the Client; its thread.

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
  /// A request failed. The problem to tell now, with the number of requests it stands for; otherwise it is
  /// kept for takeDue.
  std::optional<OriginProblem> add(OriginProblem problem, Timestamp now);
  /// When takeDue has something; kNever where nothing waits.
  [[nodiscard]] Timestamp due() const noexcept;
  /// What waited for long enough.
  std::vector<OriginProblem> takeDue(Timestamp now);
  /// The tunnel is gone.
  void forget(TunnelId tunnel) { m_tunnels.erase(tunnel); }

 private:
  struct Told {
    OriginProblem last;         ///< The newest, told or not.
    std::string code, message;  ///< Of the one that was told.
    Timestamp at{};             ///< When it was.
    std::uint32_t waiting = 0;  ///< Requests since then.
  };
  static const OriginProblem& tell(Told& told, Timestamp now);

  std::map<TunnelId, Told> m_tunnels;
};

}  // namespace adit::client
