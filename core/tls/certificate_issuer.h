// SPDX-License-Identifier: Apache-2.0
#pragma once
// Issues certificates on demand for the names below a domain, signed by an authority of our own. Most TLS
// libraries reject a wildcard directly below a name without a dot (*.localhost), so each such name gets a
// certificate of its own, made at the first request and kept in memory. Shared by the snapshots of a
// CertificateStore; any thread.

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
  /// How many certificates are kept; the oldest are dropped beyond that and made anew when needed again.
  static constexpr std::size_t kMaxNames = 256;

  /// `authority` signs for `domain` and the names one label below it.
  static Result<std::shared_ptr<CertificateIssuer>> create(KeyPair authority, std::string_view domain);
  CertificateIssuer(const CertificateIssuer&) = delete;
  CertificateIssuer& operator=(const CertificateIssuer&) = delete;

  /// `name`: a host name in lower case, without a final dot. Null for names outside the domain, and where no
  /// certificate can be made.
  SharedCredentials credentialsFor(std::string_view name);

 private:
  CertificateIssuer(KeyPair authority, PrivateKeyHandle key, std::string_view domain)
      : m_authority(std::move(authority)), m_key(std::move(key)), m_domain(domain) {}
  [[nodiscard]] bool isOurs(std::string_view name) const noexcept;

  KeyPair m_authority;
  PrivateKeyHandle m_key;  ///< The key of all certificates that are issued.
  std::string m_domain;
  std::mutex m_mutex;
  std::unordered_map<std::string, SharedCredentials> m_made;
  std::deque<std::string> m_order;  ///< Oldest first.
};

}  // namespace adit::tls
