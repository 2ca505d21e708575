// SPDX-License-Identifier: Apache-2.0
// Builds without a library for the fast ciphers.
#include "core/quic/packet_cipher.h"

namespace adit::quic {

std::unique_ptr<PacketCipher> PacketCipher::createFast(PacketKey /*key*/) noexcept { return nullptr; }
std::unique_ptr<HeaderCipher> HeaderCipher::createFast(PacketKey /*key*/) noexcept { return nullptr; }

const char* PacketCipher::fastestName() noexcept { return "GnuTLS"; }

}  // namespace adit::quic
