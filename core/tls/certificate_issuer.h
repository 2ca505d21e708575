// SPDX-License-Identifier: Apache-2.0
#pragma once
// Certificates made on demand for the names below a domain, by an authority of our own. Most TLS libraries
// take no wildcard directly below a name without a dot (*.localhost), so each such name has a certificate of
// its own, made when it is first asked for and kept in memory. Shared by the snapshots of a CertificateStore;
// any thread.

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/tls/key_pair.h"

namespace adit::tls {

using SharedCredentials = std::shared_ptr<gnutls_certificate_credentials_st>;

class CertificateIssuer {
 public:
  /// Names that are remembered; beyond it the oldest are made anew when they are asked for again.
  static constexpr std::size_t kMaxNames = 256;

  /// `authority` signs for `domain` and the names one label below it.
  static Result<std::shared_ptr<CertificateIssuer>> create(KeyPair authority, std::string_view domain);
  CertificateIssuer(const CertificateIssuer&) = delete;
  CertificateIssuer& operator=(const CertificateIssuer&) = delete;

  /// For a host name in small letters, without a final dot. Null for names that are not the domain's and
  /// where none can be made.
  SharedCredentials credentialsFor(std::string_view name);

 private:
  CertificateIssuer(KeyPair authority, PrivateKeyHandle key, std::string_view domain)
      : m_authority(std::move(authority)), m_key(std::move(key)), m_domain(domain) {}
  [[nodiscard]] bool isOurs(std::string_view name) const noexcept;

  KeyPair m_authority;
  PrivateKeyHandle m_key;  ///< Of all the certificates that are made.
  std::string m_domain;
  std::mutex m_mutex;
  std::unordered_map<std::string, SharedCredentials> m_made;
  std::deque<std::string> m_order;  ///< Oldest first.
};

}  // namespace adit::tls
