// SPDX-License-Identifier: Apache-2.0
// Unreliable datagrams of a connection (RFC 9221).
#include <algorithm>

#include "core/quic/connection_impl.h"
#include "core/quic/endpoint_impl.h"

namespace adit::quic {

namespace {

// A 1-RTT packet around one DATAGRAM frame: the first byte, a packet number of at most 4 bytes, the AEAD's
// tag (RFC 9001 section 5.3) and the frame's type. The connection ID and the frame's length come on top.
constexpr std::size_t kPacketOverhead = 1 + 4 + 16 + 1;

/// The largest payload that fits into `room` bytes together with its length, a varint of 1, 2 or 4 bytes
/// (RFC 9000 section 16).
constexpr std::size_t largestIn(std::size_t room) noexcept {
  const auto less = [room](std::size_t size) { return room - std::min(room, size); };
  return std::max({std::min<std::size_t>(less(1), 63), std::min<std::size_t>(less(2), 16383), less(4)});
}
static_assert(largestIn(64) == 63 && largestIn(65) == 63 && largestIn(66) == 64);
static_assert(largestIn(16385) == 16383 && largestIn(16388) == 16384 && largestIn(0) == 0);

}  // namespace

std::size_t ConnectionImpl::maxDatagramSize() const noexcept {
  if (m_state != State::Open) return 0;
  const ngtcp2_transport_params* peer = ngtcp2_conn_get_remote_transport_params(m_connection.get());
  if (peer == nullptr || peer->max_datagram_frame_size == 0) return 0;
  // The peer's limit is for the frame with its type and length (RFC 9221 section 3).
  const std::size_t frame =
      static_cast<std::size_t>(std::min<std::uint64_t>(peer->max_datagram_frame_size, m_payloadLimit));
  const std::size_t packet =
      std::min(m_payloadLimit, ngtcp2_conn_get_path_max_tx_udp_payload_size(m_connection.get()));
  const std::size_t around = kPacketOverhead + ngtcp2_conn_get_dcid(m_connection.get())->datalen;
  const std::size_t room = std::min(frame - 1, packet > around ? packet - around : 0);
  return largestIn(room);
}

transport::DatagramOutcome ConnectionImpl::sendDatagram(ByteView data) {
  const std::size_t most = maxDatagramSize();
  if (most == 0) return transport::DatagramOutcome::NotSupported;
  if (data.size() > most) return transport::DatagramOutcome::TooLarge;
  m_datagramCounters.displaced += m_datagrams.push(data);
  markDirty(true);
  return transport::DatagramOutcome::Queued;
}

void ConnectionImpl::onDatagram(ByteView data) {
  // As with streams, the UDP datagram that completes the handshake may contain data.
  if (m_connectedPending) deliverConnected();
  if (m_datagramHandler == nullptr || m_state != State::Open) {
    ++m_datagramCounters.unwanted;
    return;
  }
  ++m_datagramCounters.received;
  m_datagramHandler->onDatagram(*this, data);
}

/// Puts datagrams of at most `most` bytes into the packet at `dest`. NGTCP2_ERR_WRITE_MORE: the packet has
/// room for more. Otherwise as writePacket.
ngtcp2_ssize ConnectionImpl::writeDatagrams(std::uint8_t* dest, ngtcp2_path* path, ngtcp2_pkt_info* info,
                                            std::size_t most, ngtcp2_tstamp now) {
  ngtcp2_ssize size = NGTCP2_ERR_WRITE_MORE;
  while (size == NGTCP2_ERR_WRITE_MORE && !m_datagrams.empty()) {
    const ByteView data = m_datagrams.front();
    if (data.size() > most) {
      ++m_datagramCounters.shrunk;
      m_datagrams.pop();
      continue;
    }
    // ngtcp2 only reads it, though it declares it without const. For an empty datagram it expects no vector.
    const ngtcp2_vec vector{const_cast<std::uint8_t*>(data.data()), data.size()};
    int accepted = 0;
    size =
        ngtcp2_conn_writev_datagram(m_connection.get(), path, info, dest, m_payloadLimit, &accepted,
                                    NGTCP2_WRITE_DATAGRAM_FLAG_MORE, 0, &vector, data.empty() ? 0 : 1, now);
    if (accepted != 0) {
      ++m_datagramCounters.sent;
      m_datagrams.pop();
    }
  }
  return size;
}

}  // namespace adit::quic
