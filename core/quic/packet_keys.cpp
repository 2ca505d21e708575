// SPDX-License-Identifier: Apache-2.0
#include "core/quic/packet_keys.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>

#include "core/quic/adaptive_packet_key.h"
#include "core/quic/packet_cipher.h"
#include "core/quic/packet_secrets.h"

namespace adit::quic {

namespace {

// The longest of any cipher of QUIC (RFC 9001 section 5.3).
constexpr std::size_t kMaxKeyLength = 32;

using AeadKey = AdaptivePacketKey<PacketCipher>;
using HeaderKey = AdaptivePacketKey<HeaderCipher>;

// ngtcp2 keeps one pointer for a key, of its helpers or ours, and passes it to callbacks without user data.
// To tell them apart, ours points one byte into the key object: no helper's pointer has its lowest bit set.
constexpr std::ptrdiff_t kMark = 1;

bool isOurs(const void* handle) noexcept { return (reinterpret_cast<std::uintptr_t>(handle) & kMark) != 0; }

/// Null for a helper's key.
template <typename T>
T* keyOf(void* handle) noexcept {
  return isOurs(handle) ? reinterpret_cast<T*>(static_cast<std::byte*>(handle) - kMark) : nullptr;
}

/// The pointer for ngtcp2 to keep, which owns the key from then on.
template <typename T>
void* handleOf(std::unique_ptr<T> key) noexcept {
  static_assert(alignof(T) > kMark);
  return reinterpret_cast<std::byte*>(key.release()) + kMark;
}

bool isAes128Gcm(ngtcp2_conn* connection) noexcept {
  const auto session = static_cast<gnutls_session_t>(ngtcp2_conn_get_tls_native_handle(connection));
  return gnutls_cipher_get(session) == GNUTLS_CIPHER_AES_128_GCM;
}

enum class Direction : std::uint8_t { Receiving, Sending };

/// The key, IV and header protection key of a 1-RTT secret (RFC 9001 section 5.1), installed in one
/// direction.
int installKey(ngtcp2_conn* connection, ByteView secret, Direction direction) noexcept {
  PacketSecrets derived;
  if (!derived.derive(secret)) return -1;
  auto key = AeadKey::create(derived.key);
  auto headerKey = HeaderKey::create(derived.headerKey);
  if (key == nullptr || headerKey == nullptr) return -1;
  ngtcp2_crypto_aead_ctx aead{handleOf(std::move(key))};
  ngtcp2_crypto_cipher_ctx header{handleOf(std::move(headerKey))};
  const auto give =
      direction == Direction::Receiving ? ngtcp2_conn_install_rx_key : ngtcp2_conn_install_tx_key;
  if (give(connection, secret.data(), secret.size(), &aead, derived.iv.data(), derived.iv.size(), &header) ==
      0)
    return 0;
  PacketKeys::destroyAead(connection, &aead, nullptr);
  PacketKeys::destroyCipher(connection, &header, nullptr);
  return -1;
}

/// Replaces a helper's key by one of ours.
bool replaceKey(ngtcp2_conn* connection, ngtcp2_crypto_aead_ctx& context, PacketKey bytes) noexcept {
  auto key = AeadKey::create(bytes);
  if (key == nullptr) return false;
  ngtcp2_crypto_delete_crypto_aead_ctx_cb(connection, &context, nullptr);
  context.native_handle = handleOf(std::move(key));
  return true;
}

}  // namespace

int PacketKeys::install(ngtcp2_conn* connection, gnutls_record_encryption_level_t level, ByteView receiving,
                        ByteView sending) noexcept {
  if (level == GNUTLS_ENCRYPTION_LEVEL_APPLICATION && isAes128Gcm(connection)) {
    if (!receiving.empty() && installKey(connection, receiving, Direction::Receiving) != 0) return -1;
    return sending.empty() ? 0 : installKey(connection, sending, Direction::Sending);
  }
  const auto quicLevel = ngtcp2_crypto_gnutls_from_gnutls_record_encryption_level(level);
  if (!receiving.empty() &&
      ngtcp2_crypto_derive_and_install_rx_key(connection, nullptr, nullptr, nullptr, quicLevel,
                                              receiving.data(), receiving.size()) != 0)
    return -1;
  if (sending.empty()) return 0;
  return ngtcp2_crypto_derive_and_install_tx_key(connection, nullptr, nullptr, nullptr, quicLevel,
                                                 sending.data(), sending.size());
}

int PacketKeys::encrypt(std::uint8_t* dest, const ngtcp2_crypto_aead* aead,
                        const ngtcp2_crypto_aead_ctx* context, const std::uint8_t* plaintext,
                        std::size_t plaintextLength, const std::uint8_t* nonce, std::size_t nonceLength,
                        const std::uint8_t* header, std::size_t headerLength) noexcept {
  if (auto* key = keyOf<AeadKey>(context->native_handle); key != nullptr) {
    const bool sealed = key->cipher().seal(dest, {plaintext, plaintextLength}, nonce, {header, headerLength});
    return sealed ? 0 : int{NGTCP2_ERR_CALLBACK_FAILURE};
  }
  return ngtcp2_crypto_encrypt_cb(dest, aead, context, plaintext, plaintextLength, nonce, nonceLength, header,
                                  headerLength);
}

int PacketKeys::decrypt(std::uint8_t* dest, const ngtcp2_crypto_aead* aead,
                        const ngtcp2_crypto_aead_ctx* context, const std::uint8_t* ciphertext,
                        std::size_t ciphertextLength, const std::uint8_t* nonce, std::size_t nonceLength,
                        const std::uint8_t* header, std::size_t headerLength) noexcept {
  if (auto* key = keyOf<AeadKey>(context->native_handle); key != nullptr) {
    const bool authentic =
        key->cipher().open(dest, {ciphertext, ciphertextLength}, nonce, {header, headerLength});
    return authentic ? 0 : int{NGTCP2_ERR_DECRYPT};
  }
  return ngtcp2_crypto_decrypt_cb(dest, aead, context, ciphertext, ciphertextLength, nonce, nonceLength,
                                  header, headerLength);
}

int PacketKeys::mask(std::uint8_t* dest, const ngtcp2_crypto_cipher* cipher,
                     const ngtcp2_crypto_cipher_ctx* context, const std::uint8_t* sample) noexcept {
  if (auto* key = keyOf<HeaderKey>(context->native_handle); key != nullptr) {
    std::array<std::uint8_t, HeaderCipher::kBlockLength> block;
    if (!key->cipher().encryptBlock(block.data(), sample)) return NGTCP2_ERR_CALLBACK_FAILURE;
    std::copy_n(block.begin(), NGTCP2_HP_MASKLEN, dest);
    return 0;
  }
  return ngtcp2_crypto_hp_mask_cb(dest, cipher, context, sample);
}

int PacketKeys::update(ngtcp2_conn* connection, std::uint8_t* receivingSecret, std::uint8_t* sendingSecret,
                       ngtcp2_crypto_aead_ctx* receiving, std::uint8_t* receivingIv,
                       ngtcp2_crypto_aead_ctx* sending, std::uint8_t* sendingIv,
                       const std::uint8_t* currentReceivingSecret, const std::uint8_t* currentSendingSecret,
                       std::size_t secretLength, void* /*userData*/) noexcept {
  Secret<kMaxKeyLength> receivingBytes, sendingBytes;
  if (ngtcp2_crypto_update_key(connection, receivingSecret, sendingSecret, receiving, receivingBytes.data(),
                               receivingIv, sending, sendingBytes.data(), sendingIv, currentReceivingSecret,
                               currentSendingSecret, secretLength) != 0)
    return NGTCP2_ERR_CALLBACK_FAILURE;
  if (!isAes128Gcm(connection)) return 0;
  if (replaceKey(connection, *receiving, std::span(receivingBytes).first<kPacketKeyLength>()) &&
      replaceKey(connection, *sending, std::span(sendingBytes).first<kPacketKeyLength>()))
    return 0;
  destroyAead(connection, receiving, nullptr);
  destroyAead(connection, sending, nullptr);
  return NGTCP2_ERR_CALLBACK_FAILURE;
}

void PacketKeys::destroyAead(ngtcp2_conn* connection, ngtcp2_crypto_aead_ctx* context,
                             void* userData) noexcept {
  if (isOurs(context->native_handle)) {
    delete keyOf<AeadKey>(context->native_handle);
  } else {
    ngtcp2_crypto_delete_crypto_aead_ctx_cb(connection, context, userData);
  }
}

void PacketKeys::destroyCipher(ngtcp2_conn* connection, ngtcp2_crypto_cipher_ctx* context,
                               void* userData) noexcept {
  if (isOurs(context->native_handle)) {
    delete keyOf<HeaderKey>(context->native_handle);
  } else {
    ngtcp2_crypto_delete_crypto_cipher_ctx_cb(connection, context, userData);
  }
}

}  // namespace adit::quic
