// SPDX-License-Identifier: Apache-2.0
#pragma once
// The libraries that this build uses for QUIC, for `adit --version` and the log. Any thread.

#include <string>

namespace adit::quic {

/// "ngtcp2 1.11.0 (bbr, cubic), GnuTLS 3.7.9, packets by libIPSec_MB with VAES". The last part depends on the
/// processor; to find it out, the library is loaded.
[[nodiscard]] std::string buildInfo();

}  // namespace adit::quic
