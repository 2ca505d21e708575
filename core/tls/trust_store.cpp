// SPDX-License-Identifier: Apache-2.0
#include "core/tls/trust_store.h"

#include <spdlog/fmt/fmt.h>

#include "core/base/files.h"
#include "core/tls/gnutls_handles.h"

namespace adit::tls {

namespace {

/// Distributions' bundles of authorities have a few hundred kilobytes.
constexpr std::size_t kMaxBundle = 4 << 20;

enum class Verifies : std::uint8_t { No, Yes };

class Credentials final : public TrustStore {
 public:
  Credentials(CredentialsHandle credentials, Verifies verifies) noexcept
      : m_credentials(std::move(credentials)), m_verifies(verifies) {}
  [[nodiscard]] bool verifies() const noexcept override { return m_verifies == Verifies::Yes; }
  [[nodiscard]] gnutls_certificate_credentials_st* credentials() const noexcept override {
    return m_credentials.get();
  }

 private:
  CredentialsHandle m_credentials;
  Verifies m_verifies;
};

}  // namespace

Result<std::shared_ptr<const TrustStore>> TrustStore::systemDefault() {
  auto credentials = newCredentials();
  if (!credentials) return fail(std::move(credentials.error()));
  const int count = gnutls_certificate_set_x509_system_trust(credentials->get());
  if (count < 0) return tlsFailure("reading the system's certificate authorities", count);
  if (count == 0) {
    return fail(ErrorCode::TlsFailure,
                "this system trusts no certificate authority: install its CA certificates, or name a file");
  }
  return std::make_shared<const Credentials>(std::move(*credentials), Verifies::Yes);
}

Result<std::shared_ptr<const TrustStore>> TrustStore::fromFile(const std::filesystem::path& bundle) {
  auto text = readFile(bundle, FileSecrecy::Public, kMaxBundle);
  if (!text) return fail(std::move(text.error()));
  auto credentials = newCredentials();
  if (!credentials) return fail(std::move(credentials.error()));
  const gnutls_datum_t datum = datumOf(*text);
  const int count = gnutls_certificate_set_x509_trust_mem(credentials->get(), &datum, GNUTLS_X509_FMT_PEM);
  if (count <= 0) {
    return fail(ErrorCode::Malformed, fmt::format("{} holds no certificate in PEM", bundle.string()), count);
  }
  return std::make_shared<const Credentials>(std::move(*credentials), Verifies::Yes);
}

Result<std::shared_ptr<const TrustStore>> TrustStore::insecure() {
  auto credentials = newCredentials();
  if (!credentials) return fail(std::move(credentials.error()));
  return std::make_shared<const Credentials>(std::move(*credentials), Verifies::No);
}

}  // namespace adit::tls
