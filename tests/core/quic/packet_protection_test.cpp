// SPDX-License-Identifier: Apache-2.0
// The ciphers of packets by published vectors and against each other, the derivation of their keys, and when
// a key goes over to its fast form.
#include <QtTest>

#include "core/quic/adaptive_packet_key.h"
#include "core/quic/packet_cipher.h"
#include "core/quic/packet_secrets.h"

using namespace adit;
using namespace adit::quic;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes hex(const char* text) {
  const QByteArray bytes = QByteArray::fromHex(text);
  return {bytes.begin(), bytes.end()};
}
PacketKey keyOf(const Bytes& bytes) { return PacketKey(bytes.data(), kPacketKeyLength); }

/// Bytes that differ from place to place and from seed to seed.
Bytes pattern(std::size_t size, std::uint32_t seed) {
  Bytes made(size);
  for (std::uint8_t& byte : made) {
    seed = seed * 1664525U + 1013904223U;
    byte = static_cast<std::uint8_t>(seed >> 24U);
  }
  return made;
}

using MakeCipher = std::unique_ptr<PacketCipher> (*)(PacketKey) noexcept;
using MakeBlock = std::unique_ptr<HeaderCipher> (*)(PacketKey) noexcept;

Bytes sealed(PacketCipher& cipher, const Bytes& plaintext, const Bytes& nonce, const Bytes& header) {
  Bytes out(plaintext.size() + PacketCipher::kTagLength);
  return cipher.seal(out.data(), plaintext, nonce.data(), header) ? out : Bytes();
}
bool opens(PacketCipher& cipher, const Bytes& ciphertext, const Bytes& nonce, const Bytes& header,
           const Bytes& expected) {
  Bytes out(ciphertext.size());
  if (!cipher.open(out.data(), ciphertext, nonce.data(), header)) return false;
  out.resize(ciphertext.size() - PacketCipher::kTagLength);
  return out == expected;
}

/// Stands in for a cipher and tells which form it is.
struct FakeCipher {
  bool isFast = false;
  static inline int plainMade = 0, fastMade = 0;
  static inline bool hasFast = true, hasPlain = true;
  static inline Bytes fastKey;

  static std::unique_ptr<FakeCipher> create(PacketKey) noexcept {
    ++plainMade;
    return hasPlain ? std::make_unique<FakeCipher>() : nullptr;
  }
  static std::unique_ptr<FakeCipher> createFast(PacketKey key) noexcept {
    ++fastMade;
    if (!hasFast) return nullptr;
    fastKey.assign(key.begin(), key.end());
    auto made = std::make_unique<FakeCipher>();
    made->isFast = true;
    return made;
  }
};

}  // namespace

class PacketProtectionTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void knownAnswers_data();
  void knownAnswers();
  void knownMask_data();
  void knownMask();
  void bothFormsAgree();
  void spoiltPacketsDoNotOpen_data();
  void spoiltPacketsDoNotOpen();
  void derivesKeysAsTheStandardDoes();
  void goesOverWhenBusy();
  void staysWhereThereIsNoFastForm();
  void failsWithoutAPlainForm();
};

// Both forms, where there are two.
void PacketProtectionTest::knownAnswers_data() {
  QTest::addColumn<bool>("fast");
  QTest::newRow("GnuTLS") << false;
  if (PacketCipher::createFast(keyOf(Bytes(16))) != nullptr) QTest::newRow("fast") << true;
}

// McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 1, 2 and 4.
void PacketProtectionTest::knownAnswers() {
  QFETCH(bool, fast);
  const MakeCipher make = fast ? PacketCipher::createFast : PacketCipher::create;
  const Bytes zeroKey(16), zeroNonce(12);
  const auto zero = make(keyOf(zeroKey));
  QVERIFY(zero != nullptr);
  QCOMPARE(sealed(*zero, {}, zeroNonce, {}), hex("58e2fccefa7e3061367f1d57a4e7455a"));
  QCOMPARE(sealed(*zero, Bytes(16), zeroNonce, {}),
           hex("0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf"));
  const Bytes key = hex("feffe9928665731c6d6a8f9467308308"), nonce = hex("cafebabefacedbaddecaf888");
  const Bytes header = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const Bytes plaintext =
      hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
          "b16aedf5aa0de657ba637b39");
  const Bytes ciphertext =
      hex("42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05"
          "1ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47");
  const auto cipher = make(keyOf(key));
  QCOMPARE(sealed(*cipher, plaintext, nonce, header), ciphertext);
  QVERIFY(opens(*cipher, ciphertext, nonce, header, plaintext));
  // Where the plaintext was, as ngtcp2 asks for it.
  Bytes place = plaintext;
  place.resize(ciphertext.size());
  QVERIFY(cipher->seal(place.data(), ByteView(place).first(plaintext.size()), nonce.data(), header));
  QCOMPARE(place, ciphertext);
}

void PacketProtectionTest::knownMask_data() { knownAnswers_data(); }

// RFC 9001 appendix A.2.
void PacketProtectionTest::knownMask() {
  QFETCH(bool, fast);
  const MakeBlock make = fast ? HeaderCipher::createFast : HeaderCipher::create;
  const Bytes key = hex("9f50449e04a0e810283a1e9933adedd2"), sample = hex("d1b1c98dd7689fb8ec11d242b123dc9b");
  const auto cipher = make(keyOf(key));
  QVERIFY(cipher != nullptr);
  for (int times = 0; times < 3; ++times) {  // no block depends on the one before it
    Bytes block(HeaderCipher::kBlockLength);
    QVERIFY(cipher->encryptBlock(block.data(), sample.data()));
    block.resize(5);
    QCOMPARE(block, hex("437b9aec36"));
  }
}

void PacketProtectionTest::bothFormsAgree() {
  const Bytes key = pattern(16, 1);
  const auto plain = PacketCipher::create(keyOf(key)), fast = PacketCipher::createFast(keyOf(key));
  const auto block = HeaderCipher::create(keyOf(key)), fastBlock = HeaderCipher::createFast(keyOf(key));
  QVERIFY(plain != nullptr);
  QVERIFY(block != nullptr);
  QCOMPARE(fast == nullptr, fastBlock == nullptr);
  // Every size around the steps of the code inside, and what packets have.
  std::vector<std::size_t> sizes;
  for (std::size_t size = 0; size < 1100; ++size) sizes.push_back(size);
  for (const std::size_t size : {1200, 1232, 1406, 1444, 4096, 16376, 65000}) sizes.push_back(size);
  for (const std::size_t size : sizes) {
    const auto seed = static_cast<std::uint32_t>(size);
    const Bytes text = pattern(size, seed), nonce = pattern(12, seed + 1),
                header = pattern(1 + size % 40, seed);
    const Bytes expected = sealed(*plain, text, nonce, header);
    QVERIFY(opens(*plain, expected, nonce, header, text));
    if (fast == nullptr) continue;
    QVERIFY2(sealed(*fast, text, nonce, header) == expected, qPrintable(QString::number(size)));
    QVERIFY2(opens(*fast, expected, nonce, header, text), qPrintable(QString::number(size)));
    const Bytes sample = pattern(16, seed + 2);
    Bytes one(16), other(16);
    QVERIFY(block->encryptBlock(one.data(), sample.data()));
    QVERIFY(fastBlock->encryptBlock(other.data(), sample.data()));
    QCOMPARE(one, other);
  }
}

void PacketProtectionTest::spoiltPacketsDoNotOpen_data() { knownAnswers_data(); }

void PacketProtectionTest::spoiltPacketsDoNotOpen() {
  QFETCH(bool, fast);
  const MakeCipher make = fast ? PacketCipher::createFast : PacketCipher::create;
  const Bytes key = pattern(16, 2), nonce = pattern(12, 3), header = pattern(20, 4), text = pattern(333, 5);
  const auto cipher = make(keyOf(key));
  const Bytes good = sealed(*cipher, text, nonce, header);
  for (std::size_t at = 0; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] ^= std::uint8_t{1} << (at % 8);
    QVERIFY(!opens(*cipher, bad, nonce, header, text));
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    Bytes out(good.size());
    QVERIFY(!cipher->open(out.data(), ByteView(good).first(size), nonce.data(), header));
  }
  Bytes other = header;
  other.back() ^= 0x80U;
  QVERIFY(!opens(*cipher, good, nonce, other, text));
  other = nonce;
  other[0] ^= 1U;
  QVERIFY(!opens(*cipher, good, other, header, text));
  QVERIFY(!opens(*make(keyOf(pattern(16, 6))), good, nonce, header, text));
  QVERIFY(opens(*cipher, good, nonce, header, text));
}

// RFC 9001 appendix A.1: the client's first keys, derived as those of 1-RTT are.
void PacketProtectionTest::derivesKeysAsTheStandardDoes() {
  PacketSecrets secrets;
  QVERIFY(secrets.derive(hex("c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea")));
  const auto bytes = [](const auto& secret) { return Bytes(secret.begin(), secret.end()); };
  QCOMPARE(bytes(secrets.key), hex("1f369613dd76d5467730efcbe3b1a22d"));
  QCOMPARE(bytes(secrets.iv), hex("fa044b2f42a3fd3b46fb255c"));
  QCOMPARE(bytes(secrets.headerKey), hex("9f50449e04a0e810283a1e9933adedd2"));
}

void PacketProtectionTest::goesOverWhenBusy() {
  FakeCipher::plainMade = FakeCipher::fastMade = 0;
  const Bytes bytes = pattern(16, 7);
  const auto key = AdaptivePacketKey<FakeCipher>::create(keyOf(bytes));
  for (unsigned packet = 1; packet < AdaptivePacketKey<FakeCipher>::kFastFrom; ++packet)
    QVERIFY(!key->cipher().isFast);
  QCOMPARE(FakeCipher::fastMade, 0);
  for (int packet = 0; packet < 1000; ++packet) QVERIFY(key->cipher().isFast);
  QCOMPARE(FakeCipher::fastMade, 1);
  QCOMPARE(FakeCipher::plainMade, 1);
  QCOMPARE(FakeCipher::fastKey, bytes);
}

void PacketProtectionTest::staysWhereThereIsNoFastForm() {
  FakeCipher::fastMade = 0;
  FakeCipher::hasFast = false;
  const auto key = AdaptivePacketKey<FakeCipher>::create(keyOf(Bytes(16)));
  for (int packet = 0; packet < 1000; ++packet) QVERIFY(!key->cipher().isFast);
  QCOMPARE(FakeCipher::fastMade, 1);
  FakeCipher::hasFast = true;
}

void PacketProtectionTest::failsWithoutAPlainForm() {
  FakeCipher::hasPlain = false;
  QVERIFY(AdaptivePacketKey<FakeCipher>::create(keyOf(Bytes(16))) == nullptr);
  FakeCipher::hasPlain = true;
}

QTEST_APPLESS_MAIN(PacketProtectionTest)
#include "packet_protection_test.moc"
