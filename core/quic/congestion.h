// SPDX-License-Identifier: Apache-2.0
#pragma once
// The congestion control algorithms, their names on the command line, and which of them this build supports.
// Values; any thread.

#include <cstdint>
#include <optional>
#include <string_view>

namespace adit::quic {

enum class Congestion : std::uint8_t {
  Cubic,  ///< RFC 9438. Treats every lost packet as a sign of congestion.
  Bbr,    ///< Measures the path's bandwidth and round trip; loss for other reasons hardly slows it down.
};

/// "cubic", "bbr".
[[nodiscard]] std::string_view congestionName(Congestion congestion) noexcept;
/// The inverse; empty for any other word.
[[nodiscard]] std::optional<Congestion> parseCongestion(std::string_view name) noexcept;
/// Whether the ngtcp2 of this build has a usable BBR, as versions from 1.11 on do.
[[nodiscard]] bool hasBbr() noexcept;
/// Empty if this build supports `congestion`; otherwise a sentence that says why it does not.
[[nodiscard]] std::string_view whyUnavailable(Congestion congestion) noexcept;
/// The algorithm for a connection: `wanted` if this build supports it; otherwise BBR, except towards loopback
/// peers, where no packets are lost and the round trip is too short for pacing: CUBIC.
[[nodiscard]] Congestion chooseCongestion(std::optional<Congestion> wanted, bool loopback) noexcept;

}  // namespace adit::quic
