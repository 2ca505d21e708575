// SPDX-License-Identifier: Apache-2.0
#pragma once
// A private key with its certificate chain as GnuTLS handles: made here (self-signed), read from PEM files,
// and written to them. Used inside core/tls only. Values; any thread, blocking where files are involved.

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/tls/gnutls_handles.h"

namespace adit::tls {

struct KeyPair {
  PrivateKeyHandle key;
  std::vector<CertificateHandle> chain;  ///< The key's own certificate first; never empty.
};

struct CertificateRequest {
  std::string_view commonName;  ///< 1 to 64 characters.
  /// Subject alternative names; with any, the certificate is for a TLS server.
  std::span<const std::string> dnsNames = {};
  std::span<const std::string> ipAddresses = {};  ///< In network byte order.
  std::chrono::hours lifetime{};
  /// If not empty, the certificate is for an authority that may sign for this domain and the names below it,
  /// and for no other names (RFC 5280 section 4.2.1.10).
  std::string_view authorityFor = {};
};

/// A new ECDSA P-256 key and its self-signed certificate, valid from a day ago.
Result<KeyPair> makeSelfSigned(const CertificateRequest& request);
/// A new ECDSA P-256 key.
Result<PrivateKeyHandle> makeKey();
/// A certificate for `key`, signed by `authority`.
Result<CertificateHandle> issueCertificate(const CertificateRequest& request, gnutls_x509_privkey_t key,
                                           const KeyPair& authority);
/// InsecurePermissions where others can read or write the key file. Errors name the file.
Result<KeyPair> loadKeyPair(const std::filesystem::path& certificateFile,
                            const std::filesystem::path& keyFile);
/// Writes both as PEM files with mode 0600.
Result<> storeKeyPair(const KeyPair& pair, const std::filesystem::path& certificateFile,
                      const std::filesystem::path& keyFile);
/// Credentials with that pair alone; TlsFailure where key and certificate do not belong together.
Result<CredentialsHandle> credentialsOf(const KeyPair& pair);
/// Credentials with a certificate and the one that signed it.
Result<CredentialsHandle> credentialsOf(gnutls_x509_crt_t certificate, gnutls_x509_crt_t signer,
                                        gnutls_x509_privkey_t key);
/// Adds the pair to credentials.
Result<> addTo(gnutls_certificate_credentials_t credentials, const KeyPair& pair);

}  // namespace adit::tls
