// SPDX-License-Identifier: Apache-2.0
#include "core/quic/endpoint.h"

#include <utility>

#include "core/quic/endpoint_impl.h"

namespace adit::quic {

namespace {

// The rate of stateless responses (Version Negotiation, stateless reset, refusals), all together.
constexpr double kStatelessPerSecond = 100;

}  // namespace

StaticKeys StaticKeys::generate(Random& random) {
  StaticKeys keys;
  random.fill(keys.connectionId);
  random.fill(keys.retryToken);
  random.fill(keys.statelessReset);
  return keys;
}

Result<std::unique_ptr<Endpoint>> Endpoint::create(EndpointParams params, net::DatagramSink& sink,
                                                   EndpointHandler& handler) {
  if (params.random == nullptr || params.slabs == nullptr || params.writer == nullptr) {
    return fail(ErrorCode::InvalidArgument,
                "a QUIC endpoint needs randomness, a slab pool and a slab writer");
  }
  auto tls = TlsContext::create(params.role, params.identity, params.alpn);
  if (!tls) return fail(tls.error());
  return std::make_unique<EndpointImpl>(std::move(params), std::move(*tls), sink, handler);
}

EndpointImpl::EndpointImpl(EndpointParams params, std::unique_ptr<TlsContext> tls, net::DatagramSink& sink,
                           EndpointHandler& handler)
    : m_params(std::move(params)),
      m_handler(handler),
      m_tls(std::move(tls)),
      m_codec(m_params.keys.connectionId),
      m_sink(&sink),
      m_sender(sink, m_counters,
               isServer() ? BatchSender::LocalAddress::Explicit : BatchSender::LocalAddress::Chosen),
      m_statelessBudget(kStatelessPerSecond, kStatelessPerSecond),
      m_cids(*m_params.random) {}

EndpointImpl::~EndpointImpl() = default;

ConnectionImpl& EndpointImpl::keep(std::unique_ptr<ConnectionImpl> connection) {
  connection->setIndex(m_connections.size());
  m_connections.push_back(std::move(connection));
  ++m_alive;
  return *m_connections.back();
}

Result<transport::Link*> EndpointImpl::connect(const ConnectParams& params, Timestamp now) {
  if (isServer()) return fail(ErrorCode::InvalidArgument, "a server endpoint does not connect");
  if (params.peer.family() != params.local.family()) {
    return fail(ErrorCode::InvalidArgument, "the addresses of a QUIC connection are of two families");
  }
  auto made = ConnectionImpl::connectTo(*this, params, now);
  if (!made) return fail(made.error());
  return &keep(std::move(*made));
}

void EndpointImpl::receive(std::span<const net::ReceivedDatagram> datagrams, Timestamp now) {
  for (const net::ReceivedDatagram& datagram : datagrams) {
    ++m_counters.datagramsIn;
    route(datagram, now);
  }
  if (!m_flushing) m_buried.clear();
}

void EndpointImpl::route(const net::ReceivedDatagram& datagram, Timestamp now) {
  if (datagram.payload.empty()) {
    ++m_counters.datagramsDropped;
    return;
  }
  ngtcp2_version_cid ids{};
  const int rv = ngtcp2_pkt_decode_version_cid(&ids, datagram.payload.data(), datagram.payload.size(),
                                               isServer() ? kServerCidLength : kClientCidLength);
  if (rv == NGTCP2_ERR_VERSION_NEGOTIATION) {
    if (isServer()) {
      sendVersionNegotiation(datagram, ids, now);
    } else {
      ++m_counters.datagramsDropped;
    }
    return;
  }
  if (rv != 0) {
    ++m_counters.datagramsDropped;
    return;
  }
  if (ConnectionImpl* connection = m_cids.find(ByteView(ids.dcid, ids.dcidlen)); connection != nullptr) {
    connection->receive(datagram, now);
  } else if (isServer()) {
    receiveUnknown(datagram, ids, now);
  } else {
    receiveOnClient(datagram, now);
  }
}

void EndpointImpl::markDirty(ConnectionImpl& connection) {
  ListHook<DirtyConnectionsTag>& hook = connection;
  if (!hook.isLinked()) m_dirty.pushBack(connection);
  if (m_flushRequested || m_flushing) return;
  m_flushRequested = true;
  m_handler.onFlushNeeded();
}

void EndpointImpl::flush(Timestamp now) {
  m_flushRequested = false;
  m_flushing = true;
  m_sender.resume();
  // Connections that become dirty again meanwhile (their handlers send more) are written in this flush, too.
  // One that has used its share, or waits for the sink, continues in the next flush.
  IntrusiveList<ConnectionImpl, DirtyConnectionsTag> later;
  while (ConnectionImpl* connection = m_dirty.popFront()) {
    if (connection->flush(now, m_sender) != ConnectionImpl::FlushOutcome::Done) later.pushBack(*connection);
  }
  m_dirty.splice(later);
  m_flushing = false;
  m_buried.clear();
  if (m_dirty.empty() || m_sender.isBlocked()) return;
  m_flushRequested = true;
  m_handler.onFlushNeeded();
}

void EndpointImpl::expire(Timestamp now) {
  while (m_deadlines.first() <= now) {
    ConnectionImpl& connection = *m_deadlines.top();
    // The flush that follows sets the next deadline.
    m_deadlines.update(connection, kNever);
    connection.expire(now);
  }
  if (!m_flushing) m_buried.clear();
}

void EndpointImpl::onRefused(const net::SocketAddress& peer, Timestamp now) {
  if (isServer()) return;
  for (const auto& connection : m_connections) {
    if (connection->mayBeFrom(peer)) connection->onRefusal(now);
  }
}

void EndpointImpl::setSink(net::DatagramSink& sink) {
  m_sink = &sink;
  m_sender.setSink(sink);
}

void EndpointImpl::migrateAll(const net::SocketAddress& newLocal) {
  for (const auto& connection : m_connections) connection->migrate(newLocal);
}

void EndpointImpl::closeAll(transport::AppErrorCode code, std::string_view reason, Timestamp now) {
  m_accepting = false;
  for (const auto& connection : m_connections) connection->close(code, reason);
  flush(now);
}

ngtcp2_cid EndpointImpl::newCid() {
  ngtcp2_cid cid{};
  if (isServer()) {
    const CidCodec::Block block = m_codec.encode(m_params.worker, *m_params.random);
    ngtcp2_cid_init(&cid, block.data(), block.size());
  } else {
    cid.datalen = kClientCidLength;
    m_params.random->fill(std::span(cid.data, kClientCidLength));
  }
  return cid;
}

bool EndpointImpl::resetToken(const ngtcp2_cid& cid, std::uint8_t* token) const {
  return ngtcp2_crypto_generate_stateless_reset_token(token, m_params.keys.statelessReset.data(),
                                                      m_params.keys.statelessReset.size(), &cid) == 0;
}

void EndpointImpl::onHandshakeDone(ConnectionImpl& /*connection*/) {
  ++m_counters.handshakes;
  if (isServer()) --m_halfOpen;
}

void EndpointImpl::onConnectionOver(ConnectionImpl& connection, bool wasOpen) {
  --m_alive;
  m_newcomers.remove(connection);
  if (wasOpen) return;
  ++m_counters.handshakeFailures;
  if (isServer()) --m_halfOpen;
}

void EndpointImpl::bury(ConnectionImpl& connection) {
  const std::size_t index = connection.index();
  m_buried.push_back(std::move(m_connections[index]));
  if (index + 1 != m_connections.size()) {
    m_connections[index] = std::move(m_connections.back());
    m_connections[index]->setIndex(index);
  }
  m_connections.pop_back();
}

}  // namespace adit::quic
