// SPDX-License-Identifier: Apache-2.0
#include "core/tls/certificate_store.h"

#include <algorithm>
#include <ctime>
#include <unordered_map>

#include <gnutls/crypto.h>

#include "core/base/log.h"
#include "core/base/random.h"
#include "core/base/slab.h"
#include "core/base/text_hash.h"
#include "core/tls/certificate_issuer.h"
#include "core/tls/key_pair.h"

namespace adit::tls {

namespace {

constexpr std::size_t kMaxDnsName = 255;
using Digest = std::array<std::uint8_t, 32>;
using TicketSecret = std::array<std::uint8_t, 32>;

using NameRoom = std::array<char, kMaxDnsName>;

/// Writes a host name to `room` in the form in which names are compared; empty for what cannot be one.
std::string_view canonical(std::string_view name, NameRoom& room) noexcept {
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  if (name.size() > room.size()) return {};
  std::transform(name.begin(), name.end(), room.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return {room.data(), name.size()};
}

std::string canonical(std::string_view name) {
  NameRoom room;
  return std::string(canonical(name, room));
}

/// One certificate to choose, or several for the same names with keys of different kinds.
struct Entry {
  SharedCredentials credentials;
  std::shared_ptr<CertificateIssuer> issuer;  ///< Set if it is an authority of ours.
  std::vector<std::string> names;             ///< Sorted; wildcards as "*.example.com".
  std::vector<int> keyKinds;
  Digest digest{};  ///< Of what is shown, so that tickets do not outlive it.
  bool selfSigned = false;
};

/// The DNS names a certificate is for; its common name where it has no subject alternative names.
std::vector<std::string> namesOf(gnutls_x509_crt_t certificate) {
  std::vector<std::string> names;
  std::array<char, kMaxDnsName + 1> name{};
  for (unsigned i = 0;; ++i) {
    std::size_t size = name.size();
    const int type = gnutls_x509_crt_get_subject_alt_name(certificate, i, name.data(), &size, nullptr);
    if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) break;
    if (type == GNUTLS_SAN_DNSNAME) names.push_back(canonical({name.data(), size}));
  }
  if (names.empty()) {
    std::size_t size = name.size();
    if (gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name.data(), &size) ==
        0)
      names.push_back(canonical({name.data(), size}));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

/// An expired certificate is still presented: visitors who trust it explicitly may go on, and others learn
/// the reason.
void warnAboutTime(const CertificateFiles& files, gnutls_x509_crt_t certificate) {
  const std::time_t now = std::time(nullptr);
  const std::time_t end = gnutls_x509_crt_get_expiration_time(certificate);
  constexpr std::time_t kDay = 24 * 60 * 60;
  if (end <= now) {
    logWarning("tls", "the certificate in {} has expired", files.certificate.string());
  } else if (end - now < 7 * kDay) {
    logWarning("tls", "the certificate in {} expires in {} day(s)", files.certificate.string(),
               (end - now) / kDay);
  }
  if (gnutls_x509_crt_get_activation_time(certificate) > now)
    logWarning("tls", "the certificate in {} is not valid yet", files.certificate.string());
}

class Store final : public CertificateStore {
 public:
  using Entries = std::vector<Entry>;
  Store(std::shared_ptr<const Entries> entries, const TicketSecret& secret)
      : m_entries(std::move(entries)), m_secret(secret) {
    for (std::size_t index = 0; index < m_entries->size(); ++index) {
      // If two are for the same name, the first one given is used.
      for (const std::string& name : (*m_entries)[index].names) m_byName.emplace(name, index);
    }
  }
  ~Store() override { gnutls_memset(m_secret.data(), 0, m_secret.size()); }

  [[nodiscard]] Result<std::shared_ptr<const CertificateStore>> reload(
      std::span<const CertificateFiles> files) const override {
    return fromFiles(files, m_secret);
  }

  [[nodiscard]] std::shared_ptr<const CertificateStore> withNewTickets() const override {
    return std::make_shared<const Store>(m_entries, newSecret());
  }

  [[nodiscard]] std::size_t choose(std::string_view serverName) const noexcept override {
    NameRoom room;
    std::string_view name = canonical(serverName, room);
    if (name.empty()) return 0;
    if (const auto exact = m_byName.find(name); exact != m_byName.end()) return exact->second;
    const std::size_t dot = name.find('.');
    if (dot == std::string_view::npos || dot == 0) return 0;
    // Write the wildcard over the last letter of the first label.
    room[dot - 1] = '*';
    name.remove_prefix(dot - 1);
    const auto wildcard = m_byName.find(name);
    return wildcard == m_byName.end() ? 0 : wildcard->second;
  }

  [[nodiscard]] SharedCredentials credentials(std::size_t index, std::string_view serverName) const override {
    const Entry& entry = (*m_entries)[index];
    if (entry.issuer != nullptr) {
      NameRoom room;
      if (SharedCredentials made = entry.issuer->credentialsFor(canonical(serverName, room))) return made;
    }
    return entry.credentials;
  }

  [[nodiscard]] bool isSelfSigned(std::size_t index) const noexcept override {
    return (*m_entries)[index].selfSigned;
  }

  [[nodiscard]] TicketKey ticketKey(std::string_view serverName, std::size_t index) const override {
    const Digest& digest = (*m_entries)[index].digest;
    std::string text(asText(digest));
    text += canonical(serverName);
    TicketKey key{};
    gnutls_hmac_fast(GNUTLS_MAC_SHA512, m_secret.data(), m_secret.size(), text.data(), text.size(),
                     key.data());
    return key;
  }

  static TicketSecret newSecret() {
    TicketSecret secret{};
    SecureRandom().fill(secret);
    return secret;
  }

  /// An authority's names have no other pair.
  static Result<> addAuthority(Entries& entries, KeyPair pair, std::string_view domain) {
    if (auto added = add(entries, pair); !added) return added;
    auto issuer = CertificateIssuer::create(std::move(pair), domain);
    if (!issuer) return fail(std::move(issuer.error()));
    entries.back().issuer = std::move(*issuer);
    return {};
  }

  static Result<> add(Entries& entries, const KeyPair& pair) {
    gnutls_x509_crt_t leaf = pair.chain.front().get();
    std::vector<std::string> names = namesOf(leaf);
    const int kind = gnutls_x509_privkey_get_pk_algorithm(pair.key.get());
    const auto sibling = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) {
      return entry.names == names &&
             std::find(entry.keyKinds.begin(), entry.keyKinds.end(), kind) == entry.keyKinds.end();
    });
    const bool selfSigned = gnutls_x509_crt_check_issuer(leaf, leaf) != 0;
    Digest digest{};
    std::size_t size = digest.size();
    if (const int rv = gnutls_x509_crt_get_fingerprint(leaf, GNUTLS_DIG_SHA256, digest.data(), &size);
        rv != 0)
      return tlsFailure("hashing a certificate", rv);
    if (sibling != entries.end()) {
      if (auto added = addTo(sibling->credentials.get(), pair); !added) return added;
      sibling->keyKinds.push_back(kind);
      sibling->selfSigned = sibling->selfSigned || selfSigned;
      for (std::size_t i = 0; i < digest.size(); ++i) sibling->digest[i] ^= digest[i];
      return {};
    }
    auto credentials = credentialsOf(pair);
    if (!credentials) return fail(std::move(credentials.error()));
    entries.push_back({std::move(*credentials), nullptr, std::move(names), {kind}, digest, selfSigned});
    return {};
  }

  static Result<std::shared_ptr<const CertificateStore>> fromFiles(std::span<const CertificateFiles> files,
                                                                   const TicketSecret& secret) {
    if (files.empty()) return fail(ErrorCode::InvalidArgument, "no certificate was given");
    auto entries = std::make_shared<Entries>();
    for (const CertificateFiles& each : files) {
      auto pair = loadKeyPair(each.certificate, each.key);
      if (!pair) return fail(std::move(pair.error()));
      warnAboutTime(each, pair->chain.front().get());
      const auto added = each.issuesFor.empty() ? add(*entries, *pair)
                                                : addAuthority(*entries, std::move(*pair), each.issuesFor);
      if (!added) {
        return fail(
            ErrorCode::Malformed,
            fmt::format("{} and {} do not belong together", each.certificate.string(), each.key.string()),
            added.error().libraryCode);
      }
    }
    return std::make_shared<const Store>(std::move(entries), secret);
  }

 private:
  std::shared_ptr<const Entries> m_entries;
  std::unordered_map<std::string, std::size_t, TextHash, std::equal_to<>> m_byName;
  TicketSecret m_secret;
};

}  // namespace

Result<std::shared_ptr<const CertificateStore>> CertificateStore::load(
    std::span<const CertificateFiles> files) {
  return Store::fromFiles(files, Store::newSecret());
}

Result<std::shared_ptr<const CertificateStore>> CertificateStore::selfSigned(
    std::span<const std::string> names) {
  CertificateRequest request;
  request.commonName = "adit";
  request.dnsNames = names;
  request.lifetime = std::chrono::hours(24) * 365;
  const auto pair = makeSelfSigned(request);
  if (!pair) return fail(pair.error());
  auto entries = std::make_shared<Store::Entries>();
  if (auto added = Store::add(*entries, *pair); !added) return fail(std::move(added.error()));
  return std::make_shared<const Store>(std::move(entries), Store::newSecret());
}

}  // namespace adit::tls
