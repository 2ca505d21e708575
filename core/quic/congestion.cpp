// SPDX-License-Identifier: Apache-2.0
#include "core/quic/congestion.h"

#include "core/quic/ngtcp2_compat.h"

namespace adit::quic {

std::string_view congestionName(Congestion congestion) noexcept {
  return congestion == Congestion::Bbr ? "bbr" : "cubic";
}

std::optional<Congestion> parseCongestion(std::string_view name) noexcept {
  if (name == "bbr") return Congestion::Bbr;
  if (name == "cubic") return Congestion::Cubic;
  return std::nullopt;
}

bool hasBbr() noexcept { return ng::kHasBbr; }

std::string_view whyUnavailable(Congestion congestion) noexcept {
  if (congestion != Congestion::Bbr || hasBbr()) return {};
  return "this build has no BBR: it was built with ngtcp2 " NGTCP2_VERSION ", and BBR needs 1.11";
}

Congestion chooseCongestion(std::optional<Congestion> wanted, bool loopback) noexcept {
  const Congestion chosen = wanted.value_or(loopback ? Congestion::Cubic : Congestion::Bbr);
  return chosen == Congestion::Bbr && !hasBbr() ? Congestion::Cubic : chosen;
}

}  // namespace adit::quic
