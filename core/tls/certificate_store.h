// SPDX-License-Identifier: Apache-2.0
#pragma once
// The certificates that a TLS server presents, chosen by the name the visitor asks for (SNI, RFC 6066 section
// 3), and the secret with which its session tickets are encrypted. A snapshot: immutable after creation and
// shared between threads; changed files lead to a new one. CertificateSource holds the current one.

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
  std::filesystem::path key;          ///< PEM, without a passphrase, readable by its owner only.
  /// If not empty, the pair is an authority of ours that signs for the names of this domain
  /// (CertificateIssuer).
  std::string issuesFor = {};
  friend bool operator==(const CertificateFiles&, const CertificateFiles&) = default;
};

/// The secret from which GnuTLS derives its ticket keys.
using TicketKey = std::array<std::uint8_t, 64>;

class CertificateStore {
 public:
  /// Reads all pairs; the first is presented to visitors who ask for no name or for an unknown one. Of pairs
  /// for exactly the same names with keys of different kinds (ECDSA and RSA) each visitor gets the one that
  /// it supports. Errors name the file. Blocking.
  static Result<std::shared_ptr<const CertificateStore>> load(std::span<const CertificateFiles> files);
  /// A self-signed certificate in memory, for tests and for servers that live as long as their process.
  static Result<std::shared_ptr<const CertificateStore>> selfSigned(std::span<const std::string> names);
  virtual ~CertificateStore() = default;

  /// Like load; tickets made with this snapshot stay valid where the certificate is the same.
  [[nodiscard]] virtual Result<std::shared_ptr<const CertificateStore>> reload(
      std::span<const CertificateFiles> files) const = 0;
  /// The same certificates with a new ticket secret: visitors with older tickets do a full handshake.
  [[nodiscard]] virtual std::shared_ptr<const CertificateStore> withNewTickets() const = 0;

  /// The index of the certificate for a host name: an exact match, else a wildcard for its first label, else
  /// 0. `serverName`: in any case, with or without a final dot; empty if the visitor named none.
  [[nodiscard]] virtual std::size_t choose(std::string_view serverName) const noexcept = 0;
  /// The certificate with that index, or one that it issued for `serverName` (as for choose).
  [[nodiscard]] virtual std::shared_ptr<gnutls_certificate_credentials_st> credentials(
      std::size_t index, std::string_view serverName) const = 0;
  /// True where no publicly known authority signed the certificate, or those that it issued: visitors are
  /// warned until they trust it explicitly.
  [[nodiscard]] virtual bool isSelfSigned(std::size_t index) const noexcept = 0;
  /// The key for the tickets of one virtual host. It does not decrypt tickets that were made for another name
  /// or with another certificate (RFC 8446 section 4.6.1). `serverName` as for choose.
  [[nodiscard]] virtual TicketKey ticketKey(std::string_view serverName, std::size_t index) const = 0;
};

/// Holds the current snapshot. Any thread. A loop compares `version` before it fetches the snapshot.
class CertificateSource {
 public:
  explicit CertificateSource(std::shared_ptr<const CertificateStore> store) : m_store(std::move(store)) {}
  [[nodiscard]] std::uint64_t version() const noexcept { return m_version.load(std::memory_order_acquire); }
  [[nodiscard]] std::shared_ptr<const CertificateStore> current() const {
    const std::lock_guard lock(m_mutex);
    return m_store;
  }
  /// New handshakes use it; existing connections keep what they began with.
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
