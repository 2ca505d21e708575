// SPDX-License-Identifier: Apache-2.0
#pragma once
// A connection between a client and a server as sessions and tunnels see it: streams to open and accept, the
// identity of the peer, and the reason for its end. It hides which transport carries it; core/quic implements
// it. Owned by its implementation (for QUIC, the Endpoint); users keep the pointer until
// LinkHandler::onLinkClosed. One thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/net/address.h"
#include "core/tls/identity.h"
#include "core/transport/stream.h"

namespace adit::transport {

class Datagrams;
class Link;

enum class CloseCause : std::uint8_t {
  Local,             ///< close() was called.
  PeerApplication,   ///< The peer closed with an application code (see code, reason).
  PeerTransport,     ///< The peer closed with a transport error (see code, reason).
  LocalTransport,    ///< The peer violated the transport protocol, or TLS failed.
  IdleTimeout,       ///< Nothing was heard for the idle time.
  HandshakeTimeout,  ///< The peer did not complete the handshake (or never answered: `heardFromPeer` is
                     ///< false).
  Refused,           ///< The peer's system reported that nothing listens there, and the peer did not respond.
  StatelessReset,    ///< The peer has lost the connection's state (it was restarted).
  VersionNegotiation,  ///< No transport version in common.
};

struct CloseInfo {
  CloseCause cause = CloseCause::Local;
  std::uint64_t code = 0;
  std::string reason;
  bool heardFromPeer = false;
  /// The reason as a typed error with a sentence (PinMismatch, TimedOut, VersionMismatch, ConnectionReset,
  /// ...).
  [[nodiscard]] Error toError() const;
  std::optional<Error> error;  ///< Set if more is known than `cause` says.
};

struct LinkStats {
  std::string_view congestion;  ///< The congestion control algorithm: "bbr" or "cubic". Static text.
  Duration smoothedRtt{}, minRtt{};
  std::uint64_t congestionWindow = 0, bytesInFlight = 0, bytesSent = 0, bytesReceived = 0, migrations = 0,
                keyUpdates = 0;
};

class LinkHandler {
 public:
  /// The handshake is done and the peer is verified; streams may be opened now.
  virtual void onConnected(Link& link) = 0;
  /// The peer opened a stream; the handler must set a StreamHandler inside the call.
  virtual void onStreamOpened(Link& link, Stream& stream) = 0;
  /// After openStream failed: it would succeed now.
  virtual void onStreamCredit(Link& link) = 0;
  /// The link is over; all its streams were closed before. The pointer is invalid after this call.
  virtual void onLinkClosed(Link& link, const CloseInfo& info) = 0;

 protected:
  ~LinkHandler() = default;
};

class Link {
 public:
  virtual ~Link() = default;
  virtual void setHandler(LinkHandler* handler) noexcept = 0;
  /// A new bidirectional stream; null if the peer's limit is reached or the connection is closing.
  virtual Stream* openStream() = 0;
  /// How many streams may still be opened now.
  [[nodiscard]] virtual std::uint64_t streamCredit() const noexcept = 0;
  /// Closes with an application code (QUIC: CONNECTION_CLOSE of type 0x1d); onLinkClosed follows, not inside
  /// the call.
  virtual void close(AppErrorCode code, std::string_view reason) = 0;
  /// The link is over or about to be (closed here or by the peer, lost): onLinkClosed follows. What its
  /// streams report from now on is no word of the peer's.
  [[nodiscard]] virtual bool isClosing() const noexcept = 0;
  /// Client: moves to a new local address after the endpoint got a new socket (QUIC: RFC 9000 section 9).
  virtual void migrate(const net::SocketAddress& newLocal) = 0;
  /// The pin of the certificate that the peer presented; empty if it presented none.
  [[nodiscard]] virtual std::optional<tls::Pin> peerPin() const = 0;
  [[nodiscard]] virtual const net::SocketAddress& peerAddress() const noexcept = 0;
  [[nodiscard]] virtual LinkStats stats() const = 0;
  /// Server: the peer is authenticated (it has logged in). Until then the link counts among the newcomers of
  /// its address, and may be closed in favour of another address if there are too many.
  virtual void markAdmitted() noexcept {}
  /// When an authenticated packet last arrived from the peer.
  [[nodiscard]] virtual Timestamp lastHeard() const noexcept = 0;
  /// Unreliable datagrams beside the streams; null if the transport has none.
  [[nodiscard]] virtual Datagrams* datagrams() noexcept { return nullptr; }
};

}  // namespace adit::transport
