// SPDX-License-Identifier: Apache-2.0
#include "core/quic/build_info.h"

#include <gnutls/gnutls.h>
#include <spdlog/fmt/fmt.h>

#include "core/quic/ngtcp2_compat.h"
#include "core/quic/packet_cipher.h"

namespace adit::quic {

std::string buildInfo() {
  return fmt::format("ngtcp2 {} ({}), GnuTLS {}, packets by {}", ngtcp2_version(0)->version_str,
                     hasBbr() ? "bbr, cubic" : "cubic", gnutls_check_version(nullptr),
                     PacketCipher::fastestName());
}

}  // namespace adit::quic
