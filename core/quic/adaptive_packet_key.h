// SPDX-License-Identifier: Apache-2.0
#pragma once
// A packet key that starts with GnuTLS's cipher and switches to the fast one (PacketCipher::createFast) at
// its 256th packet. Creating the fast cipher takes memory and time, which idle connections should not cost.
// Owned through the pointer that ngtcp2 keeps for the key (PacketKeys); one thread.

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "core/quic/packet_secrets.h"

namespace adit::quic {

/// `Cipher` has create() and createFast(), as PacketCipher and HeaderCipher do.
template <typename Cipher>
class AdaptivePacketKey {
 public:
  /// The packet at which it switches.
  static constexpr unsigned kFastFrom = 256;

  /// Null on failure.
  static std::unique_ptr<AdaptivePacketKey> create(PacketKey bytes) noexcept {
    auto cipher = Cipher::create(bytes);
    if (cipher == nullptr) return nullptr;
    return std::unique_ptr<AdaptivePacketKey>(new (std::nothrow) AdaptivePacketKey(std::move(cipher), bytes));
  }
  AdaptivePacketKey(const AdaptivePacketKey&) = delete;
  AdaptivePacketKey& operator=(const AdaptivePacketKey&) = delete;
  ~AdaptivePacketKey() = default;

  /// The cipher for the next packet; to be called once for each.
  [[nodiscard]] Cipher& cipher() noexcept {
    if (m_packets < kFastFrom && ++m_packets == kFastFrom) switchToFastCipher();
    return *m_cipher;
  }

 private:
  AdaptivePacketKey(std::unique_ptr<Cipher> cipher, PacketKey bytes) noexcept : m_cipher(std::move(cipher)) {
    std::copy(bytes.begin(), bytes.end(), m_bytes.begin());
  }
  void switchToFastCipher() noexcept {
    if (auto fast = Cipher::createFast(m_bytes); fast != nullptr) m_cipher = std::move(fast);
    m_bytes.wipe();
  }

  std::unique_ptr<Cipher> m_cipher;
  Secret<kPacketKeyLength> m_bytes;  // wiped when it switches
  unsigned m_packets = 0;
};

}  // namespace adit::quic
