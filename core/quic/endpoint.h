// SPDX-License-Identifier: Apache-2.0
#pragma once
// A QUIC endpoint: many connections over one datagram path, server or client. Sans-I/O: datagrams and time
// come in by calls, datagrams leave through a DatagramSink, and `deadline` says when it wants to be called
// next. It routes by connection ID, answers Version Negotiation, Retry and stateless resets within budgets,
// and writes every connection that has something to say once a flush. EndpointDriver joins it to a socket and
// a loop. One thread.

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

/// Secrets an endpoint derives its connection IDs, Retry tokens and reset tokens from. Kept across restarts
/// by a server (so that a restarted one can reset its old connections), shared by its workers.
struct StaticKeys {
  std::array<std::uint8_t, 32> connectionId{}, retryToken{}, statelessReset{};
  static StaticKeys generate(Random& random);
};

struct TransportLimits {
  Duration idleTimeout = std::chrono::seconds(30);
  Duration keepAlive = std::chrono::seconds(10);  ///< Client side; zero: none.
  Duration handshakeTimeout = std::chrono::seconds(5);
  /// Windows grow to the larger figure while they are read as fast as they fill. The library announces new
  /// room when half of a window is free again, so half of one must hold a round trip: 15 MB at 300 ms and 400
  /// Mbit/s.
  std::uint64_t streamWindow = 256 * 1024, maxStreamWindow = 32 * 1024 * 1024;
  std::uint64_t ownStreamWindow = 0;  ///< Of streams that we open; 0: as of the peer's.
  std::uint64_t connectionWindow = 4 * 1024 * 1024, maxConnectionWindow = 40 * 1024 * 1024;
  /// What the users of a connection's streams may sit on together; beyond it those who hold most are reset.
  std::uint64_t maxUnconsumed = 64 * 1024 * 1024;
  std::uint64_t peerStreams = 128;  ///< Concurrent streams the peer may open.
  /// The largest DATAGRAM frame taken from the peer (RFC 9221 section 3); 0: none are.
  std::uint64_t maxDatagramFrame = 65535;
  /// UDP payload used towards loopback peers, whose path size is known; 0 treats loopback like the internet.
  std::size_t loopbackPayload = 16376;
  /// What a loopback peer's socket keeps between two reads, bytes; its socket is like ours.
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
  transport::AppErrorCode shedCode = 0;  ///< With which streams are given up whose users hold too much.
  Random* random = nullptr;
  SlabPool* slabs = nullptr;
  SlabWriter* writer = nullptr;
  std::size_t retryFrom = 100;  ///< Half-open handshakes from which Retry is demanded.
  /// Connections that are not admitted yet (Link::markAdmitted). Beyond it somebody gives way, or the new
  /// Initial is dropped (Newcomers::whoGivesWayTo).
  std::size_t maxNewcomers = 1000;
  /// Server: how many workers there are; connection IDs of others belong to an earlier start with more.
  std::size_t workers = 256;
  std::size_t maxConnections = 10000;
};

struct ConnectParams {
  net::SocketAddress peer, local;
  std::string serverName;  ///< SNI; empty for literal addresses.
  std::optional<tls::Pin>
      pin;  ///< The server's key must have it. Without one every key is accepted (tests only).
  transport::LinkHandler* handler = nullptr;
};

struct EndpointCounters {
  std::uint64_t datagramsIn = 0, datagramsDropped = 0, packetsOut = 0, batchesOut = 0, retriesSent = 0,
                resetsSent = 0, versionNegotiationsSent = 0, handshakes = 0, handshakeFailures = 0,
                forwarded = 0;
};

class EndpointHandler {
 public:
  /// Server: a client completed its handshake; must set a ConnectionHandler (whose onConnected does not come
  /// again).
  virtual void onAccepted(transport::Link& connection) = 0;
  /// Server: this datagram's connection ID belongs to another worker.
  virtual void onForeignDatagram(std::uint8_t worker, const net::ReceivedDatagram& datagram) = 0;
  /// There is something to flush; called once until the next flush.
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
  /// Runs what is due (loss detection, idle, keep-alive). Follow with flush.
  virtual void expire(Timestamp now) = 0;
  /// Client: the system told that a datagram to `peer` was refused; see ConnectionImpl::onRefusal.
  virtual void onRefused(const net::SocketAddress& peer, Timestamp now) = 0;
  /// Client: datagrams leave through this sink from now on (a new socket after a network change).
  virtual void setSink(net::DatagramSink& sink) = 0;
  /// Client: every connection moves to that local address (after setSink).
  virtual void migrateAll(const net::SocketAddress& newLocal) = 0;
  /// Closes every connection with the code and sends the closes; no more are accepted.
  virtual void closeAll(transport::AppErrorCode code, std::string_view reason, Timestamp now) = 0;
  /// Server: stop accepting new connections (drain).
  virtual void stopAccepting() = 0;
  [[nodiscard]] virtual std::size_t connectionCount() const noexcept = 0;
  [[nodiscard]] virtual const EndpointCounters& counters() const noexcept = 0;
};

}  // namespace adit::quic
