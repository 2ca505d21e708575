// SPDX-License-Identifier: Apache-2.0
#pragma once
// Implements transport::Link with one ngtcp2_conn. ngtcp2 forbids most calls inside its callbacks, so three
// rules apply: users' calls only queue and mark the connection dirty; writing, closing and migrating happen
// in flush; and what a packet contained is either passed on inside ngtcp2's callback (stream data) or noted
// and delivered after read_pkt. Owned by its EndpointImpl; one thread.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/intrusive_list.h"
#include "core/base/token_bucket.h"
#include "core/net/datagram.h"
#include "core/quic/batch_sender.h"
#include "core/quic/cid_map.h"
#include "core/quic/datagram_queue.h"
#include "core/quic/deadline_heap.h"
#include "core/quic/newcomers.h"
#include "core/quic/ngtcp2_compat.h"
#include "core/quic/pacer.h"
#include "core/quic/ready_streams.h"
#include "core/quic/stop_sending_scan.h"
#include "core/quic/stream_impl.h"
#include "core/quic/tls_session.h"
#include "core/transport/datagrams.h"
#include "core/transport/link.h"

namespace adit::quic {

class EndpointImpl;
struct ConnectParams;

struct DirtyConnectionsTag;

struct ConnectionDeleter {
  void operator()(ngtcp2_conn* connection) const noexcept { ngtcp2_conn_del(connection); }
};

/// What a server learns about a new client from its Initial packet.
struct AcceptParams {
  const net::ReceivedDatagram* datagram = nullptr;
  std::uint32_t version = 0;
  ngtcp2_cid clientDcid{}, clientScid{};
  std::optional<ngtcp2_cid> originalDcid;  ///< Set after a Retry: what the client used first.
  ByteView token;
};

class ConnectionImpl final : public transport::Link,
                             private transport::Datagrams,
                             public Newcomer,
                             public ListHook<DirtyConnectionsTag>,
                             public DeadlineHook {
 public:
  static Result<std::unique_ptr<ConnectionImpl>> connectTo(EndpointImpl& endpoint,
                                                           const ConnectParams& params, Timestamp now);
  static Result<std::unique_ptr<ConnectionImpl>> accept(EndpointImpl& endpoint, const AcceptParams& params,
                                                        Timestamp now);
  ~ConnectionImpl() override;

  // Connection
  void setHandler(transport::LinkHandler* handler) noexcept override { m_handler = handler; }
  transport::Stream* openStream() override;
  [[nodiscard]] std::uint64_t streamCredit() const noexcept override;
  void close(transport::AppErrorCode code, std::string_view reason) override;
  [[nodiscard]] bool isClosing() const noexcept override { return !isLive(); }
  void migrate(const net::SocketAddress& newLocal) override;
  [[nodiscard]] std::optional<tls::Pin> peerPin() const override { return m_peerPin; }
  [[nodiscard]] const net::SocketAddress& peerAddress() const noexcept override { return m_peer; }
  [[nodiscard]] transport::LinkStats stats() const override;
  void markAdmitted() noexcept override;
  [[nodiscard]] Timestamp lastHeard() const noexcept override { return m_lastHeard; }

  [[nodiscard]] transport::Datagrams* datagrams() noexcept override { return this; }

  // For its endpoint
  enum class FlushOutcome : std::uint8_t { Done, More, Blocked };
  void receive(const net::ReceivedDatagram& datagram, Timestamp now);
  FlushOutcome flush(Timestamp now, BatchSender& sender);
  void expire(Timestamp now);
  /// Ends the connection, a newcomer, to make room for another.
  void giveWay();
  /// Client: the system reported that a datagram to the peer was refused. The report may be forged (RFC 9000
  /// section 14.2.1 on ICMP messages), so the peer is sent a PING, and the connection ends only if it does
  /// not respond.
  void onRefusal(Timestamp now);
  /// Client: whether a datagram from `peer` without a known connection ID may be for this connection
  /// (stateless resets).
  [[nodiscard]] bool mayBeFrom(const net::SocketAddress& peer) const noexcept {
    return isLive() && m_peer == peer;
  }
  [[nodiscard]] std::size_t index() const noexcept { return m_index; }
  void setIndex(std::size_t index) noexcept { m_index = index; }

  // For its streams
  [[nodiscard]] SlabWriter& writer() noexcept;
  void streamReady(StreamImpl& stream);
  void streamWritable(StreamImpl& stream) { m_writable.pushBack(stream); }
  void shutdownWrite(transport::StreamId id, transport::AppErrorCode code);
  void shutdownRead(transport::StreamId id, transport::AppErrorCode code);
  /// `count` bytes were passed to a stream's user.
  void received(std::size_t count);
  /// The user has processed `count` of them; `streamToo` if the peer may still send on that stream.
  void consumed(transport::StreamId id, std::size_t count, bool streamToo);
  void widen(transport::StreamId id, std::size_t count);

 private:
  friend struct ConnectionCallbacks;

  enum class State : std::uint8_t {
    Handshaking,
    Open,
    Ending,    ///< The reason is known; the next flush informs the handlers and the peer.
    Closing,   ///< Our CONNECTION_CLOSE was sent; late packets are answered with it.
    Draining,  ///< The peer closed; late packets are ignored.
    Dead,
  };
  enum class Farewell : std::uint8_t { SendClose, Drain, Vanish };
  struct Ending {
    transport::CloseInfo info;
    Farewell farewell = Farewell::Vanish;
    ng::CloseError error{};
  };

  ConnectionImpl(EndpointImpl& endpoint, const net::SocketAddress& local, const net::SocketAddress& peer)
      : m_endpoint(endpoint), m_local(local), m_peer(peer) {}

  // connection.cpp
  void adopt(ngtcp2_conn* connection) noexcept;
  void fillSettings(ngtcp2_settings& settings, ngtcp2_transport_params& params, Timestamp now);
  [[nodiscard]] bool isLive() const noexcept {
    return m_state == State::Handshaking || m_state == State::Open;
  }
  void noteCid(const ngtcp2_cid& cid);
  void dropCid(const ngtcp2_cid& cid);
  void markDirty(bool mustWrite);

  // Datagrams
  void setDatagramHandler(transport::DatagramHandler* handler) noexcept override {
    m_datagramHandler = handler;
  }
  [[nodiscard]] std::size_t maxDatagramSize() const noexcept override;
  transport::DatagramOutcome sendDatagram(ByteView data) override;
  [[nodiscard]] std::size_t queuedDatagramBytes() const noexcept override { return m_datagrams.bytes(); }
  [[nodiscard]] const transport::DatagramCounters& datagramCounters() const noexcept override {
    return m_datagramCounters;
  }
  // connection_datagrams.cpp
  void onDatagram(ByteView data);
  ngtcp2_ssize writeDatagrams(std::uint8_t* dest, ngtcp2_path* path, ngtcp2_pkt_info* info, std::size_t most,
                              ngtcp2_tstamp now);

  // connection_io.cpp
  [[nodiscard]] bool admitsPath(const net::SocketAddress& peer, Timestamp now);
  void afterRead(const net::ReceivedDatagram& datagram);
  void followPath();
  [[nodiscard]] bool hasUnsent() noexcept { return !m_ready.empty() || !m_datagrams.empty(); }
  [[nodiscard]] bool isWriteDue() noexcept;
  FlushOutcome writePackets(Timestamp now, BatchSender& sender);
  bool catchUp(Timestamp now);
  ngtcp2_ssize writePacket(std::uint8_t* dest, ngtcp2_path* path, ngtcp2_pkt_info* info, Timestamp now);
  StreamImpl* nextStream(std::uint64_t connectionCredit) noexcept;
  void applyMigration(Timestamp now);
  void updateKeys(Timestamp now);
  void scheduleAfterWrite(Timestamp now);
  void schedule(Timestamp when);
  void disproveRefusal() noexcept;

  // connection_events.cpp: called by ngtcp2's callbacks
  void onHandshakeCompleted();
  void onStreamOpened(transport::StreamId id);
  void onStreamClosed(StreamImpl* stream, transport::StreamId id);
  void onStreamData(StreamImpl* stream, ByteView data, bool fin);
  void deliverConnected();
  void deliverStops();
  void shedStreams();
  void deliverWritable();

  // connection_close.cpp
  void end(transport::CloseInfo info, Farewell farewell);
  void endWith(int libraryError);
  void endByPeer();
  void endRefused();
  void finish(Timestamp now, BatchSender& sender);
  void closeStreams(const transport::CloseInfo& info);
  void writeClose(Timestamp now, BatchSender& sender, const Ending& ending);
  void answerLatePacket(const net::ReceivedDatagram& datagram);
  void die();

  EndpointImpl& m_endpoint;
  transport::LinkHandler* m_handler = nullptr;
  net::SocketAddress m_local, m_peer;
  std::optional<net::SocketAddress> m_candidatePeer;  // the last unknown address a packet came from
  std::optional<net::SocketAddress> m_migrateTo;
  std::optional<tls::Pin> m_peerPin;
  std::vector<ConnectionId> m_cids;

  IntrusiveList<StreamImpl, OpenStreamsTag> m_streams;
  ReadyStreams m_ready;
  IntrusiveList<StreamImpl, WritableStreamsTag> m_writable;
  std::vector<StopSendingFrame> m_stops;
  transport::DatagramHandler* m_datagramHandler = nullptr;
  DatagramQueue m_datagrams{kMaxQueued};
  transport::DatagramCounters m_datagramCounters;

  TokenBucket m_pathChanges{5, 0.5};  // beyond it datagrams from new addresses are dropped
  Pacer m_pacer;
  Congestion m_congestion = Congestion::Cubic;
  Timestamp m_lastHeard{};
  Timestamp m_refusedAt{};            // when a refusal was reported that the peer has not disproved yet
  Timestamp m_refusedUntil = kNever;  // when that refusal ends the connection
  transport::LinkStats m_counters;
  std::uint64_t m_packetsSinceKeyUpdate = 0;
  std::uint64_t m_bytesSinceWrite = 0;
  std::uint64_t m_unconsumed = 0;  // bytes that were passed to users and not consumed
  std::uint64_t m_creditSinceWrite = 0;
  std::uint64_t m_creditThreshold = 0;
  std::uint64_t m_streamsToGrant = 0;
  std::uint64_t m_streamGrantBatch = 1;
  std::size_t m_payloadLimit = 0;
  std::size_t m_index = 0;
  std::uint32_t m_packetsSinceWrite = 0;
  std::uint32_t m_latePackets = 0;
  State m_state = State::Handshaking;
  bool m_isServer = false;
  bool m_mustWrite = false;
  bool m_confirmed = false;
  bool m_connectedPending = false;
  bool m_wantsStreams = false;
  bool m_streamCreditPending = false;
  bool m_heardFromPeer = false;
  bool m_resetByPeer = false;
  bool m_wasOpen = false;
  bool m_datagramsFirst = true;  ///< The next packet begins with datagrams, if there are any.

  std::optional<Ending> m_ending;
  std::vector<std::uint8_t> m_closePacket;
  // Last, so that ngtcp2 is destroyed first, and then the TLS session that it points to.
  std::unique_ptr<TlsSession> m_tls;
  std::unique_ptr<ngtcp2_conn, ConnectionDeleter> m_connection;
};

/// The path between two addresses, which must outlive it.
ngtcp2_path pathOf(const net::SocketAddress& local, const net::SocketAddress& peer) noexcept;

/// The callback table for ngtcp2, and what read_pkt needs around it.
struct ConnectionCallbacks {
  static ngtcp2_callbacks table(bool server) noexcept;
  /// Calls ngtcp2_conn_read_pkt and records what only the decryption callback sees: whether a packet was
  /// authentic, and STOP_SENDING frames.
  static int readPacket(ConnectionImpl& connection, const ngtcp2_path& path,
                        const net::ReceivedDatagram& datagram, Timestamp now);
};

}  // namespace adit::quic
