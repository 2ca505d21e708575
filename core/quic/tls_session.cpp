// SPDX-License-Identifier: Apache-2.0
#include "core/quic/tls_session.h"

#include <cstring>

#include <spdlog/fmt/fmt.h>

#include "core/base/encoding.h"
#include "core/quic/endpoint.h"
#include "core/quic/packet_keys.h"

namespace adit::quic {

namespace {

// AES-128 first: processors do it fastest, and each of these ciphers is strong enough.
constexpr const char* kPriorities =
    "%DISABLE_TLS13_COMPAT_MODE:NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+"
    "CHACHA20-POLY1305:"
    "-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1";

tl::unexpected<Error> tlsFailure(std::string_view what, int code) {
  return fail(ErrorCode::TlsFailure, fmt::format("{}: {}", what, gnutls_strerror(code)), code);
}

std::optional<tls::Pin> peerPinOf(gnutls_session_t session) {
  unsigned count = 0;
  const gnutls_datum_t* chain = gnutls_certificate_get_peers(session, &count);
  if (chain == nullptr || count == 0) return std::nullopt;
  gnutls_x509_crt_t raw = nullptr;
  if (gnutls_x509_crt_init(&raw) != 0) return std::nullopt;
  const tls::CertificateHandle certificate(raw);
  if (gnutls_x509_crt_import(raw, &chain[0], GNUTLS_X509_FMT_DER) != 0) return std::nullopt;
  tls::Pin pin;
  std::size_t size = pin.sha256.size();
  if (gnutls_x509_crt_get_key_id(raw, GNUTLS_KEYID_USE_SHA256, pin.sha256.data(), &size) != 0)
    return std::nullopt;
  return pin;
}

}  // namespace

Result<std::unique_ptr<TlsContext>> TlsContext::create(Role role,
                                                       std::shared_ptr<const tls::Identity> identity,
                                                       std::string alpn) {
  if (role == Role::Server && identity == nullptr) {
    return fail(ErrorCode::InvalidArgument, "a QUIC server needs an identity (key and certificate)");
  }
  if (alpn.empty() || alpn.size() > 255) {
    return fail(ErrorCode::InvalidArgument,
                "a QUIC endpoint needs an application protocol name of 1 to 255 bytes");
  }
  auto context = std::unique_ptr<TlsContext>(new TlsContext(role, std::move(identity), std::move(alpn)));
  gnutls_priority_t priority = nullptr;
  if (const int rv = gnutls_priority_init(&priority, kPriorities, nullptr); rv != 0)
    return tlsFailure("TLS priorities", rv);
  context->m_priority.reset(priority);
  if (context->m_identity == nullptr) {
    gnutls_certificate_credentials_t credentials = nullptr;
    if (const int rv = gnutls_certificate_allocate_credentials(&credentials); rv != 0) {
      return tlsFailure("TLS credentials", rv);
    }
    context->m_anonymous.reset(credentials);
  }
  return context;
}

gnutls_certificate_credentials_t TlsContext::credentials() const noexcept {
  return m_identity != nullptr ? m_identity->credentials() : m_anonymous.get();
}

Result<std::unique_ptr<TlsSession>> TlsSession::create(const TlsContext& context, Params params) {
  auto self = std::unique_ptr<TlsSession>(new TlsSession(context, std::move(params)));
  const bool server = context.role() == Role::Server;
  const unsigned flags = (server ? GNUTLS_SERVER : GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT) |
                         GNUTLS_NO_TICKETS | GNUTLS_NO_AUTO_SEND_TICKET | GNUTLS_NO_END_OF_EARLY_DATA;
  gnutls_session_t session = nullptr;
  if (const int rv = gnutls_init(&session, flags); rv != 0) return tlsFailure("starting TLS", rv);
  self->m_session.reset(session);
  self->m_reference.user_data = self.get();
  self->m_reference.get_conn = [](ngtcp2_crypto_conn_ref* reference) {
    return static_cast<TlsSession*>(reference->user_data)->m_connection;
  };
  gnutls_session_set_ptr(session, &self->m_reference);
  if (const int rv = gnutls_priority_set(session, context.priority()); rv != 0)
    return tlsFailure("TLS priorities", rv);
  if (const int rv = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, context.credentials());
      rv != 0) {
    return tlsFailure("TLS credentials", rv);
  }
  std::string alpn = context.alpn();
  const gnutls_datum_t protocol{reinterpret_cast<unsigned char*>(alpn.data()),
                                static_cast<unsigned>(alpn.size())};
  if (const int rv = gnutls_alpn_set_protocols(session, &protocol, 1, GNUTLS_ALPN_MANDATORY); rv != 0) {
    return tlsFailure("the application protocol's name", rv);
  }
  gnutls_session_set_verify_function(session, onVerify);
  if (server) {
    // Requested but not required: a client without one is refused by the layers above, which give a reason.
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
    // GnuTLS accepts clients without the ALPN extension, so check it here.
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_POST,
                                       onClientHello);
  } else if (!self->m_params.serverName.empty()) {
    const int rv = gnutls_server_name_set(session, GNUTLS_NAME_DNS, self->m_params.serverName.data(),
                                          self->m_params.serverName.size());
    if (rv != 0) return tlsFailure("the server's name", rv);
  }
  const int configured = server ? ngtcp2_crypto_gnutls_configure_server_session(session)
                                : ngtcp2_crypto_gnutls_configure_client_session(session);
  if (configured != 0) return fail(ErrorCode::TlsFailure, "TLS cannot be prepared for QUIC");
  gnutls_handshake_set_secret_function(session, onSecrets);  // in place of the library's own
  return self;
}

void TlsSession::attach(ngtcp2_conn* connection) noexcept {
  m_connection = connection;
  ngtcp2_conn_set_tls_native_handle(connection, m_session.get());
}

std::optional<tls::Pin> TlsSession::peerPin() const { return peerPinOf(m_session.get()); }

TlsSession& TlsSession::of(gnutls_session_t session) noexcept {
  const auto* reference = static_cast<const ngtcp2_crypto_conn_ref*>(gnutls_session_get_ptr(session));
  return *static_cast<TlsSession*>(reference->user_data);
}

bool TlsSession::hasAgreedAlpn() const noexcept {
  gnutls_datum_t selected{};
  return gnutls_alpn_get_selected_protocol(m_session.get(), &selected) == 0 &&
         selected.size == m_context.alpn().size() &&
         std::memcmp(selected.data, m_context.alpn().data(), selected.size) == 0;
}

int TlsSession::onClientHello(gnutls_session_t session, unsigned /*type*/, unsigned /*when*/,
                              unsigned /*incoming*/, const gnutls_datum_t* /*message*/) noexcept {
  return of(session).hasAgreedAlpn() ? 0 : GNUTLS_E_NO_APPLICATION_PROTOCOL;
}

int TlsSession::onSecrets(gnutls_session_t session, gnutls_record_encryption_level_t level,
                          const void* receiving, const void* sending, std::size_t length) noexcept {
  const auto view = [length](const void* secret) {
    return secret == nullptr ? ByteView() : ByteView(static_cast<const std::uint8_t*>(secret), length);
  };
  return PacketKeys::install(of(session).m_connection, level, view(receiving), view(sending));
}

int TlsSession::onVerify(gnutls_session_t session) noexcept {
  TlsSession& self = of(session);
  // Any client key is accepted: it is the client's identity, and the handshake proves its possession.
  return self.m_context.role() == Role::Server ? 0 : self.verifyServer();
}

int TlsSession::verifyServer() {
  if (!hasAgreedAlpn()) {
    m_verifyError = Error{ErrorCode::VersionMismatch,
                          fmt::format("the server did not agree to the protocol {}", m_context.alpn())};
    return GNUTLS_E_NO_APPLICATION_PROTOCOL;
  }
  if (!m_params.pin) return 0;
  const std::optional<tls::Pin> presented = peerPin();
  if (presented && equalConstantTime(presented->sha256, m_params.pin->sha256)) return 0;
  m_verifyError = Error{
      ErrorCode::PinMismatch,
      fmt::format("the server's key is {}, but the join link expects {}: the link is of another server or an "
                  "old one, or somebody stands between; ask for a new link",
                  presented ? presented->toString() : "missing", m_params.pin->toString())};
  return GNUTLS_E_CERTIFICATE_ERROR;
}

}  // namespace adit::quic
