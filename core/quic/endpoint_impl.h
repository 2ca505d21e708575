// SPDX-License-Identifier: Apache-2.0
#pragma once
// Implements Endpoint: the table of connection IDs, the list of connections that want to write, the heap of
// deadlines, and what a server does with datagrams of no connection. One thread.

#include <memory>
#include <vector>

#include "core/base/intrusive_list.h"
#include "core/base/token_bucket.h"
#include "core/quic/batch_sender.h"
#include "core/quic/cid_codec.h"
#include "core/quic/cid_map.h"
#include "core/quic/connection_impl.h"
#include "core/quic/deadline_heap.h"
#include "core/quic/endpoint.h"
#include "core/quic/newcomers.h"
#include "core/quic/ngtcp2_compat.h"
#include "core/quic/stream_impl.h"
#include "core/quic/tls_session.h"

namespace adit::quic {

class EndpointImpl final : public Endpoint {
 public:
  EndpointImpl(EndpointParams params, std::unique_ptr<TlsContext> tls, net::DatagramSink& sink,
               EndpointHandler& handler);
  ~EndpointImpl() override;

  // Endpoint
  Result<transport::Link*> connect(const ConnectParams& params, Timestamp now) override;
  void receive(std::span<const net::ReceivedDatagram> datagrams, Timestamp now) override;
  void flush(Timestamp now) override;
  [[nodiscard]] Timestamp deadline() const override { return m_deadlines.first(); }
  void expire(Timestamp now) override;
  void onRefused(const net::SocketAddress& peer, Timestamp now) override;
  void setSink(net::DatagramSink& sink) override;
  void migrateAll(const net::SocketAddress& newLocal) override;
  void closeAll(transport::AppErrorCode code, std::string_view reason, Timestamp now) override;
  void stopAccepting() override { m_accepting = false; }
  [[nodiscard]] std::size_t connectionCount() const noexcept override { return m_alive; }
  [[nodiscard]] const EndpointCounters& counters() const noexcept override { return m_counters; }

  // For its connections
  [[nodiscard]] const EndpointParams& params() const noexcept { return m_params; }
  [[nodiscard]] EndpointHandler& handler() noexcept { return m_handler; }
  [[nodiscard]] Random& random() noexcept { return *m_params.random; }
  [[nodiscard]] const TlsContext& tls() const noexcept { return *m_tls; }
  [[nodiscard]] CidMap<ConnectionImpl>& cids() noexcept { return m_cids; }
  [[nodiscard]] DeadlineHeap<ConnectionImpl>& deadlines() noexcept { return m_deadlines; }
  [[nodiscard]] StreamPool& streams() noexcept { return m_streams; }
  ngtcp2_cid newCid();
  bool resetToken(const ngtcp2_cid& cid, std::uint8_t* token) const;
  void markDirty(ConnectionImpl& connection);
  void onHandshakeDone(ConnectionImpl& connection);
  /// The connection's users were informed; it may stay for a while to answer late packets.
  void onConnectionOver(ConnectionImpl& connection, bool wasOpen);
  /// Removes the connection; the object is destroyed when no call is inside it any more.
  void bury(ConnectionImpl& connection);
  [[nodiscard]] Newcomers& newcomers() noexcept { return m_newcomers; }
  void demandRetry(const net::ReceivedDatagram& datagram, Timestamp now);
  /// Sends one packet back to where the datagram `to` came from.
  void sendStateless(const net::ReceivedDatagram& to, ByteView packet);

 private:
  [[nodiscard]] bool isServer() const noexcept { return m_params.role == Role::Server; }
  void route(const net::ReceivedDatagram& datagram, Timestamp now);
  ConnectionImpl& keep(std::unique_ptr<ConnectionImpl> connection);

  // endpoint_server.cpp
  void receiveUnknown(const net::ReceivedDatagram& datagram, const ngtcp2_version_cid& ids, Timestamp now);
  bool makeRoom(const net::SocketAddress& from, Timestamp now);
  void receiveInitial(const net::ReceivedDatagram& datagram, Timestamp now);
  void receiveOnClient(const net::ReceivedDatagram& datagram, Timestamp now);
  void sendVersionNegotiation(const net::ReceivedDatagram& datagram, const ngtcp2_version_cid& ids,
                              Timestamp now);
  void sendRetry(const net::ReceivedDatagram& datagram, const ngtcp2_pkt_hd& header, Timestamp now);
  void sendReset(const net::ReceivedDatagram& datagram, ByteView cid, Timestamp now);
  void refuse(const net::ReceivedDatagram& datagram, const ngtcp2_pkt_hd& header, std::uint64_t code,
              Timestamp now);

  EndpointParams m_params;
  EndpointHandler& m_handler;
  std::unique_ptr<TlsContext> m_tls;
  CidCodec m_codec;
  EndpointCounters m_counters;
  net::DatagramSink* m_sink;
  BatchSender m_sender;
  TokenBucket m_statelessBudget;
  StreamPool m_streams;
  CidMap<ConnectionImpl> m_cids;
  DeadlineHeap<ConnectionImpl> m_deadlines;
  Newcomers m_newcomers;
  std::size_t m_halfOpen = 0;
  std::size_t m_alive = 0;
  bool m_accepting = true;
  bool m_flushRequested = false;
  bool m_flushing = false;
  // Last, because connections use everything above until they are destroyed.
  IntrusiveList<ConnectionImpl, DirtyConnectionsTag> m_dirty;
  std::vector<std::unique_ptr<ConnectionImpl>> m_buried;
  std::vector<std::unique_ptr<ConnectionImpl>> m_connections;
};

}  // namespace adit::quic
