// SPDX-License-Identifier: Apache-2.0
// Creation of connections, and the calls of their users.
#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "core/quic/connection_impl.h"
#include "core/quic/endpoint_impl.h"

namespace adit::quic {

namespace {

constexpr std::size_t kInitialDcidLength = 18;
constexpr std::uint64_t kActiveCids = 4;
constexpr std::size_t kLoopbackMaxPayload = 65527;
// See windowUnit.
constexpr std::size_t kMostWindowUnit = 384 * 1024;
constexpr std::size_t kUnitsInBuffer = 10;
constexpr std::uint64_t kLoopbackWindow = 3 * 1024 * 1024;
constexpr std::uint64_t kLoopbackStreamWindow = 1024 * 1024;
// ngtcp2 probes the path up to 1444.
constexpr std::size_t kInternetPayload = 1452;
constexpr std::uint64_t kMaxGrantBatch = 128;

ngtcp2_cid randomCid(Random& random, std::size_t length) {
  ngtcp2_cid cid{};
  cid.datalen = length;
  random.fill(std::span(cid.data, length));
  return cid;
}

/// For loopback paths: the packet size that ngtcp2 0.12.1 is told, which determines its congestion window;
/// packets keep the size in which we write them. With this unit, its CUBIC starts with a window of two, has
/// two again after a loss, and never exceeds six (2.89 times the initial window) while the round trip is a
/// fraction of a millisecond. With the real packet size that would be less than two busy processes on one
/// machine send between their turns. What is in flight waits in the peer's socket buffer and must fit there.
std::size_t windowUnit(std::size_t buffer) noexcept {
  if constexpr (ng::kIsVersion1) return kLoopbackMaxPayload;
  return std::clamp(buffer / kUnitsInBuffer, kLoopbackMaxPayload, kMostWindowUnit);
}

tl::unexpected<Error> libraryFailure(std::string_view what, int code) {
  return fail(ErrorCode::Internal, fmt::format("{}: {}", what, ngtcp2_strerror(code)), code);
}

}  // namespace

ngtcp2_path pathOf(const net::SocketAddress& local, const net::SocketAddress& peer) noexcept {
  // ngtcp2 copies the addresses; it declares them without const.
  ngtcp2_path path{};
  path.local.addr = const_cast<ngtcp2_sockaddr*>(local.native());
  path.local.addrlen = local.nativeLength();
  path.remote.addr = const_cast<ngtcp2_sockaddr*>(peer.native());
  path.remote.addrlen = peer.nativeLength();
  return path;
}

ConnectionImpl::~ConnectionImpl() {
  // The endpoint is being destroyed: handlers are not called any more, and the streams' pool dies with it.
  while (StreamImpl* stream = m_streams.popFront()) stream->forgetSlices();
}

void ConnectionImpl::fillSettings(ngtcp2_settings& settings, ngtcp2_transport_params& params, Timestamp now) {
  const TransportLimits& limits = m_endpoint.params().limits;
  ngtcp2_settings_default(&settings);
  settings.initial_ts = toNanoseconds(now);
  settings.rand_ctx.native_handle = &m_endpoint.random();
  settings.handshake_timeout = static_cast<ngtcp2_duration>(limits.handshakeTimeout.count());
  settings.max_window = limits.maxConnectionWindow;
  settings.max_stream_window = limits.maxStreamWindow;
  settings.ack_thresh = 8;
  m_congestion = chooseCongestion(limits.congestion, m_peer.isLoopback());
  m_counters.congestion = congestionName(m_congestion);
  ng::setCongestion(settings, m_congestion);
  m_payloadLimit = kInternetPayload;
  if (m_peer.isLoopback()) {
    // There is no network in between: what is in flight waits in the receiver's socket buffer, which holds a
    // few megabytes.
    settings.max_window = std::min<std::uint64_t>(limits.maxConnectionWindow, kLoopbackWindow);
    settings.max_stream_window = std::min<std::uint64_t>(limits.maxStreamWindow, kLoopbackStreamWindow);
    settings.max_tx_udp_payload_size = windowUnit(limits.loopbackBuffer);
    if (limits.loopbackPayload > 0) {
      m_payloadLimit =
          std::clamp<std::size_t>(limits.loopbackPayload, NGTCP2_MAX_UDP_PAYLOAD_SIZE, kLoopbackMaxPayload);
      settings.no_tx_udp_payload_size_shaping = 1;
      settings.no_pmtud = 1;
    }
  }
  ngtcp2_transport_params_default(&params);
  const std::uint64_t own = limits.ownStreamWindow != 0 ? limits.ownStreamWindow : limits.streamWindow;
  params.initial_max_stream_data_bidi_local = own;
  params.initial_max_stream_data_bidi_remote = limits.streamWindow;
  params.initial_max_data = std::min<std::uint64_t>(limits.connectionWindow, settings.max_window);
  params.initial_max_streams_bidi = limits.peerStreams;
  params.initial_max_streams_uni = 0;
  params.max_idle_timeout = static_cast<ngtcp2_duration>(limits.idleTimeout.count());
  params.active_connection_id_limit = kActiveCids;
  params.max_datagram_frame_size = limits.maxDatagramFrame;
  // Credit for new streams is sent in batches, but early enough that a peer with all its streams in use does
  // not wait for it.
  m_streamGrantBatch = std::clamp<std::uint64_t>(limits.peerStreams / 4, 1, kMaxGrantBatch);
  // Credit for bytes forces a write only when it matters to the peer: the library announces it when half of a
  // stream's window is free, so with another quarter free the peer still has one to use.
  m_creditThreshold = std::min<std::uint64_t>(
      {32 * 1024, std::min(own, limits.streamWindow) / 4, limits.connectionWindow / 8});
}

Result<std::unique_ptr<ConnectionImpl>> ConnectionImpl::connectTo(EndpointImpl& endpoint,
                                                                  const ConnectParams& connect,
                                                                  Timestamp now) {
  auto self = std::unique_ptr<ConnectionImpl>(new ConnectionImpl(endpoint, connect.local, connect.peer));
  self->m_handler = connect.handler;
  auto session = TlsSession::create(endpoint.tls(), {connect.serverName, connect.pin});
  if (!session) return fail(session.error());
  self->m_tls = std::move(*session);
  ngtcp2_settings settings;
  ngtcp2_transport_params params;
  self->fillSettings(settings, params, now);
  const ngtcp2_callbacks callbacks = ConnectionCallbacks::table(false);
  const ngtcp2_cid dcid = randomCid(endpoint.random(), kInitialDcidLength);
  const ngtcp2_cid scid = endpoint.newCid();
  const ngtcp2_path path = pathOf(self->m_local, self->m_peer);
  ngtcp2_conn* connection = nullptr;
  const int rv = ngtcp2_conn_client_new(&connection, &dcid, &scid, &path, NGTCP2_PROTO_VER_V1, &callbacks,
                                        &settings, &params, nullptr, self.get());
  if (rv != 0) return libraryFailure("starting a QUIC connection", rv);
  self->adopt(connection);
  self->noteCid(scid);
  const auto keepAlive = endpoint.params().limits.keepAlive;
  if (keepAlive > Duration::zero()) {
    ngtcp2_conn_set_keep_alive_timeout(connection, static_cast<ngtcp2_duration>(keepAlive.count()));
  }
  self->markDirty(true);
  return self;
}

Result<std::unique_ptr<ConnectionImpl>> ConnectionImpl::accept(EndpointImpl& endpoint,
                                                               const AcceptParams& accept, Timestamp now) {
  auto self = std::unique_ptr<ConnectionImpl>(
      new ConnectionImpl(endpoint, *accept.datagram->local, *accept.datagram->peer));
  self->m_isServer = true;
  auto session = TlsSession::create(endpoint.tls(), {});
  if (!session) return fail(session.error());
  self->m_tls = std::move(*session);
  ngtcp2_settings settings;
  ngtcp2_transport_params params;
  self->fillSettings(settings, params, now);
  if (accept.originalDcid) {
    ng::setOriginalDcid(params, *accept.originalDcid);
    params.retry_scid = accept.clientDcid;
    params.retry_scid_present = 1;
    ng::setToken(settings, accept.token);
  } else {
    ng::setOriginalDcid(params, accept.clientDcid);
  }
  const ngtcp2_callbacks callbacks = ConnectionCallbacks::table(true);
  const ngtcp2_cid scid = endpoint.newCid();
  params.stateless_reset_token_present = 1;
  if (!endpoint.resetToken(scid, params.stateless_reset_token)) {
    return fail(ErrorCode::Internal, "no stateless reset token could be made");
  }
  const ngtcp2_path path = pathOf(self->m_local, self->m_peer);
  ngtcp2_conn* connection = nullptr;
  const int rv = ngtcp2_conn_server_new(&connection, &accept.clientScid, &scid, &path, accept.version,
                                        &callbacks, &settings, &params, nullptr, self.get());
  if (rv != 0) return libraryFailure("accepting a QUIC connection", rv);
  self->adopt(connection);
  self->noteCid(scid);
  // Until the client has learnt our connection ID it uses the random one that it chose.
  self->noteCid(accept.clientDcid);
  return self;
}

void ConnectionImpl::adopt(ngtcp2_conn* connection) noexcept {
  m_connection.reset(connection);
  m_tls->attach(connection);
}

void ConnectionImpl::noteCid(const ngtcp2_cid& cid) {
  const ConnectionId id(ByteView(cid.data, cid.datalen));
  if (m_endpoint.cids().insert(id, *this)) m_cids.push_back(id);
}

void ConnectionImpl::dropCid(const ngtcp2_cid& cid) {
  const ConnectionId id(ByteView(cid.data, cid.datalen));
  if (std::erase(m_cids, id) > 0) m_endpoint.cids().erase(id);
}

void ConnectionImpl::markDirty(bool mustWrite) {
  m_mustWrite = m_mustWrite || mustWrite;
  m_endpoint.markDirty(*this);
}

transport::Stream* ConnectionImpl::openStream() {
  if (m_state != State::Open) return nullptr;
  StreamImpl& stream = m_endpoint.streams().acquire();
  std::int64_t id = -1;
  if (ngtcp2_conn_open_bidi_stream(m_connection.get(), &id, &stream) != 0) {
    m_endpoint.streams().release(stream);
    m_wantsStreams = true;
    return nullptr;
  }
  stream.open(*this, id);
  m_streams.pushBack(stream);
  return &stream;
}

std::uint64_t ConnectionImpl::streamCredit() const noexcept {
  return m_state == State::Open ? ngtcp2_conn_get_streams_bidi_left(m_connection.get()) : 0;
}

void ConnectionImpl::close(transport::AppErrorCode code, std::string_view reason) {
  transport::CloseInfo info;
  info.cause = transport::CloseCause::Local;
  info.code = code;
  info.reason = reason;
  end(std::move(info), Farewell::SendClose);
}

void ConnectionImpl::migrate(const net::SocketAddress& newLocal) {
  if (!isLive() || m_isServer) return;
  m_migrateTo = newLocal;
  markDirty(true);
}

transport::LinkStats ConnectionImpl::stats() const {
  transport::LinkStats stats = m_counters;
  if (m_connection == nullptr) return stats;
  const ng::ConnectionInfo info = ng::connectionInfo(m_connection.get());
  stats.smoothedRtt = Duration(static_cast<std::int64_t>(info.smoothed_rtt));
  // The library reports "infinite" until it has a sample.
  stats.minRtt =
      info.min_rtt == UINT64_MAX ? Duration::zero() : Duration(static_cast<std::int64_t>(info.min_rtt));
  stats.congestionWindow = info.cwnd;
  stats.bytesInFlight = info.bytes_in_flight;
  return stats;
}

void ConnectionImpl::markAdmitted() noexcept { m_endpoint.newcomers().remove(*this); }

void ConnectionImpl::giveWay() {
  if (m_state == State::Handshaking) {
    end({}, Farewell::Vanish);
  } else {
    close(m_endpoint.params().shedCode,
          "the connection did not log in and was closed to make room for others");
  }
}

SlabWriter& ConnectionImpl::writer() noexcept { return *m_endpoint.params().writer; }

void ConnectionImpl::streamReady(StreamImpl& stream) {
  if (!isLive() || !stream.hasWork()) return;
  m_ready.add(stream);
  markDirty(true);
}

void ConnectionImpl::shutdownWrite(transport::StreamId id, transport::AppErrorCode code) {
  if (!isLive()) return;
  ng::shutdownWrite(m_connection.get(), id, code);
  markDirty(true);
}

void ConnectionImpl::shutdownRead(transport::StreamId id, transport::AppErrorCode code) {
  if (!isLive()) return;
  ng::shutdownRead(m_connection.get(), id, code);
  markDirty(true);
}

// Streams with slow users must not stall the others: ngtcp2 announces connection credit only when half of the
// window has been returned, so users that hold the other half would block the connection for good. Connection
// credit is therefore returned on receipt, and each stream's own window limits its sender. A budget for all
// streams together bounds memory; see shedStreams.
void ConnectionImpl::received(std::size_t count) {
  m_unconsumed += count;
  ngtcp2_conn_extend_max_offset(m_connection.get(), count);
}

void ConnectionImpl::consumed(transport::StreamId id, std::size_t count, bool streamToo) {
  if (!isLive()) return;
  m_unconsumed -= count;
  if (!streamToo) return;  // the peer sends no more on the stream
  ngtcp2_conn_extend_max_stream_offset(m_connection.get(), id, count);
  m_creditSinceWrite += count;
  if (m_creditSinceWrite >= m_creditThreshold) markDirty(true);
}

void ConnectionImpl::widen(transport::StreamId id, std::size_t count) {
  if (!isLive()) return;
  ngtcp2_conn_extend_max_stream_offset(m_connection.get(), id, count);
  markDirty(true);
}

}  // namespace adit::quic
