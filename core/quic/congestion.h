// SPDX-License-Identifier: Apache-2.0
#pragma once
// The congestion controls a connection can run, their names on the command line, and which of them this build
// has. Values; any thread.

#include <cstdint>
#include <optional>
#include <string_view>

namespace adit::quic {

enum class Congestion : std::uint8_t {
  Cubic,  ///< RFC 9438. Takes every lost packet for a sign of congestion.
  Bbr,    ///< Measures the path's bandwidth and round trip; loss that has other reasons hardly slows it down.
};

/// "cubic", "bbr".
[[nodiscard]] std::string_view congestionName(Congestion congestion) noexcept;
/// The inverse; empty for any other word.
[[nodiscard]] std::optional<Congestion> parseCongestion(std::string_view name) noexcept;
/// Whether the ngtcp2 this was built with has a BBR that can be used: from 1.11 on.
[[nodiscard]] bool hasBbr() noexcept;
/// Empty where `congestion` can be used; otherwise a sentence that says why not.
[[nodiscard]] std::string_view whyUnavailable(Congestion congestion) noexcept;
/// What a connection runs: what was asked for where this build has it, otherwise BBR, and CUBIC towards
/// loopback peers, to which nothing is lost and where the round trip is too short to pace.
[[nodiscard]] Congestion chooseCongestion(std::optional<Congestion> wanted, bool loopback) noexcept;

}  // namespace adit::quic
