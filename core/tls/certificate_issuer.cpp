// SPDX-License-Identifier: Apache-2.0
#include "core/tls/certificate_issuer.h"

#include <algorithm>
#include <chrono>

#include "core/base/log.h"

namespace adit::tls {

namespace {

constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxCommonName = 64;

bool isLabel(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxLabel && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace

Result<std::shared_ptr<CertificateIssuer>> CertificateIssuer::create(KeyPair authority,
                                                                     std::string_view domain) {
  auto key = makeKey();
  if (!key) return fail(std::move(key.error()));
  return std::shared_ptr<CertificateIssuer>(
      new CertificateIssuer(std::move(authority), std::move(*key), domain));
}

bool CertificateIssuer::isOurs(std::string_view name) const noexcept {
  if (name == m_domain) return true;
  if (!name.ends_with(m_domain)) return false;
  name.remove_suffix(m_domain.size());
  if (!name.ends_with('.')) return false;
  name.remove_suffix(1);
  return isLabel(name);
}

SharedCredentials CertificateIssuer::credentialsFor(std::string_view name) {
  if (!isOurs(name)) return nullptr;
  const std::string dnsName(name);
  const std::lock_guard lock(m_mutex);
  if (const auto known = m_made.find(dnsName); known != m_made.end()) return known->second;

  gnutls_x509_crt_t signer = m_authority.chain.front().get();
  const auto end = std::chrono::system_clock::from_time_t(gnutls_x509_crt_get_expiration_time(signer));
  CertificateRequest request;
  request.commonName = dnsName.size() <= kMaxCommonName ? name : std::string_view("adit");
  request.dnsNames = {&dnsName, 1};
  request.lifetime = std::chrono::duration_cast<std::chrono::hours>(end - std::chrono::system_clock::now());
  auto certificate = issueCertificate(request, m_key.get(), m_authority);
  if (!certificate) {
    logError("tls", "no certificate for {}: {}", name, certificate.error().describe());
    return nullptr;
  }
  auto credentials = credentialsOf(certificate->get(), signer, m_key.get());
  if (!credentials) {
    logError("tls", "no certificate for {}: {}", name, credentials.error().describe());
    return nullptr;
  }
  if (m_order.size() >= kMaxNames) {
    m_made.erase(m_order.front());
    m_order.pop_front();
  }
  m_order.push_back(dnsName);
  SharedCredentials shared(std::move(*credentials));
  m_made.emplace(dnsName, shared);
  return shared;
}

}  // namespace adit::tls
