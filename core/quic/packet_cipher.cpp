// SPDX-License-Identifier: Apache-2.0
// The ciphers that use GnuTLS.
#include "core/quic/packet_cipher.h"

#include <array>
#include <new>

#include <gnutls/crypto.h>

#include "core/tls/gnutls_handles.h"

namespace adit::quic {

namespace {

using AeadHandle = tls::UniqueHandle<gnutls_aead_cipher_hd_t, gnutls_aead_cipher_deinit>;
using CipherHandle = tls::UniqueHandle<gnutls_cipher_hd_t, gnutls_cipher_deinit>;

// GnuTLS declares keys without const; it only reads them.
gnutls_datum_t datumOf(PacketKey key) noexcept {
  return {const_cast<unsigned char*>(key.data()), static_cast<unsigned>(key.size())};
}

class GnutlsPacketCipher final : public PacketCipher {
 public:
  explicit GnutlsPacketCipher(AeadHandle handle) noexcept : m_handle(std::move(handle)) {}

  bool seal(std::uint8_t* dest, ByteView plaintext, const std::uint8_t* nonce,
            ByteView header) noexcept override {
    std::size_t size = plaintext.size() + kTagLength;
    return gnutls_aead_cipher_encrypt(m_handle.get(), nonce, kNonceLength, header.data(), header.size(),
                                      kTagLength, plaintext.data(), plaintext.size(), dest, &size) == 0;
  }
  bool open(std::uint8_t* dest, ByteView ciphertext, const std::uint8_t* nonce,
            ByteView header) noexcept override {
    if (ciphertext.size() < kTagLength) return false;
    std::size_t size = ciphertext.size() - kTagLength;
    return gnutls_aead_cipher_decrypt(m_handle.get(), nonce, kNonceLength, header.data(), header.size(),
                                      kTagLength, ciphertext.data(), ciphertext.size(), dest, &size) == 0;
  }

 private:
  AeadHandle m_handle;
};

class GnutlsHeaderCipher final : public HeaderCipher {
 public:
  explicit GnutlsHeaderCipher(CipherHandle handle) noexcept : m_handle(std::move(handle)) {}

  bool encryptBlock(std::uint8_t* dest, const std::uint8_t* sample) noexcept override {
    // GnuTLS has no ECB mode; CBC with a zero IV is the same for a single block.
    std::array<std::uint8_t, kBlockLength> zero{};
    gnutls_cipher_set_iv(m_handle.get(), zero.data(), zero.size());
    return gnutls_cipher_encrypt2(m_handle.get(), sample, kBlockLength, dest, kBlockLength) == 0;
  }

 private:
  CipherHandle m_handle;
};

}  // namespace

std::unique_ptr<PacketCipher> PacketCipher::create(PacketKey key) noexcept {
  const gnutls_datum_t datum = datumOf(key);
  gnutls_aead_cipher_hd_t handle = nullptr;
  if (gnutls_aead_cipher_init(&handle, GNUTLS_CIPHER_AES_128_GCM, &datum) != 0) return nullptr;
  return std::unique_ptr<PacketCipher>(new (std::nothrow) GnutlsPacketCipher(AeadHandle(handle)));
}

std::unique_ptr<HeaderCipher> HeaderCipher::create(PacketKey key) noexcept {
  const gnutls_datum_t datum = datumOf(key);
  std::array<std::uint8_t, kBlockLength> zero{};
  const gnutls_datum_t iv{zero.data(), static_cast<unsigned>(zero.size())};
  gnutls_cipher_hd_t handle = nullptr;
  if (gnutls_cipher_init(&handle, GNUTLS_CIPHER_AES_128_CBC, &datum, &iv) != 0) return nullptr;
  return std::unique_ptr<HeaderCipher>(new (std::nothrow) GnutlsHeaderCipher(CipherHandle(handle)));
}

}  // namespace adit::quic
