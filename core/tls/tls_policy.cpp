// SPDX-License-Identifier: Apache-2.0
// What a TlsEngine decides: which ciphers, which certificate, and the text of errors.
#include "core/tls/tls_engine.h"
#include "core/tls/tls_priorities.h"

namespace adit::tls {

namespace {

// AES-128 first: processors do it fastest, and each of these ciphers is strong enough.
constexpr const char* kPriorities =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:+AES-128-GCM:"
    "+AES-256-GCM:+CHACHA20-POLY1305:-MAC-ALL:+AEAD:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-"
    "SECP384R1:"
    "%SERVER_PRECEDENCE";

constexpr unsigned kServerNameExtension = 0;
constexpr std::uint8_t kHostName = 0;
constexpr std::size_t kMaxHostName = 255;

/// The first host_name of a server_name extension (RFC 6066 section 3); nothing where it is malformed.
std::optional<std::string_view> hostNameIn(ByteView data) noexcept {
  const auto number = [&data](std::size_t at) {
    return static_cast<std::size_t>(data[at]) << 8U | data[at + 1];
  };
  if (data.size() < 5 || number(0) != data.size() - 2 || data[2] != kHostName) return std::nullopt;
  const std::size_t size = number(3);
  if (size == 0 || size > kMaxHostName || size > data.size() - 5) return std::nullopt;
  const std::string_view name = asText(data.subspan(5, size));
  if (name.find('\0') != std::string_view::npos) return std::nullopt;
  return name;
}

std::string sentenceOf(unsigned status, const std::string& name) {
  const std::string whose = name.empty() ? std::string("the server") : name;
  if ((status & GNUTLS_CERT_EXPIRED) != 0) return fmt::format("the certificate of {} has expired", whose);
  if ((status & GNUTLS_CERT_NOT_ACTIVATED) != 0)
    return fmt::format("the certificate of {} is not valid yet", whose);
  if ((status & GNUTLS_CERT_REVOKED) != 0) return fmt::format("the certificate of {} was revoked", whose);
  if ((status & (GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNER_NOT_CA)) != 0)
    return fmt::format("the certificate of {} is not signed by a trusted authority", whose);
  if ((status & GNUTLS_CERT_UNEXPECTED_OWNER) != 0)
    return fmt::format("the certificate that was presented is not for {}", whose);
  if ((status & GNUTLS_CERT_INSECURE_ALGORITHM) != 0)
    return fmt::format("the certificate of {} is signed with an algorithm that is not secure any more",
                       whose);
  return fmt::format("the certificate of {} is not valid", whose);
}

}  // namespace

Result<gnutls_priority_t> streamPriorities() {
  // Never freed: sessions of all threads refer to it.
  static const auto made = [] {
    std::pair<PriorityHandle, int> result;
    gnutls_priority_t raw = nullptr;
    result.second = gnutls_priority_init(&raw, kPriorities, nullptr);
    result.first.reset(raw);
    return result;
  }();
  if (made.second != 0) return tlsFailure("TLS priorities", made.second);
  return made.first.get();
}

int TlsEngine::onClientHello(gnutls_session_t session, unsigned /*type*/, unsigned /*when*/,
                             unsigned /*incoming*/, const gnutls_datum_t* message) noexcept {
  return of(gnutls_session_get_ptr(session)).chooseHost(*message);
}

int TlsEngine::onExtension(void* pointer, unsigned type, const unsigned char* data, unsigned size) noexcept {
  if (type != kServerNameExtension) return 0;
  TlsEngine& self = of(pointer);
  const std::optional<std::string_view> name = hostNameIn({data, size});
  self.m_nameIsBad = !name;
  if (name) self.m_serverName.assign(*name);
  return 0;
}

int TlsEngine::chooseHost(const gnutls_datum_t& hello) {
  const std::string before = std::exchange(m_serverName, {});
  const int rv = gnutls_ext_raw_parse(this, onExtension, &hello, GNUTLS_EXT_RAW_FLAG_TLS_CLIENT_HELLO);
  // A TLS 1.2 hello may have no extensions.
  if (rv < 0 && rv != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) return rv;
  if (m_nameIsBad) return GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER;
  if (!m_serverName.empty() && m_serverName.back() == '.') m_serverName.pop_back();
  for (char& c : m_serverName) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  // A second hello (after HelloRetryRequest) may not ask for another name.
  if (m_helloSeen) return m_serverName == before ? 0 : GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER;
  m_helloSeen = true;
  const std::size_t index = m_certificate = m_store->choose(m_serverName);
  gnutls_session_t session = m_session.get();
  m_credentials = m_store->credentials(index, m_serverName);
  const int set = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, m_credentials.get());
  if (set != 0) return set;
  TicketKey key = m_store->ticketKey(m_serverName, index);
  const gnutls_datum_t datum{key.data(), static_cast<unsigned>(key.size())};
  const int enabled = gnutls_session_ticket_enable_server(session, &datum);
  gnutls_memset(key.data(), 0, key.size());
  return enabled;
}

bool TlsEngine::speaksFor(std::string_view host) const noexcept {
  // A visitor that sent no name could not say for which host it came.
  return m_store == nullptr || m_serverName.empty() || m_store->choose(host) == m_certificate;
}

Error TlsEngine::describe(int code) const {
  if (code == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR) {
    const unsigned status = gnutls_session_get_verify_cert_status(m_session.get());
    return {ErrorCode::TlsFailure, sentenceOf(status, m_serverName), code};
  }
  if (code == GNUTLS_E_FATAL_ALERT_RECEIVED) {
    const char* name = gnutls_alert_get_name(gnutls_alert_get(m_session.get()));
    return {ErrorCode::TlsFailure,
            fmt::format("the peer ended TLS: {}", name == nullptr ? "an unknown alert" : name), code};
  }
  if (code == GNUTLS_E_REHANDSHAKE)
    return {ErrorCode::ProtocolViolation, "the peer wants to renegotiate TLS", code};
  return {m_secured ? ErrorCode::ProtocolViolation : ErrorCode::TlsFailure,
          fmt::format("{}: {}", m_secured ? "the TLS connection broke" : "the TLS handshake failed",
                      gnutls_strerror(code)),
          code};
}

}  // namespace adit::tls
