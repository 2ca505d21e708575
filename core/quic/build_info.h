// SPDX-License-Identifier: Apache-2.0
#pragma once
// What this build sends QUIC packets with, for `adit --version` and the log. Any thread.

#include <string>

namespace adit::quic {

/// "ngtcp2 1.11.0 (bbr, cubic), GnuTLS 3.7.9, packets by libIPSec_MB with VAES": the last part depends on the
/// processor, and is found out by loading that library.
[[nodiscard]] std::string buildInfo();

}  // namespace adit::quic
