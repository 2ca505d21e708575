// SPDX-License-Identifier: Apache-2.0
#include "core/quic/cid_codec.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

namespace adit::quic {

namespace {

// These bytes after the worker's number are zero in our IDs, so that a foreign ID passes only once in 2^24.
constexpr std::size_t kCheckLength = 3;

}  // namespace

// CBC over one block with a zero IV is the plain block cipher, which GnuTLS does not offer.
CidCodec::CidCodec(const std::array<std::uint8_t, 32>& key) {
  std::array<std::uint8_t, 32> copy = key;
  Block zero{};
  const gnutls_datum_t keyDatum{copy.data(), static_cast<unsigned>(copy.size())};
  const gnutls_datum_t ivDatum{zero.data(), static_cast<unsigned>(zero.size())};
  // Fails only if the library has no AES; then QUIC would not work at all.
  if (gnutls_cipher_init(&m_cipher, GNUTLS_CIPHER_AES_256_CBC, &keyDatum, &ivDatum) != 0) std::abort();
}

CidCodec::~CidCodec() { gnutls_cipher_deinit(m_cipher); }

CidCodec::Block CidCodec::encode(std::uint8_t worker, Random& random) const {
  Block block{};
  block[0] = worker;
  random.fill(std::span(block).subspan(1 + kCheckLength));
  Block zero{};
  gnutls_cipher_set_iv(m_cipher, zero.data(), zero.size());
  if (gnutls_cipher_encrypt(m_cipher, block.data(), block.size()) != 0) std::abort();
  return block;
}

std::optional<std::uint8_t> CidCodec::decode(ByteView cid) const {
  if (cid.size() != kServerCidLength) return std::nullopt;
  Block block{};
  std::memcpy(block.data(), cid.data(), block.size());
  Block zero{};
  gnutls_cipher_set_iv(m_cipher, zero.data(), zero.size());
  if (gnutls_cipher_decrypt(m_cipher, block.data(), block.size()) != 0) return std::nullopt;
  const bool ours =
      std::all_of(block.begin() + 1, block.begin() + 1 + kCheckLength, [](std::uint8_t b) { return b == 0; });
  return ours ? std::optional(block[0]) : std::nullopt;
}

}  // namespace adit::quic
