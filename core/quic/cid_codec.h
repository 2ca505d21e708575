// SPDX-License-Identifier: Apache-2.0
#pragma once
// Server connection IDs: an AES block that encrypts the worker's number, a check value and random bytes, so
// that an observer cannot link them (RFC 9000 section 5.1). With the key any worker can tell to which one a
// datagram belongs. Owned by an Endpoint; one thread.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "core/base/random.h"
#include "core/base/slab.h"

struct api_cipher_hd_st;

namespace adit::quic {

/// The length of every connection ID a server issues: one cipher block.
inline constexpr std::size_t kServerCidLength = 16;
/// The length of a client's connection IDs, which tell only a few connections apart.
inline constexpr std::size_t kClientCidLength = 8;

class CidCodec {
 public:
  using Block = std::array<std::uint8_t, kServerCidLength>;

  explicit CidCodec(const std::array<std::uint8_t, 32>& key);
  CidCodec(const CidCodec&) = delete;
  CidCodec& operator=(const CidCodec&) = delete;
  ~CidCodec();

  [[nodiscard]] Block encode(std::uint8_t worker, Random& random) const;
  /// The worker's number; nullopt if the ID was not made with this key.
  [[nodiscard]] std::optional<std::uint8_t> decode(ByteView cid) const;

 private:
  api_cipher_hd_st* m_cipher = nullptr;
};

}  // namespace adit::quic
