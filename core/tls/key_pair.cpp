// SPDX-License-Identifier: Apache-2.0
#include "core/tls/key_pair.h"

#include <array>
#include <chrono>

#include <gnutls/crypto.h>

#include "core/base/files.h"
#include "core/base/random.h"

namespace adit::tls {

namespace {

// A peer whose clock is a little behind must not reject a certificate that was just made.
constexpr auto kBackdate = std::chrono::hours(24);
constexpr std::size_t kMaxFile = 256 * 1024;
constexpr unsigned kMaxChain = 16;

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

int addNames(gnutls_x509_crt_t certificate, const CertificateRequest& request) {
  int rv = 0;
  const auto add = [&](gnutls_x509_subject_alt_name_t type, const std::string& name) {
    if (rv == 0) {
      rv = gnutls_x509_crt_set_subject_alt_name(certificate, type, name.data(),
                                                static_cast<unsigned>(name.size()), GNUTLS_FSAN_APPEND);
    }
  };
  for (const std::string& name : request.dnsNames) add(GNUTLS_SAN_DNSNAME, name);
  for (const std::string& address : request.ipAddresses) add(GNUTLS_SAN_IPADDRESS, address);
  if (rv == 0 && !request.dnsNames.empty())
    rv = gnutls_x509_crt_set_key_purpose_oid(certificate, GNUTLS_KP_TLS_WWW_SERVER, 0);
  return rv;
}

/// Constrains an authority of ours to the domain's names, so that trusting it has no other effect.
int addConstraints(gnutls_x509_crt_t certificate, std::string_view domain) {
  gnutls_x509_name_constraints_t raw = nullptr;
  if (const int rv = gnutls_x509_name_constraints_init(&raw); rv != 0) return rv;
  const UniqueHandle<gnutls_x509_name_constraints_t, gnutls_x509_name_constraints_deinit> constraints(raw);
  const gnutls_datum_t permitted = datumOf(domain);
  int rv = gnutls_x509_name_constraints_add_permitted(raw, GNUTLS_SAN_DNSNAME, &permitted);
  if (rv == 0) rv = gnutls_x509_crt_set_name_constraints(certificate, raw, 1);
  if (rv == 0) rv = gnutls_x509_crt_set_basic_constraints(certificate, 1, 0);  // signs no other authority
  return rv;
}

/// A key identifier, by which a certificate refers to its signer's key (RFC 5280 section 4.2.1.1).
int setKeyIds(gnutls_x509_crt_t certificate, gnutls_x509_crt_t signer) {
  std::array<std::uint8_t, 64> id{};
  std::size_t size = id.size();
  int rv = gnutls_x509_crt_get_key_id(certificate, 0, id.data(), &size);
  if (rv == 0) rv = gnutls_x509_crt_set_subject_key_id(certificate, id.data(), size);
  if (rv != 0 || signer == certificate) return rv;
  size = id.size();
  rv = gnutls_x509_crt_get_key_id(signer, 0, id.data(), &size);
  if (rv == 0) rv = gnutls_x509_crt_set_authority_key_id(certificate, id.data(), size);
  return rv;
}

Result<> fillCertificate(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key,
                         const CertificateRequest& request, gnutls_x509_crt_t signer,
                         gnutls_x509_privkey_t signerKey) {
  std::array<std::uint8_t, 16> serial{};
  SecureRandom().fill(serial);
  serial[0] = static_cast<std::uint8_t>((serial[0] & 0x7fU) | 1U);  // positive and not zero
  const auto now = std::chrono::system_clock::now();
  int rv = gnutls_x509_crt_set_version(certificate, 3);
  if (rv == 0) rv = gnutls_x509_crt_set_serial(certificate, serial.data(), serial.size());
  if (rv == 0) {
    rv = gnutls_x509_crt_set_activation_time(certificate,
                                             std::chrono::system_clock::to_time_t(now - kBackdate));
  }
  if (rv == 0) {
    rv = gnutls_x509_crt_set_expiration_time(certificate,
                                             std::chrono::system_clock::to_time_t(now + request.lifetime));
  }
  if (rv == 0) {
    rv = gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, request.commonName.data(),
                                       static_cast<unsigned>(request.commonName.size()));
  }
  if (rv == 0) rv = gnutls_x509_crt_set_key(certificate, key);
  if (rv == 0) rv = addNames(certificate, request);
  const bool isAuthority = !request.authorityFor.empty();
  const unsigned usage = GNUTLS_KEY_DIGITAL_SIGNATURE | (isAuthority ? GNUTLS_KEY_KEY_CERT_SIGN : 0U);
  if (rv == 0) rv = gnutls_x509_crt_set_key_usage(certificate, usage);
  if (rv == 0 && isAuthority) rv = addConstraints(certificate, request.authorityFor);
  if (rv == 0) rv = setKeyIds(certificate, signer);
  if (rv == 0) rv = gnutls_x509_crt_sign2(certificate, signer, signerKey, GNUTLS_DIG_SHA256, 0);
  if (rv != 0) return tlsFailure("making a certificate", rv);
  return {};
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

Result<PrivateKeyHandle> loadKey(const std::filesystem::path& file) {
  auto text = readFile(file, FileSecrecy::Secret, kMaxFile);
  if (!text) return fail(std::move(text.error()));
  auto key = newKey();
  if (!key) return key;
  const gnutls_datum_t datum = datumOf(*text);
  const int rv = gnutls_x509_privkey_import2(key->get(), &datum, GNUTLS_X509_FMT_PEM, nullptr, 0);
  gnutls_memset(text->data(), 0, text->size());
  if (rv == GNUTLS_E_DECRYPTION_FAILED) {
    return fail(ErrorCode::Unsupported,
                fmt::format("the key in {} has a passphrase, and nobody is there to type it", file.string()),
                rv);
  }
  if (rv != 0) {
    return fail(ErrorCode::Malformed,
                fmt::format("{} holds no private key: {}", file.string(), gnutls_strerror(rv)), rv);
  }
  return key;
}

Result<std::vector<CertificateHandle>> loadChain(const std::filesystem::path& file) {
  auto text = readFile(file, FileSecrecy::Public, kMaxFile);
  if (!text) return fail(std::move(text.error()));
  const gnutls_datum_t datum = datumOf(*text);
  std::array<gnutls_x509_crt_t, kMaxChain> raw{};
  unsigned count = kMaxChain;
  const int rv = gnutls_x509_crt_list_import(raw.data(), &count, &datum, GNUTLS_X509_FMT_PEM,
                                             GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
  gnutls_memset(text->data(), 0, text->size());  // a file may hold the key as well
  if (rv < 1) {
    return fail(ErrorCode::Malformed,
                fmt::format("{} holds no certificate: {}", file.string(), gnutls_strerror(rv)), rv);
  }
  std::vector<CertificateHandle> chain;
  chain.reserve(static_cast<std::size_t>(rv));
  for (int i = 0; i < rv; ++i) chain.emplace_back(raw[static_cast<std::size_t>(i)]);
  return chain;
}

}  // namespace

Result<KeyPair> makeSelfSigned(const CertificateRequest& request) {
  if (request.commonName.empty() || request.commonName.size() > 64) {
    return fail(ErrorCode::InvalidArgument, "a certificate's common name has 1 to 64 characters");
  }
  auto key = makeKey();
  if (!key) return fail(std::move(key.error()));
  auto certificate = newCertificate();
  if (!certificate) return fail(std::move(certificate.error()));
  auto filled = fillCertificate(certificate->get(), key->get(), request, certificate->get(), key->get());
  if (!filled) return fail(std::move(filled.error()));
  KeyPair pair{std::move(*key), {}};
  pair.chain.push_back(std::move(*certificate));
  return pair;
}

Result<PrivateKeyHandle> makeKey() {
  auto key = newKey();
  if (!key) return key;
  const int rv = gnutls_x509_privkey_generate(key->get(), GNUTLS_PK_ECDSA,
                                              GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
  if (rv != 0) return tlsFailure("making a key", rv);
  return key;
}

Result<CertificateHandle> issueCertificate(const CertificateRequest& request, gnutls_x509_privkey_t key,
                                           const KeyPair& authority) {
  auto certificate = newCertificate();
  if (!certificate) return certificate;
  auto filled =
      fillCertificate(certificate->get(), key, request, authority.chain.front().get(), authority.key.get());
  if (!filled) return fail(std::move(filled.error()));
  return certificate;
}

Result<KeyPair> loadKeyPair(const std::filesystem::path& certificateFile,
                            const std::filesystem::path& keyFile) {
  auto key = loadKey(keyFile);
  if (!key) return fail(std::move(key.error()));
  auto chain = loadChain(certificateFile);
  if (!chain) return fail(std::move(chain.error()));
  return KeyPair{std::move(*key), std::move(*chain)};
}

Result<> storeKeyPair(const KeyPair& pair, const std::filesystem::path& certificateFile,
                      const std::filesystem::path& keyFile) {
  auto key = toPem([&](gnutls_datum_t* out) {
    return gnutls_x509_privkey_export2(pair.key.get(), GNUTLS_X509_FMT_PEM, out);
  });
  if (!key) return fail(std::move(key.error()));
  const auto certificate = toPem([&](gnutls_datum_t* out) {
    return gnutls_x509_crt_export2(pair.chain.front().get(), GNUTLS_X509_FMT_PEM, out);
  });
  if (!certificate) return fail(certificate.error());
  // The certificate first: a crash between the two leaves no key without its certificate.
  if (auto written = writeFileAtomically(certificateFile, *certificate, FileSecrecy::Secret); !written)
    return written;
  auto written = writeFileAtomically(keyFile, *key, FileSecrecy::Secret);
  gnutls_memset(key->data(), 0, key->size());
  return written;
}

Result<CredentialsHandle> credentialsOf(const KeyPair& pair) {
  auto credentials = newCredentials();
  if (!credentials) return credentials;
  if (auto added = addTo(credentials->get(), pair); !added) return fail(std::move(added.error()));
  return credentials;
}

Result<CredentialsHandle> credentialsOf(gnutls_x509_crt_t certificate, gnutls_x509_crt_t signer,
                                        gnutls_x509_privkey_t key) {
  auto credentials = newCredentials();
  if (!credentials) return credentials;
  std::array<gnutls_x509_crt_t, 2> chain{certificate, signer};
  const int rv =
      gnutls_certificate_set_x509_key(credentials->get(), chain.data(), static_cast<int>(chain.size()), key);
  if (rv < 0) return tlsFailure("the certificate does not fit the key", rv);
  return credentials;
}

Result<> addTo(gnutls_certificate_credentials_t credentials, const KeyPair& pair) {
  std::array<gnutls_x509_crt_t, kMaxChain> chain{};
  for (std::size_t i = 0; i < pair.chain.size(); ++i) chain[i] = pair.chain[i].get();
  const int rv = gnutls_certificate_set_x509_key(credentials, chain.data(),
                                                 static_cast<int>(pair.chain.size()), pair.key.get());
  if (rv < 0) return tlsFailure("the certificate does not fit the key", rv);
  return {};
}

}  // namespace adit::tls
