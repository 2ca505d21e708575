// SPDX-License-Identifier: Apache-2.0
#pragma once
// Server connection IDs: one AES block over the worker's number, a check value and random bytes (RFC 9000
// section 5.1: an observer can link nothing). Who holds the key reads the worker back, so a datagram that
// arrived elsewhere finds its way. Owned by an Endpoint; one thread.

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
/// A client's own; it needs to tell few connections apart.
inline constexpr std::size_t kClientCidLength = 8;

class CidCodec {
 public:
  using Block = std::array<std::uint8_t, kServerCidLength>;

  explicit CidCodec(const std::array<std::uint8_t, 32>& key);
  CidCodec(const CidCodec&) = delete;
  CidCodec& operator=(const CidCodec&) = delete;
  ~CidCodec();

  [[nodiscard]] Block encode(std::uint8_t worker, Random& random) const;
  /// The worker, or nothing where the ID was not made with this key.
  [[nodiscard]] std::optional<std::uint8_t> decode(ByteView cid) const;

 private:
  api_cipher_hd_st* m_cipher = nullptr;
};

}  // namespace adit::quic
