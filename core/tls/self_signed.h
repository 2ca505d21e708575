// SPDX-License-Identifier: Apache-2.0
#pragma once
// The certificate of a server that was given none: for its domain and the names below it, signed by itself.
// main thread; blocking.

#include <filesystem>
#include <string_view>

#include "core/tls/certificate_store.h"

namespace adit::tls {

/// Reads or makes `directory`/https.crt and https.key (0600) for `domain` and *.domain (for localhost also
/// its loopback addresses). Made anew when the domain is another one or the end of its time is near; a
/// damaged pair is an error that names the file. Below a domain without a dot wildcards are not accepted:
/// there it is an authority for the domain's names alone, and each gets a certificate signed by it
/// (CertificateFiles::issuesFor).
Result<CertificateFiles> ensureSelfSigned(const std::filesystem::path& directory, std::string_view domain);

}  // namespace adit::tls
