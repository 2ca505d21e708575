// SPDX-License-Identifier: Apache-2.0
#pragma once
// The ciphers of 1-RTT packets: AES-128-GCM, and the block cipher that masks headers (RFC 9001 sections 5.3
// and 5.4.3). There are two implementations of each. GnuTLS's is always available. The fast one is Intel's,
// for processors with AVX2 or, better, AVX-512 with VAES. Nanoseconds per packet with GnuTLS and the fast one
// on an EPYC with AVX2: 1,400 bytes 620 and 365, 64 bytes 95 and 48, 16 KiB the same; with AVX-512 and VAES
// the fast one takes a third. It is missing in builds without its library and on other processors. An object
// belongs to one thread; its destructor wipes the key.

#include <cstdint>
#include <memory>
#include <span>

#include "core/base/slab.h"

namespace adit::quic {

inline constexpr std::size_t kPacketKeyLength = 16;
using PacketKey = std::span<const std::uint8_t, kPacketKeyLength>;

class PacketCipher {
 public:
  static constexpr std::size_t kNonceLength = 12;
  static constexpr std::size_t kTagLength = 16;

  /// GnuTLS's cipher; null if the library fails.
  static std::unique_ptr<PacketCipher> create(PacketKey key) noexcept;
  /// The fast cipher; null if this build or this processor has none, or memory is short. The first call in a
  /// process loads some 3 MB of code and takes half a millisecond. Any thread.
  static std::unique_ptr<PacketCipher> createFast(PacketKey key) noexcept;

  /// Which library protects the packets of a busy connection on this machine: "GnuTLS", "libIPSec_MB with
  /// AVX2" or "libIPSec_MB with VAES". Loads what createFast does.
  static const char* fastestName() noexcept;

  virtual ~PacketCipher() = default;
  PacketCipher(const PacketCipher&) = delete;
  PacketCipher& operator=(const PacketCipher&) = delete;

  /// Writes the ciphertext and the tag (kTagLength more bytes) to `dest`, which may be where the plaintext
  /// is. `nonce` has kNonceLength bytes. False: the library failed.
  [[nodiscard]] virtual bool seal(std::uint8_t* dest, ByteView plaintext, const std::uint8_t* nonce,
                                  ByteView header) noexcept = 0;
  /// Writes the plaintext, which is kTagLength bytes shorter. False if the tag (compared in constant time) is
  /// wrong; then what was written must not be used.
  [[nodiscard]] virtual bool open(std::uint8_t* dest, ByteView ciphertext, const std::uint8_t* nonce,
                                  ByteView header) noexcept = 0;

 protected:
  PacketCipher() = default;
};

/// One AES-128 block, of which header protection takes the first five bytes.
class HeaderCipher {
 public:
  static constexpr std::size_t kBlockLength = 16;

  /// As PacketCipher's.
  static std::unique_ptr<HeaderCipher> create(PacketKey key) noexcept;
  static std::unique_ptr<HeaderCipher> createFast(PacketKey key) noexcept;

  virtual ~HeaderCipher() = default;
  HeaderCipher(const HeaderCipher&) = delete;
  HeaderCipher& operator=(const HeaderCipher&) = delete;

  /// Both have kBlockLength bytes. False: the library failed.
  [[nodiscard]] virtual bool encryptBlock(std::uint8_t* dest, const std::uint8_t* sample) noexcept = 0;

 protected:
  HeaderCipher() = default;
};

}  // namespace adit::quic
