// SPDX-License-Identifier: Apache-2.0
#include "core/tls/identity.h"

#include <chrono>

#include <gnutls/crypto.h>
#include <spdlog/fmt/fmt.h>

#include "core/base/files.h"
#include "core/base/random.h"
#include "core/tls/gnutls_handles.h"

namespace adit::tls {

namespace {

constexpr auto kLifetime = std::chrono::hours(24) * 3653;
// A clock that is a little behind must not refuse a certificate made a moment ago.
constexpr auto kBackdate = std::chrono::hours(24);

tl::unexpected<Error> tlsFailure(std::string_view what, int code) {
  return fail(ErrorCode::TlsFailure, fmt::format("{}: {}", what, gnutls_strerror(code)), code);
}

Result<Pin> pinOf(gnutls_x509_privkey_t key) {
  Pin pin;
  std::size_t size = pin.sha256.size();
  const int rv = gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, pin.sha256.data(), &size);
  if (rv != 0) return tlsFailure("hashing a public key", rv);
  return pin;
}

class X509Identity final : public Identity {
 public:
  X509Identity(Pin pin, CredentialsHandle credentials) noexcept
      : m_pin(pin), m_credentials(std::move(credentials)) {}
  [[nodiscard]] const Pin& pin() const noexcept override { return m_pin; }
  [[nodiscard]] gnutls_certificate_credentials_st* credentials() const noexcept override {
    return m_credentials.get();
  }

 private:
  Pin m_pin;
  CredentialsHandle m_credentials;
};

struct KeyPair {
  PrivateKeyHandle key;
  CertificateHandle certificate;
};

Result<PrivateKeyHandle> newKey() {
  gnutls_x509_privkey_t raw = nullptr;
  if (const int rv = gnutls_x509_privkey_init(&raw); rv != 0) return tlsFailure("allocating a key", rv);
  return PrivateKeyHandle(raw);
}
Result<CertificateHandle> newCertificate() {
  gnutls_x509_crt_t raw = nullptr;
  if (const int rv = gnutls_x509_crt_init(&raw); rv != 0) return tlsFailure("allocating a certificate", rv);
  return CertificateHandle(raw);
}

Result<> fillCertificate(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key,
                         std::string_view commonName) {
  std::array<std::uint8_t, 16> serial{};
  SecureRandom().fill(serial);
  serial[0] = static_cast<std::uint8_t>((serial[0] & 0x7fU) | 1U);  // positive and not zero
  const auto now = std::chrono::system_clock::now();
  const std::string name(commonName);
  int rv = gnutls_x509_crt_set_version(certificate, 3);
  if (rv == 0) rv = gnutls_x509_crt_set_serial(certificate, serial.data(), serial.size());
  if (rv == 0) {
    rv = gnutls_x509_crt_set_activation_time(certificate,
                                             std::chrono::system_clock::to_time_t(now - kBackdate));
  }
  if (rv == 0) {
    rv = gnutls_x509_crt_set_expiration_time(certificate,
                                             std::chrono::system_clock::to_time_t(now + kLifetime));
  }
  if (rv == 0) {
    rv = gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name.data(),
                                       static_cast<unsigned>(name.size()));
  }
  if (rv == 0) rv = gnutls_x509_crt_set_key(certificate, key);
  if (rv == 0) rv = gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_DIGITAL_SIGNATURE);
  if (rv == 0) rv = gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0);
  if (rv != 0) return tlsFailure("making a certificate", rv);
  return {};
}

Result<KeyPair> makeKeyPair(std::string_view commonName) {
  if (commonName.empty() || commonName.size() > 64) {
    return fail(ErrorCode::InvalidArgument, "a certificate's common name has 1 to 64 characters");
  }
  auto key = newKey();
  if (!key) return fail(key.error());
  auto certificate = newCertificate();
  if (!certificate) return fail(certificate.error());
  const int rv = gnutls_x509_privkey_generate(key->get(), GNUTLS_PK_ECDSA,
                                              GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
  if (rv != 0) return tlsFailure("making a key", rv);
  if (auto filled = fillCertificate(certificate->get(), key->get(), commonName); !filled)
    return fail(filled.error());
  return KeyPair{std::move(*key), std::move(*certificate)};
}

Result<std::shared_ptr<const Identity>> identityOf(KeyPair pair) {
  const auto pin = pinOf(pair.key.get());
  if (!pin) return fail(pin.error());
  gnutls_certificate_credentials_t raw = nullptr;
  if (const int rv = gnutls_certificate_allocate_credentials(&raw); rv != 0)
    return tlsFailure("allocating credentials", rv);
  CredentialsHandle credentials(raw);
  gnutls_x509_crt_t chain = pair.certificate.get();
  if (const int rv = gnutls_certificate_set_x509_key(raw, &chain, 1, pair.key.get()); rv < 0) {
    return tlsFailure("the certificate does not fit the key", rv);
  }
  return std::make_shared<const X509Identity>(*pin, std::move(credentials));
}

template <typename Export>
Result<std::string> toPem(Export exportTo) {
  gnutls_datum_t datum{};
  if (const int rv = exportTo(&datum); rv != 0) return tlsFailure("writing PEM", rv);
  std::string text(reinterpret_cast<const char*>(datum.data), datum.size);
  gnutls_memset(datum.data, 0, datum.size);
  gnutls_free(datum.data);
  return text;
}

Result<> store(const KeyPair& pair, const std::filesystem::path& keyFile,
               const std::filesystem::path& certificateFile) {
  auto key = toPem([&](gnutls_datum_t* out) {
    return gnutls_x509_privkey_export2(pair.key.get(), GNUTLS_X509_FMT_PEM, out);
  });
  if (!key) return fail(key.error());
  const auto certificate = toPem([&](gnutls_datum_t* out) {
    return gnutls_x509_crt_export2(pair.certificate.get(), GNUTLS_X509_FMT_PEM, out);
  });
  if (!certificate) return fail(certificate.error());
  // The certificate first: a crash between the two leaves no key without its certificate.
  if (auto written = writeFileAtomically(certificateFile, *certificate, FileSecrecy::Secret); !written)
    return written;
  auto written = writeFileAtomically(keyFile, *key, FileSecrecy::Secret);
  gnutls_memset(key->data(), 0, key->size());
  return written;
}

gnutls_datum_t datumOf(std::string& text) {
  return {reinterpret_cast<unsigned char*>(text.data()), static_cast<unsigned>(text.size())};
}

Result<KeyPair> load(const std::filesystem::path& keyFile, const std::filesystem::path& certificateFile) {
  auto keyText = readFile(keyFile, FileSecrecy::Secret, 64 * 1024);
  if (!keyText) return fail(keyText.error());
  auto key = newKey();
  if (!key) return fail(key.error());
  gnutls_datum_t datum = datumOf(*keyText);
  int rv = gnutls_x509_privkey_import(key->get(), &datum, GNUTLS_X509_FMT_PEM);
  gnutls_memset(keyText->data(), 0, keyText->size());
  if (rv != 0) {
    return fail(ErrorCode::Malformed,
                fmt::format("{} holds no private key: {}", keyFile.string(), gnutls_strerror(rv)), rv);
  }
  auto certificateText = readFile(certificateFile, FileSecrecy::Public, 64 * 1024);
  if (!certificateText) return fail(certificateText.error());
  auto certificate = newCertificate();
  if (!certificate) return fail(certificate.error());
  datum = datumOf(*certificateText);
  rv = gnutls_x509_crt_import(certificate->get(), &datum, GNUTLS_X509_FMT_PEM);
  if (rv != 0) {
    return fail(ErrorCode::Malformed,
                fmt::format("{} holds no certificate: {}", certificateFile.string(), gnutls_strerror(rv)),
                rv);
  }
  return KeyPair{std::move(*key), std::move(*certificate)};
}

}  // namespace

Result<std::shared_ptr<const Identity>> Identity::generate(std::string_view commonName) {
  auto pair = makeKeyPair(commonName);
  if (!pair) return fail(pair.error());
  return identityOf(std::move(*pair));
}

Result<std::shared_ptr<const Identity>> Identity::loadOrCreate(const std::filesystem::path& directory,
                                                               std::string_view stem,
                                                               std::string_view commonName) {
  const auto keyFile = directory / (std::string(stem) + ".key");
  const auto certificateFile = directory / (std::string(stem) + ".crt");
  std::error_code ignored;
  const bool hasKey = std::filesystem::exists(keyFile, ignored);
  if (hasKey) {
    auto pair = load(keyFile, certificateFile);
    if (!pair) return fail(pair.error());
    auto identity = identityOf(std::move(*pair));
    if (!identity) {
      return fail(ErrorCode::TlsFailure,
                  fmt::format("{} and {} do not belong together", keyFile.string(), certificateFile.string()),
                  identity.error().libraryCode);
    }
    return identity;
  }
  // A certificate alone is what a crash between writing the two leaves behind; its key was never used.
  if (auto made = ensureDirectory(directory, FileSecrecy::Secret); !made) return fail(made.error());
  auto pair = makeKeyPair(commonName);
  if (!pair) return fail(pair.error());
  if (auto stored = store(*pair, keyFile, certificateFile); !stored) return fail(stored.error());
  return identityOf(std::move(*pair));
}

}  // namespace adit::tls
