// SPDX-License-Identifier: Apache-2.0
#pragma once
// A QUIC endpoint, server or client: many connections over one UDP socket. Sans-I/O: datagrams and the time
// are passed in, datagrams leave through a DatagramSink, and `deadline` says when `expire` is to be called.
// It routes datagrams by connection ID, sends Version Negotiation, Retry and stateless resets within budgets,
// and writes each connection that has something to send once per flush. EndpointDriver connects it to a
// socket and a loop. One thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/base/slab.h"
#include "core/net/datagram.h"
#include "core/quic/congestion.h"
#include "core/transport/link.h"

namespace adit::quic {

enum class Role : std::uint8_t { Server, Client };

/// The secrets from which an endpoint derives its connection IDs, Retry tokens and reset tokens. A server
/// keeps them across restarts (so that it can reset its old connections), and its workers share them.
struct StaticKeys {
  std::array<std::uint8_t, 32> connectionId{}, retryToken{}, statelessReset{};
  static StaticKeys generate(Random& random);
};

struct TransportLimits {
  Duration idleTimeout = std::chrono::seconds(30);
  Duration keepAlive = std::chrono::seconds(10);  ///< Client side; zero: none.
  Duration handshakeTimeout = std::chrono::seconds(5);
  /// Windows grow to the maximum while they are read as fast as they fill. The library extends a window when
  /// half of it is free again, so half of it must hold what a round trip carries: 15 MB at 300 ms and 400
  /// Mbit/s.
  std::uint64_t streamWindow = 256 * 1024, maxStreamWindow = 32 * 1024 * 1024;
  std::uint64_t ownStreamWindow = 0;  ///< Initial window of streams that we open; 0: streamWindow.
  std::uint64_t connectionWindow = 4 * 1024 * 1024, maxConnectionWindow = 40 * 1024 * 1024;
  /// How many received bytes the users of a connection's streams may hold together; beyond it the streams
  /// that hold most are reset.
  std::uint64_t maxUnconsumed = 64 * 1024 * 1024;
  std::uint64_t peerStreams = 128;  ///< How many streams the peer may have open.
  /// The largest DATAGRAM frame accepted from the peer (RFC 9221 section 3); 0: none.
  std::uint64_t maxDatagramFrame = 65535;
  /// The UDP payload size towards loopback peers, whose MTU is known; 0 treats loopback like any other path.
  std::size_t loopbackPayload = 16376;
  /// The size of a loopback peer's receive buffer, in bytes, which is taken to be the same as ours.
  std::size_t loopbackBuffer = 0;
  /// Empty: chooseCongestion decides.
  std::optional<Congestion> congestion;
  /// Packets sent with one key before it is changed (RFC 9001 section 6.6 allows 2^23 for AES-GCM).
  std::uint64_t keyUpdatePackets = 1 << 20;
};

struct EndpointParams {
  Role role = Role::Client;
  std::shared_ptr<const tls::Identity> identity;  ///< Server: required. Client: presented when asked.
  std::string alpn = "adit/1";
  StaticKeys keys;
  std::uint8_t worker = 0;  ///< Server: this worker's number, carried (encrypted) in its connection IDs.
  TransportLimits limits;
  transport::AppErrorCode shedCode =
      0;  ///< For streams whose users hold too much, and newcomers that give way.
  Random* random = nullptr;
  SlabPool* slabs = nullptr;
  SlabWriter* writer = nullptr;
  std::size_t retryFrom = 100;  ///< Half-open handshakes from which Retry is demanded.
  /// The most connections that are not admitted yet (Link::markAdmitted). Beyond it one of them gives way, or
  /// the new Initial is dropped (Newcomers::whoGivesWayTo).
  std::size_t maxNewcomers = 1000;
  /// Server: how many workers there are. Connection IDs with a higher number are from an earlier start of the
  /// server with more workers.
  std::size_t workers = 256;
  std::size_t maxConnections = 10000;
};

struct ConnectParams {
  net::SocketAddress peer, local;
  std::string serverName;  ///< SNI; empty for literal addresses.
  std::optional<tls::Pin>
      pin;  ///< That the server's key must have. Without one every key is accepted (tests only).
  transport::LinkHandler* handler = nullptr;
};

struct EndpointCounters {
  std::uint64_t datagramsIn = 0, datagramsDropped = 0, packetsOut = 0, batchesOut = 0, retriesSent = 0,
                resetsSent = 0, versionNegotiationsSent = 0, handshakes = 0, handshakeFailures = 0,
                forwarded = 0;
};

class EndpointHandler {
 public:
  /// Server: a client completed its handshake. The handler must set a LinkHandler, whose onConnected is not
  /// called any more.
  virtual void onAccepted(transport::Link& connection) = 0;
  /// Server: this datagram's connection ID belongs to another worker.
  virtual void onForeignDatagram(std::uint8_t worker, const net::ReceivedDatagram& datagram) = 0;
  /// There is something to flush. Called once between two flushes.
  virtual void onFlushNeeded() = 0;

 protected:
  ~EndpointHandler() = default;
};

class Endpoint {
 public:
  static Result<std::unique_ptr<Endpoint>> create(EndpointParams params, net::DatagramSink& sink,
                                                  EndpointHandler& handler);
  virtual ~Endpoint() = default;

  /// Client: starts a handshake; its Initial leaves with the next flush.
  virtual Result<transport::Link*> connect(const ConnectParams& params, Timestamp now) = 0;
  virtual void receive(std::span<const net::ReceivedDatagram> datagrams, Timestamp now) = 0;
  /// Writes every dirty connection. A blocked sink is resumed by the next flush.
  virtual void flush(Timestamp now) = 0;
  /// When `expire` is due; kNever when idle.
  [[nodiscard]] virtual Timestamp deadline() const = 0;
  /// Handles timers that are due (loss detection, idle, keep-alive). A flush must follow.
  virtual void expire(Timestamp now) = 0;
  /// Client: the system reported that a datagram to `peer` was refused; see ConnectionImpl::onRefusal.
  virtual void onRefused(const net::SocketAddress& peer, Timestamp now) = 0;
  /// Client: datagrams leave through this sink from now on (a new socket after a network change).
  virtual void setSink(net::DatagramSink& sink) = 0;
  /// Client: migrates every connection to that local address (to be called after setSink).
  virtual void migrateAll(const net::SocketAddress& newLocal) = 0;
  /// Closes every connection with the code and flushes; no more are accepted.
  virtual void closeAll(transport::AppErrorCode code, std::string_view reason, Timestamp now) = 0;
  /// Server: stop accepting new connections (drain).
  virtual void stopAccepting() = 0;
  [[nodiscard]] virtual std::size_t connectionCount() const noexcept = 0;
  [[nodiscard]] virtual const EndpointCounters& counters() const noexcept = 0;
};

}  // namespace adit::quic
