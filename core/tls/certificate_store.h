// SPDX-License-Identifier: Apache-2.0
#pragma once
// The certificates a TLS server shows, chosen by the name the visitor asks for (SNI, RFC 6066 section 3), and
// the secret its session tickets are sealed with. A snapshot: immutable after creation and shared between
// threads; whoever has changed files makes a new one. CertificateSource is where the current one is found.

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"

struct gnutls_certificate_credentials_st;

namespace adit::tls {

struct CertificateFiles {
  std::filesystem::path certificate;  ///< PEM, the chain from the host's own certificate upwards.
  std::filesystem::path key;          ///< PEM, without a passphrase, for its owner's eyes only.
  /// Not empty: the pair is an authority of ours that signs for this domain's names (CertificateIssuer).
  std::string issuesFor = {};
  friend bool operator==(const CertificateFiles&, const CertificateFiles&) = default;
};

/// What GnuTLS derives its ticket keys from.
using TicketKey = std::array<std::uint8_t, 64>;

class CertificateStore {
 public:
  /// Reads all pairs; the first is shown to visitors who ask for no name or an unknown one. Pairs for the
  /// very same names with keys of different kinds (ECDSA beside RSA) serve the same visitors, as each is
  /// able. Errors name the file. Blocking.
  static Result<std::shared_ptr<const CertificateStore>> load(std::span<const CertificateFiles> files);
  /// A self-signed certificate in memory, for tests and for servers that live as long as their process.
  static Result<std::shared_ptr<const CertificateStore>> selfSigned(std::span<const std::string> names);
  virtual ~CertificateStore() = default;

  /// The same as load, and tickets made with this snapshot go on being good where the certificate is the
  /// same.
  [[nodiscard]] virtual Result<std::shared_ptr<const CertificateStore>> reload(
      std::span<const CertificateFiles> files) const = 0;
  /// The same certificates with a new ticket secret: visitors with older tickets do a whole handshake.
  [[nodiscard]] virtual std::shared_ptr<const CertificateStore> withNewTickets() const = 0;

  /// Index of the certificate for a host name: an exact match, else a wildcard that stands for its first
  /// label, else 0. Any case, with or without a final dot; empty for none.
  [[nodiscard]] virtual std::size_t choose(std::string_view serverName) const noexcept = 0;
  /// The certificate with that index, or one that was made by it for `serverName` (as for choose).
  [[nodiscard]] virtual std::shared_ptr<gnutls_certificate_credentials_st> credentials(
      std::size_t index, std::string_view serverName) const = 0;
  /// No authority that others know vouches for it, or for those made by it: visitors are warned until they
  /// trust it by hand.
  [[nodiscard]] virtual bool isSelfSigned(std::size_t index) const noexcept = 0;
  /// The key for tickets of one virtual host: a ticket made for another name, or under another certificate,
  /// does not open with it (RFC 8446 section 4.6.1). `serverName` as for choose.
  [[nodiscard]] virtual TicketKey ticketKey(std::string_view serverName, std::size_t index) const = 0;
};

/// Holds the current snapshot. Any thread; `version` is what a loop looks at before it asks for the snapshot.
class CertificateSource {
 public:
  explicit CertificateSource(std::shared_ptr<const CertificateStore> store) : m_store(std::move(store)) {}
  [[nodiscard]] std::uint64_t version() const noexcept { return m_version.load(std::memory_order_acquire); }
  [[nodiscard]] std::shared_ptr<const CertificateStore> current() const {
    const std::lock_guard lock(m_mutex);
    return m_store;
  }
  /// New handshakes use it; connections that exist keep what they began with.
  void publish(std::shared_ptr<const CertificateStore> store) {
    const std::lock_guard lock(m_mutex);
    m_store = std::move(store);
    m_version.fetch_add(1, std::memory_order_release);
  }

 private:
  mutable std::mutex m_mutex;
  std::shared_ptr<const CertificateStore> m_store;
  std::atomic<std::uint64_t> m_version{1};
};

}  // namespace adit::tls
