// SPDX-License-Identifier: Apache-2.0
#pragma once
// One QUIC connection (RFC 9000, 9001, 9002) as its users see it: streams to open and accept, identity of the
// peer, and the reason when it ends. Sans-I/O: its Endpoint feeds it datagrams and time. Owned by its
// Endpoint; users keep a pointer until onConnectionClosed. One thread.

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/net/address.h"
#include "core/quic/stream.h"
#include "core/tls/identity.h"

namespace adit::quic {

class Connection;

enum class CloseCause : std::uint8_t {
  Local,               ///< close() was called.
  PeerApplication,     ///< The peer closed with an application code (see code, reason).
  PeerTransport,       ///< The peer closed with a transport error.
  LocalTransport,      ///< We found a protocol violation or a TLS failure.
  IdleTimeout,         ///< Nothing was heard for the idle time.
  HandshakeTimeout,    ///< The peer never completed the handshake (or never answered: `heardFromPeer` is
                       ///< false).
  StatelessReset,      ///< The peer has lost its state (restarted).
  VersionNegotiation,  ///< No QUIC version in common.
};

struct CloseInfo {
  CloseCause cause = CloseCause::Local;
  std::uint64_t code = 0;
  std::string reason;
  bool heardFromPeer = false;
  /// The same as a typed error with a sentence (PinMismatch, TimedOut, VersionMismatch, ConnectionReset,
  /// ...).
  [[nodiscard]] Error toError() const;
  std::optional<Error> error;  ///< Set where a more exact one is known (pin).
};

struct ConnectionStats {
  Duration smoothedRtt{}, minRtt{};
  std::uint64_t congestionWindow = 0, bytesInFlight = 0, bytesSent = 0, bytesReceived = 0, migrations = 0,
                keyUpdates = 0;
};

class ConnectionHandler {
 public:
  /// Handshake done and peer verified; streams may be opened now.
  virtual void onConnected(Connection& connection) = 0;
  /// The peer opened a stream; the handler must set a StreamHandler inside the call.
  virtual void onStreamOpened(Connection& connection, Stream& stream) = 0;
  /// openStream would succeed again after it failed.
  virtual void onStreamCredit(Connection& connection) = 0;
  /// All streams were closed before. The pointer dies after this call.
  virtual void onConnectionClosed(Connection& connection, const CloseInfo& info) = 0;

 protected:
  ~ConnectionHandler() = default;
};

class Connection {
 public:
  virtual ~Connection() = default;
  virtual void setHandler(ConnectionHandler* handler) noexcept = 0;
  /// A new bidirectional stream, or null where the peer's limit is reached or the connection is closing.
  virtual Stream* openStream() = 0;
  /// How many streams may still be opened now.
  [[nodiscard]] virtual std::uint64_t streamCredit() const noexcept = 0;
  /// CONNECTION_CLOSE with an application code; onConnectionClosed follows, not inside the call.
  virtual void close(AppErrorCode code, std::string_view reason) = 0;
  /// Client: probes and moves to a new local path (RFC 9000 section 9) after its endpoint got a new socket.
  virtual void migrate(const net::SocketAddress& newLocal) = 0;
  /// The pin of the certificate the peer presented; empty where it presented none.
  [[nodiscard]] virtual std::optional<tls::Pin> peerPin() const = 0;
  [[nodiscard]] virtual const net::SocketAddress& peerAddress() const noexcept = 0;
  [[nodiscard]] virtual ConnectionStats stats() const = 0;
  /// When a datagram of the peer was last accepted.
  [[nodiscard]] virtual Timestamp lastHeard() const noexcept = 0;
};

}  // namespace adit::quic
