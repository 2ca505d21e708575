// SPDX-License-Identifier: Apache-2.0
#pragma once
// A StreamSocket that speaks TLS 1.2 or 1.3 (RFC 5246, RFC 8446) and looks like a plain one to its user:
// slices, pause reasons, half-close by close_notify. Nothing is sent in the clear: what is sent before the
// handshake has ended waits for it. If a server ends the connection without close_notify, that is an error,
// because its data may have been truncated. From a client it is an ordinary end: visitors often do so, and
// their requests are delimited by HTTP. Owned by its user as a StreamSocket is; one loop's thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/net/stream_socket.h"

namespace adit::net {
class TurnLine;
}

namespace adit::tls {

class CertificateStore;
class TrustStore;

class TlsSocket : public net::StreamSocket {
 public:
  class Handler : public net::StreamSocket::Handler {
   public:
    /// The handshake is done and the peer is verified. Before this there is no onData and no onSent; a failed
    /// handshake is reported by onSocketError. Inside the call the handler may do what it may do in onData.
    virtual void onSecured() = 0;

   protected:
    ~Handler() = default;
  };

  /// Takes over a connected, non-blocking descriptor as the server side, with the certificate of `store` that
  /// fits the name the peer asks for. `alpn`: protocols in order of preference; a peer that offers protocols,
  /// but none of these, is refused (RFC 7301 section 3.2), one that offers none is accepted. The caller
  /// limits how long the handshake may take. If `line` is given, the steps of the handshake wait in it.
  static std::unique_ptr<TlsSocket> accept(net::EventLoop& loop, std::uintptr_t nativeSocket,
                                           std::shared_ptr<const CertificateStore> store,
                                           std::span<const std::string> alpn, Handler& handler,
                                           net::TurnLine* line = nullptr);
  /// The client side. `serverName` is a host name or an IP address (brackets allowed); the certificate must
  /// be for it and chain up to what `trust` holds (RFC 6125). A name is also sent (SNI), an address is not.
  static std::unique_ptr<TlsSocket> connect(net::EventLoop& loop, std::uintptr_t nativeSocket,
                                            std::shared_ptr<const TrustStore> trust,
                                            std::string_view serverName, std::span<const std::string> alpn,
                                            Handler& handler);

  /// The negotiated protocol; empty if there is none, and before onSecured. Valid as long as the socket.
  [[nodiscard]] virtual std::string_view alpn() const = 0;
  /// During the handshake: since when the peer has to send something. None while a step of this side is due,
  /// and after the handshake.
  [[nodiscard]] virtual std::optional<Timestamp> awaitsPeerSince() const = 0;
  /// The host name that the client asked for, in lower case; empty if it named none. Valid as long as the
  /// socket.
  [[nodiscard]] virtual std::string_view serverName() const = 0;
};

}  // namespace adit::tls
