// SPDX-License-Identifier: Apache-2.0
// The fast ciphers, by Intel's IPsec library. Only its single-buffer functions are used: a packet is
// encrypted when ngtcp2 has filled it, so there is never a second one to encrypt at the same time.
#include <array>
#include <cassert>
#include <new>

#include <gnutls/gnutls.h>
#include <intel-ipsec-mb.h>

#include "core/base/encoding.h"
#include "core/quic/packet_cipher.h"

namespace adit::quic {

namespace {

/// Which of the library's routines this processor can execute.
enum class Level : std::uint8_t { None, Avx2, Vaes };

/// The library's functions that are used. Its manager (200 KB), which detects the processor's features and
/// runs self-tests, is needed only to fill this and is freed afterwards.
struct Routines {
  Level level = Level::None;
  aes_gcm_pre_t expandGcmKey = nullptr;
  aes_gcm_enc_dec_t seal = nullptr;
  aes_gcm_enc_dec_t open = nullptr;
  keyexp_t expandKey = nullptr;
  decltype(IMB_MGR::aes128_cfb_one) cfbBlock = nullptr;
};

constexpr std::uint64_t kAvx2Needs = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ | IMB_FEATURE_AVX2;
constexpr std::uint64_t kVaesNeeds = IMB_FEATURE_AVX512_SKX | IMB_FEATURE_VAES | IMB_FEATURE_VPCLMULQDQ;

/// Whether the library's self-test passed and the processor has every feature in `needed`.
bool isUsable(IMB_MGR* manager, std::uint64_t needed) noexcept {
  const std::uint64_t features = manager->features;
  const bool tested = (features & IMB_FEATURE_SELF_TEST) == 0 || (features & IMB_FEATURE_SELF_TEST_PASS) != 0;
  return imb_get_errno(manager) == 0 && tested && (features & needed) == needed;
}

/// Points the manager to the best routines that are faster than GnuTLS. The library checks only the
/// processor. If the operating system does not save these registers, its instructions would be illegal; the
/// compiler's built-in function checks both.
Level choose(IMB_MGR* manager) noexcept {
  if (__builtin_cpu_supports("avx512f") != 0) {
    IMB_ARCH arch = IMB_ARCH_NONE;
    init_mb_mgr_auto(manager, &arch);
    if (arch == IMB_ARCH_AVX512 && isUsable(manager, kVaesNeeds)) return Level::Vaes;
  }
  init_mb_mgr_avx2(manager);
  return isUsable(manager, kAvx2Needs) ? Level::Avx2 : Level::None;
}

/// Level::None if the processor lacks a feature or the library's self-test fails.
const Routines& routines() noexcept {
  static const Routines found = [] {
    Routines made;
    if (__builtin_cpu_supports("avx2") == 0) return made;
    IMB_MGR* manager = alloc_mb_mgr(0);
    if (manager == nullptr) return made;
    if (const Level level = choose(manager); level != Level::None) {
      made = {level,
              manager->gcm128_pre,
              manager->gcm128_enc,
              manager->gcm128_dec,
              manager->keyexp_128,
              manager->aes128_cfb_one};
    }
    free_mb_mgr(manager);
    return made;
  }();
  return found;
}

// The alignment that the library requires of its keys; its public header does not export it.
constexpr std::size_t kAlignment = 64;

class ImbPacketCipher final : public PacketCipher {
 public:
  ImbPacketCipher(const Routines& use, PacketKey key) noexcept : m_use(use) {
    m_use.expandGcmKey(key.data(), &m_key);
  }
  ~ImbPacketCipher() override { gnutls_memset(&m_key, 0, sizeof m_key); }

  bool seal(std::uint8_t* dest, ByteView plaintext, const std::uint8_t* nonce,
            ByteView header) noexcept override {
    gcm_context_data context;
    m_use.seal(&m_key, &context, dest, plaintext.data(), plaintext.size(), nonce, header.data(),
               header.size(), dest + plaintext.size(), kTagLength);
    return true;
  }
  bool open(std::uint8_t* dest, ByteView ciphertext, const std::uint8_t* nonce,
            ByteView header) noexcept override {
    if (ciphertext.size() < kTagLength) return false;
    const ByteView body = ciphertext.first(ciphertext.size() - kTagLength);
    gcm_context_data context;
    std::array<std::uint8_t, kTagLength> tag;
    m_use.open(&m_key, &context, dest, body.data(), body.size(), nonce, header.data(), header.size(),
               tag.data(), tag.size());
    return equalConstantTime(tag, ciphertext.last(kTagLength));
  }

 private:
  const Routines& m_use;
  alignas(kAlignment) gcm_key_data m_key;
};

class ImbHeaderCipher final : public HeaderCipher {
 public:
  ImbHeaderCipher(const Routines& use, PacketKey key) noexcept : m_use(use) {
    RoundKeys decryption;  // unused; the library always expands both
    m_use.expandKey(key.data(), m_roundKeys.data(), decryption.data());
    gnutls_memset(decryption.data(), 0, decryption.size());
  }
  ~ImbHeaderCipher() override { gnutls_memset(m_roundKeys.data(), 0, m_roundKeys.size()); }

  bool encryptBlock(std::uint8_t* dest, const std::uint8_t* sample) noexcept override {
    // CFB encrypts its IV and XORs the text: with a text of zeros the result is the encrypted block.
    constexpr std::array<std::uint8_t, kBlockLength> kZeros{};
    m_use.cfbBlock(dest, kZeros.data(), sample, m_roundKeys.data(), kBlockLength);
    return true;
  }

 private:
  struct alignas(kAlignment) RoundKeys : std::array<std::uint8_t, 11 * kBlockLength> {};
  const Routines& m_use;
  RoundKeys m_roundKeys;
};

}  // namespace

const char* PacketCipher::fastestName() noexcept {
  switch (routines().level) {
    case Level::Vaes:
      return "libIPSec_MB with VAES";
    case Level::Avx2:
      return "libIPSec_MB with AVX2";
    case Level::None:
      break;
  }
  return "GnuTLS";
}

std::unique_ptr<PacketCipher> PacketCipher::createFast(PacketKey key) noexcept {
  const Routines& use = routines();
  if (use.level == Level::None) return nullptr;
  return std::unique_ptr<PacketCipher>(new (std::nothrow) ImbPacketCipher(use, key));
}

std::unique_ptr<HeaderCipher> HeaderCipher::createFast(PacketKey key) noexcept {
  const Routines& use = routines();
  if (use.level == Level::None) return nullptr;
  return std::unique_ptr<HeaderCipher>(new (std::nothrow) ImbHeaderCipher(use, key));
}

}  // namespace adit::quic
