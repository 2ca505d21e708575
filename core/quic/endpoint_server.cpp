// SPDX-License-Identifier: Apache-2.0
// Datagrams that belong to no connection: of new clients, of other workers, of connections whose state was
// lost, and of unknown versions.
#include <algorithm>
#include <array>

#include "core/quic/endpoint_impl.h"

namespace adit::quic {

namespace {

constexpr std::array<std::uint32_t, 1> kVersions = {NGTCP2_PROTO_VER_V1};
constexpr ngtcp2_duration kRetryTokenLife = 10 * NGTCP2_SECONDS;
constexpr std::uint8_t kLongHeader = 0x80;
// RFC 9000 section 10.3: as long as a small packet, but always shorter than the packet that triggers it, so
// that two servers cannot reset each other for ever.
constexpr std::size_t kResetLength = 43;
constexpr std::size_t kMinResetLength = 5 + NGTCP2_STATELESS_RESET_TOKENLEN;

}  // namespace

void EndpointImpl::receiveUnknown(const net::ReceivedDatagram& datagram, const ngtcp2_version_cid& ids,
                                  Timestamp now) {
  const ByteView cid(ids.dcid, ids.dcidlen);
  const std::optional<std::uint8_t> worker = m_codec.decode(cid);
  if (worker && *worker != m_params.worker && *worker < m_params.workers) {
    ++m_counters.forwarded;
    m_handler.onForeignDatagram(*worker, datagram);
  } else if ((datagram.payload[0] & kLongHeader) != 0) {
    receiveInitial(datagram, now);
  } else {
    sendReset(datagram, cid, now);
  }
}

void EndpointImpl::receiveInitial(const net::ReceivedDatagram& datagram, Timestamp now) {
  ngtcp2_pkt_hd header{};
  if (ngtcp2_accept(&header, datagram.payload.data(), datagram.payload.size()) != 0) {
    ++m_counters.datagramsDropped;
    return;
  }
  AcceptParams accept;
  accept.datagram = &datagram;
  accept.version = header.version;
  accept.clientDcid = header.dcid;
  accept.clientScid = header.scid;
  const ByteView token = ng::tokenOf(header);
  if (!token.empty() && token[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY) {
    ngtcp2_cid original{};
    const int rv = ngtcp2_crypto_verify_retry_token(
        &original, token.data(), token.size(), m_params.keys.retryToken.data(),
        m_params.keys.retryToken.size(), header.version, datagram.peer->native(),
        datagram.peer->nativeLength(), &header.dcid, kRetryTokenLife, toNanoseconds(now));
    if (rv != 0) {
      refuse(datagram, header, NGTCP2_INVALID_TOKEN, now);
      return;
    }
    accept.originalDcid = original;
    accept.token = token;
  }
  if (!m_accepting || m_alive >= m_params.maxConnections) {
    refuse(datagram, header, NGTCP2_CONNECTION_REFUSED, now);
    return;
  }
  const bool full = m_newcomers.size() >= m_params.maxNewcomers;
  // No newcomer gives way to an address that may be spoofed.
  if ((full || m_halfOpen >= m_params.retryFrom) && !accept.originalDcid) {
    sendRetry(datagram, header, now);
    return;
  }
  if (full && !makeRoom(*datagram.peer, now)) {
    ++m_counters.datagramsDropped;
    return;
  }
  auto made = ConnectionImpl::accept(*this, accept, now);
  if (!made) {
    ++m_counters.datagramsDropped;
    return;
  }
  ++m_halfOpen;
  m_newcomers.add(**made, *datagram.peer, now);
  keep(std::move(*made)).receive(datagram, now);
}

/// Makes room for a newcomer from that address; false if no other gives way.
bool EndpointImpl::makeRoom(const net::SocketAddress& from, Timestamp now) {
  Newcomer* leaving = m_newcomers.whoGivesWayTo(from, now);
  if (leaving == nullptr) return false;
  m_newcomers.remove(*leaving);
  static_cast<ConnectionImpl&>(*leaving).giveWay();
  return true;
}

// A stateless reset has a random connection ID: only the connection to that server can recognize it.
void EndpointImpl::receiveOnClient(const net::ReceivedDatagram& datagram, Timestamp now) {
  ++m_counters.datagramsDropped;
  if ((datagram.payload[0] & kLongHeader) != 0 || datagram.payload.size() < kMinResetLength) return;
  for (std::size_t i = m_connections.size(); i > 0; --i) {
    if (m_connections[i - 1]->mayBeFrom(*datagram.peer)) m_connections[i - 1]->receive(datagram, now);
  }
}

void EndpointImpl::sendStateless(const net::ReceivedDatagram& to, ByteView packet) {
  if (m_sender.isBlocked()) return;
  net::DatagramBatch batch;
  batch.peer = to.peer;
  batch.local = to.local->isUnspecified() || !isServer() ? nullptr : to.local;
  batch.bytes = packet;
  batch.segmentSize = packet.size();
  m_sink->send(batch);
}

void EndpointImpl::sendVersionNegotiation(const net::ReceivedDatagram& datagram,
                                          const ngtcp2_version_cid& ids, Timestamp now) {
  std::array<std::uint8_t, 1 + 4 + 2 + 2 * 255 + 4 * kVersions.size()> packet;
  std::uint8_t unused = 0;
  m_params.random->fill(std::span(&unused, 1));
  const ngtcp2_ssize size =
      ngtcp2_pkt_write_version_negotiation(packet.data(), packet.size(), unused, ids.scid, ids.scidlen,
                                           ids.dcid, ids.dcidlen, kVersions.data(), kVersions.size());
  if (size <= 0 || static_cast<std::size_t>(size) > datagram.payload.size() || !m_statelessBudget.take(now)) {
    ++m_counters.datagramsDropped;
    return;
  }
  ++m_counters.versionNegotiationsSent;
  sendStateless(datagram, ByteView(packet.data(), static_cast<std::size_t>(size)));
}

void EndpointImpl::demandRetry(const net::ReceivedDatagram& datagram, Timestamp now) {
  ngtcp2_pkt_hd header{};
  if (ngtcp2_accept(&header, datagram.payload.data(), datagram.payload.size()) == 0)
    sendRetry(datagram, header, now);
}

void EndpointImpl::sendRetry(const net::ReceivedDatagram& datagram, const ngtcp2_pkt_hd& header,
                             Timestamp now) {
  const ngtcp2_cid scid = newCid();
  std::array<std::uint8_t, NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN> token;
  const ngtcp2_ssize tokenSize = ngtcp2_crypto_generate_retry_token(
      token.data(), m_params.keys.retryToken.data(), m_params.keys.retryToken.size(), header.version,
      datagram.peer->native(), datagram.peer->nativeLength(), &scid, &header.dcid, toNanoseconds(now));
  if (tokenSize < 0) return;
  std::array<std::uint8_t, 512> packet;
  const ngtcp2_ssize size =
      ngtcp2_crypto_write_retry(packet.data(), packet.size(), header.version, &header.scid, &scid,
                                &header.dcid, token.data(), static_cast<std::size_t>(tokenSize));
  if (size <= 0) return;
  ++m_counters.retriesSent;
  sendStateless(datagram, ByteView(packet.data(), static_cast<std::size_t>(size)));
}

void EndpointImpl::sendReset(const net::ReceivedDatagram& datagram, ByteView cid, Timestamp now) {
  ++m_counters.datagramsDropped;
  if (datagram.payload.size() <= kMinResetLength || !m_statelessBudget.take(now)) return;
  std::array<std::uint8_t, kResetLength> packet;
  const std::size_t length = std::min(datagram.payload.size() - 1, packet.size());
  std::array<std::uint8_t, kResetLength> noise;
  const std::span<std::uint8_t> random = std::span(noise).first(length - NGTCP2_STATELESS_RESET_TOKENLEN);
  m_params.random->fill(random);
  ngtcp2_cid id{};
  ngtcp2_cid_init(&id, cid.data(), cid.size());
  std::array<std::uint8_t, NGTCP2_STATELESS_RESET_TOKENLEN> token;
  if (!resetToken(id, token.data())) return;
  const ngtcp2_ssize size = ngtcp2_pkt_write_stateless_reset(packet.data(), packet.size(), token.data(),
                                                             random.data(), random.size());
  if (size <= 0) return;
  ++m_counters.resetsSent;
  sendStateless(datagram, ByteView(packet.data(), static_cast<std::size_t>(size)));
}

void EndpointImpl::refuse(const net::ReceivedDatagram& datagram, const ngtcp2_pkt_hd& header,
                          std::uint64_t code, Timestamp now) {
  ++m_counters.datagramsDropped;
  if (!m_statelessBudget.take(now)) return;
  std::array<std::uint8_t, 512> packet;
  const ngtcp2_ssize size = ngtcp2_crypto_write_connection_close(
      packet.data(), packet.size(), header.version, &header.scid, &header.dcid, code, nullptr, 0);
  if (size > 0) sendStateless(datagram, ByteView(packet.data(), static_cast<std::size_t>(size)));
}

}  // namespace adit::quic
