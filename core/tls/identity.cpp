// SPDX-License-Identifier: Apache-2.0
#include "core/tls/identity.h"

#include <chrono>

#include <spdlog/fmt/fmt.h>

#include "core/base/files.h"
#include "core/tls/key_pair.h"

namespace adit::tls {

namespace {

constexpr auto kLifetime = std::chrono::hours(24) * 3653;

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

Result<KeyPair> makeKeyPair(std::string_view commonName) {
  CertificateRequest request;
  request.commonName = commonName;
  request.lifetime = kLifetime;
  return makeSelfSigned(request);
}

Result<std::shared_ptr<const Identity>> identityOf(KeyPair pair) {
  const auto pin = pinOf(pair.key.get());
  if (!pin) return fail(pin.error());
  auto credentials = credentialsOf(pair);
  if (!credentials) return fail(std::move(credentials.error()));
  return std::make_shared<const X509Identity>(*pin, std::move(*credentials));
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
    auto pair = loadKeyPair(certificateFile, keyFile);
    if (!pair) return fail(pair.error());
    auto identity = identityOf(std::move(*pair));
    if (!identity) {
      return fail(ErrorCode::Malformed,
                  fmt::format("{} and {} do not belong together", keyFile.string(), certificateFile.string()),
                  identity.error().libraryCode);
    }
    return identity;
  }
  // A crash between writing the two leaves a certificate alone, whose key was never used.
  if (auto made = ensureDirectory(directory, FileSecrecy::Secret); !made) return fail(made.error());
  auto pair = makeKeyPair(commonName);
  if (!pair) return fail(pair.error());
  if (auto stored = storeKeyPair(*pair, certificateFile, keyFile); !stored) return fail(stored.error());
  return identityOf(std::move(*pair));
}

}  // namespace adit::tls
