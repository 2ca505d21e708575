// SPDX-License-Identifier: Apache-2.0
#pragma once
// Secret bytes that wipe themselves, and the derivation of packet keys from a 1-RTT secret (RFC 9001 section
// 5.1) for AES-128-GCM. Values.

#include <array>
#include <cstdint>
#include <optional>

#include <gnutls/gnutls.h>

#include "core/quic/packet_cipher.h"

namespace adit::quic {

template <std::size_t kSize>
struct Secret : std::array<std::uint8_t, kSize> {
  Secret() noexcept : std::array<std::uint8_t, kSize>{} {}
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(); }
  void wipe() noexcept { gnutls_memset(this->data(), 0, kSize); }
};

struct PacketSecrets {
  Secret<kPacketKeyLength> key;
  Secret<PacketCipher::kNonceLength> iv;
  Secret<kPacketKeyLength> headerKey;

  /// Derives all three by HKDF with SHA-256, the hash of that cipher suite; false if the library fails.
  [[nodiscard]] bool derive(ByteView secret) noexcept;
};

}  // namespace adit::quic
