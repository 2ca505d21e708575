// SPDX-License-Identifier: Apache-2.0
#pragma once
// The TLS 1.3 part of one QUIC connection (RFC 9001): a GnuTLS session configured for QUIC, ALPN,
// verification of the server's pin, and the peer's identity. The sessions of an Endpoint share a TlsContext.
// Owned by a connection; one thread.

#include <memory>
#include <optional>
#include <string>

#include "core/base/error.h"
#include "core/quic/ngtcp2_compat.h"
#include "core/tls/gnutls_handles.h"
#include "core/tls/identity.h"

namespace adit::quic {

enum class Role : std::uint8_t;

/// Priorities and credentials, made once.
class TlsContext {
 public:
  static Result<std::unique_ptr<TlsContext>> create(Role role, std::shared_ptr<const tls::Identity> identity,
                                                    std::string alpn);
  [[nodiscard]] Role role() const noexcept { return m_role; }
  [[nodiscard]] const std::string& alpn() const noexcept { return m_alpn; }
  [[nodiscard]] gnutls_priority_t priority() const noexcept { return m_priority.get(); }
  [[nodiscard]] gnutls_certificate_credentials_t credentials() const noexcept;

 private:
  TlsContext(Role role, std::shared_ptr<const tls::Identity> identity, std::string alpn)
      : m_role(role), m_identity(std::move(identity)), m_alpn(std::move(alpn)) {}
  Role m_role;
  std::shared_ptr<const tls::Identity> m_identity;
  tls::CredentialsHandle m_anonymous;  // a client without an identity
  tls::PriorityHandle m_priority;
  std::string m_alpn;
};

class TlsSession {
 public:
  struct Params {
    std::string serverName;       ///< Client: SNI, or empty.
    std::optional<tls::Pin> pin;  ///< Client: the pin that the server's key must have.
  };
  static Result<std::unique_ptr<TlsSession>> create(const TlsContext& context, Params params);
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// Connects the session to its connection; to be called before the first packet.
  void attach(ngtcp2_conn* connection) noexcept;
  /// SHA-256 of the peer's public key; empty where it presented no certificate.
  [[nodiscard]] std::optional<tls::Pin> peerPin() const;
  /// Why the peer's verification failed, if more is known than the TLS alert says.
  [[nodiscard]] const std::optional<Error>& verifyError() const noexcept { return m_verifyError; }

 private:
  TlsSession(const TlsContext& context, Params params) : m_context(context), m_params(std::move(params)) {}
  static TlsSession& of(gnutls_session_t session) noexcept;
  static int onVerify(gnutls_session_t session) noexcept;
  static int onSecrets(gnutls_session_t session, gnutls_record_encryption_level_t level,
                       const void* receiving, const void* sending, std::size_t length) noexcept;
  static int onClientHello(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                           const gnutls_datum_t* message) noexcept;
  [[nodiscard]] bool hasAgreedAlpn() const noexcept;
  int verifyServer();

  const TlsContext& m_context;
  Params m_params;
  std::optional<Error> m_verifyError;
  ngtcp2_conn* m_connection = nullptr;
  ngtcp2_crypto_conn_ref m_reference{};
  tls::SessionHandle m_session;  // last: its destruction may still look at the members above
};

}  // namespace adit::quic
