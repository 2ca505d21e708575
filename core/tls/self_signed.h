// SPDX-License-Identifier: Apache-2.0
#pragma once
// The self-signed certificate of a server that was given none, for its domain and the names below it. Main
// thread; blocking.

#include <filesystem>
#include <string_view>

#include "core/tls/certificate_store.h"

namespace adit::tls {

/// Reads or makes `directory`/https.crt and https.key (0600) for `domain` and *.domain (for localhost also
/// its loopback addresses). The pair is made anew when the domain is another one or the certificate expires
/// soon; a damaged pair is an error that names the file. TLS libraries reject wildcards below a domain
/// without a dot. For such a domain the pair is an authority for the domain's names alone, and each name gets
/// a certificate signed by it (CertificateFiles::issuesFor).
Result<CertificateFiles> ensureSelfSigned(const std::filesystem::path& directory, std::string_view domain);

}  // namespace adit::tls
