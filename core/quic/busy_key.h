// SPDX-License-Identifier: Apache-2.0
#pragma once
// A key that begins with the plain form of its cipher and goes over to the fast one when it turns out to be
// busy: making that takes memory and time, which a connection that only keeps itself alive should not cost.
// Owned by whom ngtcp2 keeps its pointer for; one thread.

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "core/quic/packet_secrets.h"

namespace adit::quic {

/// `Cipher` has create() and createFast(), as PacketCipher and HeaderCipher do.
template <typename Cipher>
class BusyKey {
 public:
  /// The packet that makes it a busy one.
  static constexpr unsigned kBusyFrom = 256;

  /// Null on failure.
  static std::unique_ptr<BusyKey> create(PacketKey bytes) noexcept {
    auto cipher = Cipher::create(bytes);
    if (cipher == nullptr) return nullptr;
    return std::unique_ptr<BusyKey>(new (std::nothrow) BusyKey(std::move(cipher), bytes));
  }
  BusyKey(const BusyKey&) = delete;
  BusyKey& operator=(const BusyKey&) = delete;
  ~BusyKey() = default;

  /// For one packet.
  [[nodiscard]] Cipher& cipher() noexcept {
    if (m_packets < kBusyFrom && ++m_packets == kBusyFrom) goOver();
    return *m_cipher;
  }

 private:
  BusyKey(std::unique_ptr<Cipher> cipher, PacketKey bytes) noexcept : m_cipher(std::move(cipher)) {
    std::copy(bytes.begin(), bytes.end(), m_bytes.begin());
  }
  void goOver() noexcept {
    if (auto fast = Cipher::createFast(m_bytes); fast != nullptr) m_cipher = std::move(fast);
    m_bytes.wipe();
  }

  std::unique_ptr<Cipher> m_cipher;
  Secret<kPacketKeyLength> m_bytes;  // until it goes over
  unsigned m_packets = 0;
};

}  // namespace adit::quic
