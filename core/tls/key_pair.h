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
  std::string_view commonName;                    ///< 1 to 64 characters.
  std::span<const std::string> dnsNames = {};     ///< Subject alternative names; then it is a web server's.
  std::span<const std::string> ipAddresses = {};  ///< In network byte order.
  std::chrono::hours lifetime{};
};

/// A new ECDSA P-256 key and a certificate it signed itself, valid from a day ago.
Result<KeyPair> makeSelfSigned(const CertificateRequest& request);
/// The key file is refused (InsecurePermissions) where others can read or write it. Errors name the file.
Result<KeyPair> loadKeyPair(const std::filesystem::path& certificateFile,
                            const std::filesystem::path& keyFile);
/// Writes both as PEM, 0600.
Result<> storeKeyPair(const KeyPair& pair, const std::filesystem::path& certificateFile,
                      const std::filesystem::path& keyFile);
/// Credentials with that pair alone; TlsFailure where key and certificate do not belong together.
Result<CredentialsHandle> credentialsOf(const KeyPair& pair);
/// Adds the pair to credentials.
Result<> addTo(gnutls_certificate_credentials_t credentials, const KeyPair& pair);

}  // namespace adit::tls
