// SPDX-License-Identifier: Apache-2.0
#pragma once
// The keys of 1-RTT packets as ngtcp2 holds them (RFC 9001 section 5). Two Adit peers always negotiate
// AES-128-GCM, whose keys are our own objects (AdaptivePacketKey); ngtcp2's helpers keep the keys of the
// handshake and of other algorithms. The functions are callbacks of ngtcp2 and GnuTLS, called on the
// connection's thread.

#include "core/quic/ngtcp2_compat.h"

namespace adit::quic {

struct PacketKeys {
  /// Installs what the handshake of `connection` has agreed on (gnutls_handshake_secret_func's arguments).
  static int install(ngtcp2_conn* connection, gnutls_record_encryption_level_t level, ByteView receiving,
                     ByteView sending) noexcept;

  // Members of ngtcp2_callbacks.
  static int encrypt(std::uint8_t* dest, const ngtcp2_crypto_aead* aead,
                     const ngtcp2_crypto_aead_ctx* context, const std::uint8_t* plaintext,
                     std::size_t plaintextLength, const std::uint8_t* nonce, std::size_t nonceLength,
                     const std::uint8_t* header, std::size_t headerLength) noexcept;
  static int decrypt(std::uint8_t* dest, const ngtcp2_crypto_aead* aead,
                     const ngtcp2_crypto_aead_ctx* context, const std::uint8_t* ciphertext,
                     std::size_t ciphertextLength, const std::uint8_t* nonce, std::size_t nonceLength,
                     const std::uint8_t* header, std::size_t headerLength) noexcept;
  static int mask(std::uint8_t* dest, const ngtcp2_crypto_cipher* cipher,
                  const ngtcp2_crypto_cipher_ctx* context, const std::uint8_t* sample) noexcept;
  static int update(ngtcp2_conn* connection, std::uint8_t* receivingSecret, std::uint8_t* sendingSecret,
                    ngtcp2_crypto_aead_ctx* receiving, std::uint8_t* receivingIv,
                    ngtcp2_crypto_aead_ctx* sending, std::uint8_t* sendingIv,
                    const std::uint8_t* currentReceivingSecret, const std::uint8_t* currentSendingSecret,
                    std::size_t secretLength, void* userData) noexcept;
  static void destroyAead(ngtcp2_conn* connection, ngtcp2_crypto_aead_ctx* context, void* userData) noexcept;
  static void destroyCipher(ngtcp2_conn* connection, ngtcp2_crypto_cipher_ctx* context,
                            void* userData) noexcept;
};

}  // namespace adit::quic
