// SPDX-License-Identifier: Apache-2.0
#pragma once
// One TLS connection without a socket: turns ciphertext into plaintext and back. It does the handshake, the
// choice of a certificate, tickets and verification, and bounds what a peer may cost; TlsSocket connects it
// to a socket. Used inside core/tls only. Owned by its TlsSocket, which may take it to another thread; one
// thread at a time.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/slab.h"
#include "core/tls/certificate_store.h"
#include "core/tls/gnutls_handles.h"
#include "core/tls/trust_store.h"

namespace adit::tls {

/// The largest plaintext of a record (RFC 8446 section 5.1).
inline constexpr std::size_t kMaxRecord = 16 * 1024;

class TlsEngine {
 public:
  /// Where ciphertext goes.
  class Output {
   public:
    virtual void onCiphertext(ByteView bytes) = 0;

   protected:
    ~Output() = default;
  };

  static Result<std::unique_ptr<TlsEngine>> server(std::shared_ptr<const CertificateStore> store,
                                                   std::span<const std::string> alpn);
  static Result<std::unique_ptr<TlsEngine>> client(std::shared_ptr<const TrustStore> trust,
                                                   std::string_view serverName,
                                                   std::span<const std::string> alpn);
  TlsEngine(const TlsEngine&) = delete;
  TlsEngine& operator=(const TlsEngine&) = delete;
  ~TlsEngine() = default;

  /// To be set before anything else, and again after the engine was moved to another socket.
  void setOutput(Output* output) noexcept { m_output = output; }

  /// Queues received bytes until handshake() or read() takes them.
  void receive(Slice ciphertext) { m_input.push(std::move(ciphertext)); }
  /// True once the handshake is done; false where more bytes are needed. On failure the peer has been sent an
  /// alert.
  Result<bool> handshake();
  enum class Progress : std::uint8_t { Data, NeedMore, End };
  struct Read {
    Progress progress = Progress::NeedMore;
    std::size_t count = 0;
  };
  /// Decrypts into `room`. End: the peer's close_notify. On failure the peer has been sent an alert.
  Result<Read> read(std::span<std::uint8_t> room);
  /// Encrypts at most kMaxRecord bytes as one record.
  Result<> write(ByteView plaintext);
  /// Sends close_notify. To be called once.
  void finish() noexcept;

  /// True while received bytes, or a part of a record, have not been returned by read().
  [[nodiscard]] bool hasUnread() const noexcept;
  /// Removes the received bytes that were not processed and returns a copy, as slabs may not move to another
  /// loop.
  std::string takeInput();

  [[nodiscard]] bool isServer() const noexcept { return m_store != nullptr; }
  [[nodiscard]] std::string_view alpn() const noexcept;
  [[nodiscard]] const std::string& serverName() const noexcept { return m_serverName; }
  /// See net::StreamSocket::speaksFor.
  [[nodiscard]] bool speaksFor(std::string_view host) const noexcept;

 private:
  TlsEngine() = default;
  Result<> start(unsigned role, std::span<const std::string> alpn);
  Result<> useClient();
  tl::unexpected<Error> refuse(int code);
  Error describe(int code) const;
  Result<> chargeSilence(std::size_t before);

  static TlsEngine& of(void* pointer) noexcept { return *static_cast<TlsEngine*>(pointer); }
  static ssize_t onPull(gnutls_transport_ptr_t pointer, void* room, std::size_t size) noexcept;
  static ssize_t onPush(gnutls_transport_ptr_t pointer, const void* data, std::size_t size) noexcept;
  static int onPullTimeout(gnutls_transport_ptr_t pointer, unsigned milliseconds) noexcept;
  static int onClientHello(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                           const gnutls_datum_t* message) noexcept;
  static int onExtension(void* pointer, unsigned type, const unsigned char* data, unsigned size) noexcept;
  int chooseHost(const gnutls_datum_t& hello);

  // Destroyed after the session, which refers to them.
  std::shared_ptr<const CertificateStore> m_store;
  std::shared_ptr<const TrustStore> m_trust;
  std::shared_ptr<gnutls_certificate_credentials_st> m_credentials;  ///< A server's, once chosen.
  std::string m_serverName;  ///< The host that the client side asks for.
  SessionHandle m_session;
  SliceQueue m_input;
  Output* m_output = nullptr;
  std::size_t m_silence = 0;  ///< Bytes processed since they last yielded plaintext.
  std::size_t m_handshakeLimit = 0;
  std::size_t m_certificate = 0;  ///< Index in m_store.
  bool m_helloSeen = false;
  bool m_nameIsBad = false;
  bool m_secured = false;
};

}  // namespace adit::tls
