// SPDX-License-Identifier: Apache-2.0
#include "core/tls/tls_engine.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "core/tls/tls_priorities.h"

namespace adit::tls {

namespace {

/// What a peer may send during the handshake: little from a client, more from a server, which sends
/// certificates.
constexpr std::size_t kMaxHandshakeFromClient = 32 * 1024;
constexpr std::size_t kMaxHandshakeFromServer = 160 * 1024;
/// How many bytes may arrive that carry no data (key updates, empty records, tickets, warnings), including a
/// record that is not complete yet.
constexpr std::size_t kMaxSilence = 96 * 1024;
/// Protocols a side may offer.
constexpr std::size_t kMaxAlpn = 8;

}  // namespace

Result<std::unique_ptr<TlsEngine>> TlsEngine::server(std::shared_ptr<const CertificateStore> store,
                                                     std::span<const std::string> alpn) {
  std::unique_ptr<TlsEngine> engine(new TlsEngine());
  engine->m_store = std::move(store);
  engine->m_handshakeLimit = kMaxHandshakeFromClient;
  if (auto started = engine->start(GNUTLS_SERVER, alpn); !started) return fail(std::move(started.error()));
  // The certificate and the ticket key depend on the name in the ClientHello, and GnuTLS needs both while it
  // parses that message: so they are chosen before.
  gnutls_handshake_set_hook_function(engine->m_session.get(), GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_PRE,
                                     onClientHello);
  return engine;
}

Result<std::unique_ptr<TlsEngine>> TlsEngine::client(std::shared_ptr<const TrustStore> trust,
                                                     std::string_view serverName,
                                                     std::span<const std::string> alpn) {
  if (serverName.size() > 2 && serverName.front() == '[' && serverName.back() == ']')
    serverName = serverName.substr(1, serverName.size() - 2);
  if (serverName.ends_with('.')) serverName.remove_suffix(1);  // certificates and SNI have no final dot
  std::unique_ptr<TlsEngine> engine(new TlsEngine());
  engine->m_trust = std::move(trust);
  engine->m_serverName.assign(serverName);
  engine->m_handshakeLimit = kMaxHandshakeFromServer;
  if (auto started = engine->start(GNUTLS_CLIENT, alpn); !started) return fail(std::move(started.error()));
  if (auto used = engine->useClient(); !used) return fail(std::move(used.error()));
  return engine;
}

Result<> TlsEngine::start(unsigned role, std::span<const std::string> alpn) {
  gnutls_session_t session = nullptr;
  if (const int rv = gnutls_init(&session, role | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL); rv != 0)
    return tlsFailure("starting TLS", rv);
  m_session.reset(session);
  gnutls_session_set_ptr(session, this);
  auto priorities = streamPriorities();
  if (!priorities) return fail(std::move(priorities.error()));
  if (const int rv = gnutls_priority_set(session, *priorities); rv != 0)
    return tlsFailure("TLS priorities", rv);
  if (!alpn.empty()) {
    std::array<gnutls_datum_t, kMaxAlpn> names{};
    const std::size_t count = std::min(alpn.size(), names.size());
    for (std::size_t i = 0; i < count; ++i) names[i] = datumOf(alpn[i]);
    const int rv = gnutls_alpn_set_protocols(
        session, names.data(), static_cast<unsigned>(count),
        role == GNUTLS_SERVER ? GNUTLS_ALPN_MANDATORY | GNUTLS_ALPN_SERVER_PRECEDENCE : 0U);
    if (rv != 0) return tlsFailure("the application protocols' names", rv);
  }
  gnutls_handshake_set_max_packet_length(session, m_handshakeLimit);
  gnutls_transport_set_ptr(session, this);
  gnutls_transport_set_pull_function(session, onPull);
  gnutls_transport_set_push_function(session, onPush);
  gnutls_transport_set_pull_timeout_function(session, onPullTimeout);
  return {};
}

Result<> TlsEngine::useClient() {
  gnutls_session_t session = m_session.get();
  if (const int rv = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, m_trust->credentials()); rv != 0)
    return tlsFailure("TLS credentials", rv);
  // Addresses are no server names (RFC 6066 section 3), but certificates may be for them.
  const bool isAddress = m_serverName.find(':') != std::string::npos ||
                         m_serverName.find_first_not_of("0123456789.") == std::string::npos;
  if (!m_serverName.empty() && !isAddress) {
    const std::string& name = m_serverName;
    if (const int rv = gnutls_server_name_set(session, GNUTLS_NAME_DNS, name.data(), name.size()); rv != 0)
      return tlsFailure("the server's name", rv);
  }
  // GnuTLS keeps the pointer.
  if (m_trust->verifies()) gnutls_session_set_verify_cert(session, m_serverName.c_str(), 0);
  return {};
}

Result<bool> TlsEngine::handshake() {
  while (true) {
    const std::size_t before = m_input.bytes();
    const int rv = gnutls_handshake(m_session.get());
    if (auto charged = chargeSilence(before); !charged) return fail(std::move(charged.error()));
    if (rv == 0) {
      m_secured = true;
      m_silence = 0;
      return true;
    }
    if (rv == GNUTLS_E_AGAIN || rv == GNUTLS_E_INTERRUPTED || gnutls_error_is_fatal(rv) == 0) {
      if (m_input.empty() || m_input.bytes() == before) return false;
      continue;  // GnuTLS also returns between messages
    }
    return refuse(rv);
  }
}

Result<TlsEngine::Read> TlsEngine::read(std::span<std::uint8_t> room) {
  while (true) {
    const std::size_t before = m_input.bytes();
    const ssize_t rv = gnutls_record_recv(m_session.get(), room.data(), room.size());
    if (rv > 0) {
      m_silence = 0;
      return Read{Progress::Data, static_cast<std::size_t>(rv)};
    }
    if (rv == 0) return Read{Progress::End, 0};
    if (auto charged = chargeSilence(before); !charged) return fail(std::move(charged.error()));
    const int code = static_cast<int>(rv);
    // GnuTLS leaves it to the application whether to renegotiate. We never do.
    if (code == GNUTLS_E_REHANDSHAKE || gnutls_error_is_fatal(code) != 0) return refuse(code);
    if (m_input.empty() || m_input.bytes() == before) return Read{};
  }
}

Result<> TlsEngine::write(ByteView plaintext) {
  while (!plaintext.empty()) {
    // Our push takes everything, so there is no "try again".
    const ssize_t rv = gnutls_record_send(m_session.get(), plaintext.data(), plaintext.size());
    if (rv < 0) return fail(describe(static_cast<int>(rv)));
    plaintext = plaintext.subspan(static_cast<std::size_t>(rv));
  }
  return {};
}

void TlsEngine::finish() noexcept { gnutls_bye(m_session.get(), GNUTLS_SHUT_WR); }

bool TlsEngine::hasUnread() const noexcept {
  return !m_input.empty() || gnutls_record_check_pending(m_session.get()) > 0;
}

std::string TlsEngine::takeInput() {
  std::string bytes;
  bytes.reserve(m_input.bytes());
  for (std::size_t i = 0; i < m_input.count(); ++i) bytes.append(m_input.at(i).text());
  m_input = SliceQueue();
  return bytes;
}

std::string_view TlsEngine::alpn() const noexcept {
  gnutls_datum_t selected{};
  if (!m_secured || gnutls_alpn_get_selected_protocol(m_session.get(), &selected) != 0) return {};
  return asText({selected.data, selected.size});
}

/// Limits how many bytes a peer may make us process that carry no data.
Result<> TlsEngine::chargeSilence(std::size_t before) {
  m_silence += before - m_input.bytes();
  if (m_silence <= (m_secured ? kMaxSilence : m_handshakeLimit)) return {};
  gnutls_alert_send(m_session.get(), GNUTLS_AL_FATAL, GNUTLS_A_UNEXPECTED_MESSAGE);
  return fail(ErrorCode::LimitExceeded,
              m_secured ? "the peer sends TLS records without data" : "the peer's TLS handshake is too long");
}

tl::unexpected<Error> TlsEngine::refuse(int code) {
  if (code == GNUTLS_E_REHANDSHAKE) {
    gnutls_alert_send(m_session.get(), GNUTLS_AL_FATAL, GNUTLS_A_NO_RENEGOTIATION);
  } else if (code != GNUTLS_E_FATAL_ALERT_RECEIVED) {
    gnutls_alert_send_appropriate(m_session.get(), code);
  }
  return fail(describe(code));
}

ssize_t TlsEngine::onPull(gnutls_transport_ptr_t pointer, void* room, std::size_t size) noexcept {
  TlsEngine& self = of(pointer);
  std::size_t count = 0;
  while (count < size && !self.m_input.empty()) {
    const Slice& piece = self.m_input.at(0);
    const std::size_t part = std::min(piece.size(), size - count);
    std::memcpy(static_cast<std::uint8_t*>(room) + count, piece.data(), part);
    self.m_input.consume(part);
    count += part;
  }
  if (count > 0) return static_cast<ssize_t>(count);
  gnutls_transport_set_errno(self.m_session.get(), EAGAIN);
  return -1;
}

ssize_t TlsEngine::onPush(gnutls_transport_ptr_t pointer, const void* data, std::size_t size) noexcept {
  TlsEngine& self = of(pointer);
  if (self.m_output != nullptr) self.m_output->onCiphertext({static_cast<const std::uint8_t*>(data), size});
  return static_cast<ssize_t>(size);
}

int TlsEngine::onPullTimeout(gnutls_transport_ptr_t pointer, unsigned /*milliseconds*/) noexcept {
  return of(pointer).m_input.empty() ? 0 : 1;
}

}  // namespace adit::tls
