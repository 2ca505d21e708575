// SPDX-License-Identifier: Apache-2.0
#include "core/tls/self_signed.h"

#include <ctime>

#include "core/base/file_lock.h"
#include "core/base/files.h"
#include "core/tls/key_pair.h"

namespace adit::tls {

namespace {

// Some platforms reject server certificates with a longer lifetime, whoever signed them.
constexpr auto kLifetime = std::chrono::hours(24) * 820;
constexpr auto kRenewBefore = std::chrono::hours(24) * 90;
constexpr std::size_t kMaxCommonName = 64;
constexpr auto kPatience = std::chrono::seconds(5);

/// Most libraries reject wildcard certificates directly below a name without a dot, such as *.localhost.
bool needsIssuing(std::string_view domain) noexcept { return domain.find('.') == std::string_view::npos; }

bool isGoodFor(gnutls_x509_crt_t certificate, const std::string& domain) {
  if (needsIssuing(domain) && gnutls_x509_crt_get_ca_status(certificate, nullptr) <= 0) return false;
  const auto wanted = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + kRenewBefore);
  const std::string below = "name." + domain;
  return gnutls_x509_crt_get_expiration_time(certificate) > wanted &&
         gnutls_x509_crt_check_hostname(certificate, domain.c_str()) != 0 &&
         gnutls_x509_crt_check_hostname(certificate, below.c_str()) != 0;
}

}  // namespace

Result<CertificateFiles> ensureSelfSigned(const std::filesystem::path& directory, std::string_view domain) {
  const std::string name(domain);
  CertificateFiles files{directory / "https.crt", directory / "https.key", needsIssuing(domain) ? name : ""};
  if (auto made = ensureDirectory(directory, FileSecrecy::Secret); !made)
    return fail(std::move(made.error()));
  // Two programs that start at the same time must not leave one's certificate beside the other's key.
  const auto lock = FileLock::acquire(directory / "https.lock", kPatience);
  std::error_code ignored;
  if (std::filesystem::exists(files.key, ignored)) {
    const auto pair = loadKeyPair(files.certificate, files.key);
    if (!pair) return fail(pair.error());
    // Nothing needs to be written then, so a read-only directory will do.
    if (isGoodFor(pair->chain.front().get(), name)) return files;
  }
  if (!lock) return fail(lock.error());
  const std::vector<std::string> names{name, "*." + name};
  std::vector<std::string> addresses;
  if (domain == "localhost") addresses = {std::string("\x7f\0\0\1", 4), std::string(15, '\0') + '\1'};
  CertificateRequest request;
  request.commonName = name.size() <= kMaxCommonName ? domain : std::string_view("adit");
  request.dnsNames = names;
  request.ipAddresses = addresses;
  request.lifetime = kLifetime;
  if (needsIssuing(domain)) request.authorityFor = domain;
  const auto pair = makeSelfSigned(request);
  if (!pair) return fail(pair.error());
  if (auto stored = storeKeyPair(*pair, files.certificate, files.key); !stored)
    return fail(std::move(stored.error()));
  return files;
}

}  // namespace adit::tls
