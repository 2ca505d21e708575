// SPDX-License-Identifier: Apache-2.0
// Datagrams in and out of one connection.
#include <algorithm>
#include <array>
#include <utility>

#include "core/quic/connection_impl.h"
#include "core/quic/endpoint_impl.h"

namespace adit::quic {

namespace {

// A write pass sends at least an ACK packet, which costs the peer time. If there is nothing but received
// packets to acknowledge, a pass waits until one of these is reached.
constexpr std::uint32_t kPacketsBeforeWrite = 8;
constexpr std::uint64_t kBytesBeforeWrite = 4096;
// The acknowledgement delay depends on the path's round trip; on loopback the timer would fire at once.
constexpr Duration kTimerFloor = std::chrono::milliseconds(1);
// How long a refused connection waits for a response, and how often it sends a PING meanwhile.
constexpr Duration kRefusalPatience = std::chrono::milliseconds(300);
constexpr Duration kAskEvery = std::chrono::milliseconds(50);
// How much one connection sends in a flush, paced or not, before others get their turn.
constexpr std::size_t kFlushBudget = 512 * 1024;
constexpr std::size_t kVectors = 16;

}  // namespace

void ConnectionImpl::receive(const net::ReceivedDatagram& datagram, Timestamp now) {
  if (m_state == State::Closing) answerLatePacket(datagram);
  if (!isLive()) return;
  // A client's socket may report a more exact address than the one it was bound to; to ngtcp2 they are one
  // path.
  const bool sameLocal = !m_isServer && datagram.local->port() == m_local.port();
  const net::SocketAddress& local = sameLocal ? m_local : *datagram.local;
  if (m_isServer && !admitsPath(*datagram.peer, now)) return;
  if (!catchUp(now)) return;
  const ngtcp2_path path = pathOf(local, *datagram.peer);
  m_counters.bytesReceived += datagram.payload.size();
  ++m_packetsSinceWrite;
  m_bytesSinceWrite += datagram.payload.size();
  const int rv = ConnectionCallbacks::readPacket(*this, path, datagram, now);
  switch (rv) {
    case 0:
      break;
    case NGTCP2_ERR_DRAINING:
      endByPeer();
      break;
    case NGTCP2_ERR_RETRY:
      m_endpoint.demandRetry(datagram, now);
      [[fallthrough]];
    case NGTCP2_ERR_DROP_CONN:
      end({}, Farewell::Vanish);
      break;
    default:
      endWith(rv);
      break;
  }
  afterRead(datagram);
  markDirty(false);
}

bool ConnectionImpl::admitsPath(const net::SocketAddress& peer, Timestamp now) {
  if (peer == m_peer || m_candidatePeer == peer) return true;
  if (!m_pathChanges.take(now)) return false;
  m_candidatePeer = peer;
  return true;
}

void ConnectionImpl::afterRead(const net::ReceivedDatagram& datagram) {
  if (isLive() && m_refusedUntil != kNever && m_lastHeard > m_refusedAt) disproveRefusal();
  if (m_connectedPending) deliverConnected();
  if (!m_stops.empty()) deliverStops();
  if (m_unconsumed > m_endpoint.params().limits.maxUnconsumed) shedStreams();
  if (m_streamCreditPending) {
    m_streamCreditPending = false;
    if (m_wantsStreams && isLive() && m_handler != nullptr && streamCredit() > 0) {
      m_wantsStreams = false;
      m_handler->onStreamCredit(*this);
    }
  }
  if (m_isServer && isLive() && *datagram.peer != m_peer) followPath();
}

void ConnectionImpl::followPath() {
  const ngtcp2_path* path = ngtcp2_conn_get_path(m_connection.get());
  const auto peer = net::SocketAddress::fromNative(path->remote.addr, path->remote.addrlen);
  if (peer == m_peer) return;
  m_peer = peer;
  ++m_counters.migrations;
}

bool ConnectionImpl::isWriteDue() noexcept {
  return m_mustWrite || hasUnsent() || !m_confirmed || m_packetsSinceWrite >= kPacketsBeforeWrite ||
         m_bytesSinceWrite >= kBytesBeforeWrite;
}

ConnectionImpl::FlushOutcome ConnectionImpl::flush(Timestamp now, BatchSender& sender) {
  if (m_ending) {
    finish(now, sender);
    return FlushOutcome::Done;
  }
  if (!isLive()) return FlushOutcome::Done;
  if (!catchUp(now)) {
    finish(now, sender);
    return FlushOutcome::Done;
  }
  if (m_migrateTo) applyMigration(now);
  if (!isWriteDue()) {
    // What is held back is sent with the next write, or when the timer fires.
    schedule(now + kTimerFloor);
    return FlushOutcome::Done;
  }
  if (sender.isBlocked()) return FlushOutcome::Blocked;
  if (m_packetsSinceKeyUpdate >= m_endpoint.params().limits.keyUpdatePackets) updateKeys(now);
  m_mustWrite = false;
  m_packetsSinceWrite = 0;
  m_bytesSinceWrite = m_creditSinceWrite = 0;
  const FlushOutcome outcome = writePackets(now, sender);
  if (m_ending) {
    finish(now, sender);
    return FlushOutcome::Done;
  }
  if (outcome != FlushOutcome::Done) m_mustWrite = true;
  scheduleAfterWrite(now);
  deliverWritable();
  return outcome;
}

/// False if that ended the connection.
bool ConnectionImpl::catchUp(Timestamp now) {
  if (const int rv = m_pacer.catchUp(m_connection.get(), now); rv != 0) {
    endWith(rv);
    return false;
  }
  if (m_pacer.takeExpired()) m_mustWrite = true;
  return true;
}

ConnectionImpl::FlushOutcome ConnectionImpl::writePackets(Timestamp now, BatchSender& sender) {
  ngtcp2_conn* connection = m_connection.get();
  const bool paced = m_pacer.isActive();
  const std::size_t burst = paced ? m_pacer.burst(connection, m_congestion) : 0;
  ngtcp2_path_storage storage;
  ngtcp2_path_storage_zero(&storage);
  ngtcp2_pkt_info info{};
  std::size_t written = 0, unpaced = 0;
  FlushOutcome outcome = FlushOutcome::Done;
  for (;;) {
    if (written >= kFlushBudget) {
      outcome = FlushOutcome::More;
      break;
    }
    if (paced && unpaced >= burst) {
      // After this the library writes no data until its pacing timer, except to make up for a delay.
      ngtcp2_conn_update_pkt_tx_time(connection, toNanoseconds(now));
      unpaced = 0;
    }
    std::uint8_t* dest = sender.room(m_payloadLimit);
    if (dest == nullptr) {
      outcome = FlushOutcome::Blocked;
      break;
    }
    const ngtcp2_ssize size = writePacket(dest, &storage.path, &info, now);
    if (size < 0) {
      endWith(static_cast<int>(size));
      break;
    }
    if (size == 0) break;
    const auto bytes = static_cast<std::size_t>(size);
    written += bytes;
    unpaced += bytes;
    ++m_packetsSinceKeyUpdate;
    sender.add(bytes, storage.path, info.ecn);
  }
  sender.flush();
  m_counters.bytesSent += written;
  if (sender.isBlocked() && outcome == FlushOutcome::Done && hasUnsent()) outcome = FlushOutcome::Blocked;
  if (m_ending) return outcome;
  if (paced && unpaced > 0) ngtcp2_conn_update_pkt_tx_time(connection, toNanoseconds(now));
  m_pacer.wrote(connection, hasUnsent(), m_payloadLimit, now);
  return outcome;
}

// Writes one packet, filled from as many streams and datagrams as fit. Streams and datagrams come first in
// turn, so that neither a flood of datagrams nor a bulk transfer on a stream starves the other. After a call
// that returned WRITE_MORE no other function of ngtcp2 may be called before the packet is complete.
ngtcp2_ssize ConnectionImpl::writePacket(std::uint8_t* dest, ngtcp2_path* path, ngtcp2_pkt_info* info,
                                         Timestamp now) {
  ngtcp2_conn* connection = m_connection.get();
  std::uint64_t credit = m_state == State::Open ? ngtcp2_conn_get_max_data_left(connection) : 0;
  const ngtcp2_tstamp ts = toNanoseconds(now);
  const std::size_t largestDatagram = m_datagrams.empty() ? 0 : maxDatagramSize();
  bool datagramsDue = !m_datagrams.empty() && m_state == State::Open, beginsWithDatagrams = false;
  for (;;) {
    StreamImpl* stream = nextStream(credit);
    if (datagramsDue && (stream == nullptr || m_datagramsFirst)) {
      datagramsDue = false;
      beginsWithDatagrams = m_datagramsFirst;
      m_datagramsFirst = false;
      const ngtcp2_ssize size = writeDatagrams(dest, path, info, largestDatagram, ts);
      if (size != NGTCP2_ERR_WRITE_MORE) return size;
      continue;
    }
    std::array<ngtcp2_vec, kVectors> vectors;
    std::size_t count = 0, bytes = 0;
    std::uint32_t flags = NGTCP2_WRITE_STREAM_FLAG_NONE;
    if (stream != nullptr) {
      const SliceQueue& unsent = stream->unsent();
      for (; count < std::min(kVectors, unsent.count()) && bytes < m_payloadLimit; ++count) {
        const Slice& slice = unsent.at(count);
        // ngtcp2 only reads them; it declares them without const.
        vectors[count] = {const_cast<std::uint8_t*>(slice.data()), slice.size()};
        bytes += slice.size();
      }
      flags = NGTCP2_WRITE_STREAM_FLAG_MORE;
      if (stream->wantsFin() && bytes == unsent.bytes()) flags |= NGTCP2_WRITE_STREAM_FLAG_FIN;
    }
    ngtcp2_ssize taken = -1;
    const ngtcp2_ssize size =
        ngtcp2_conn_writev_stream(connection, path, info, dest, m_payloadLimit, &taken, flags,
                                  stream != nullptr ? stream->id() : -1, vectors.data(), count, ts);
    if (stream == nullptr) return size;
    if (taken >= 0) {
      const auto consumed = static_cast<std::size_t>(taken);
      stream->onWritten(consumed, (flags & NGTCP2_WRITE_STREAM_FLAG_FIN) != 0 && consumed == bytes);
      credit -= std::min<std::uint64_t>(credit, consumed);
    }
    ListHook<ReadyStreamsTag>& ready = *stream;
    switch (size) {
      case NGTCP2_ERR_WRITE_MORE:
        if (!stream->hasWork()) ready.unlink();
        continue;
      case NGTCP2_ERR_STREAM_DATA_BLOCKED:  // until the peer extends its window
        ready.unlink();
        continue;
      case NGTCP2_ERR_STREAM_SHUT_WR:
      case NGTCP2_ERR_STREAM_NOT_FOUND:
        stream->onRefused();
        continue;
      default:
        break;
    }
    if (!stream->hasWork()) ready.unlink();
    if (size > 0) m_ready.rotate(*stream);  // another stream fills the next packet
    m_datagramsFirst = !beginsWithDatagrams;
    return size;
  }
}

StreamImpl* ConnectionImpl::nextStream(std::uint64_t connectionCredit) noexcept {
  if (m_state != State::Open) return nullptr;
  // Without credit only a FIN without data may be sent.
  return connectionCredit > 0 ? m_ready.front() : m_ready.firstBareFin();
}

void ConnectionImpl::scheduleAfterWrite(Timestamp now) {
  const Timestamp expiry = fromNanoseconds(ngtcp2_conn_get_expiry(m_connection.get()));
  schedule(std::max(expiry, now + kTimerFloor));
}

void ConnectionImpl::schedule(Timestamp when) {
  m_endpoint.deadlines().update(*this, std::min(when, m_refusedUntil));
}

void ConnectionImpl::onRefusal(Timestamp now) {
  if (!isLive() || m_refusedUntil != kNever) return;
  const Duration pto(static_cast<std::int64_t>(ngtcp2_conn_get_pto(m_connection.get())));
  m_refusedAt = now;
  // During the handshake no round trip is known yet. For an open connection allow for a lost PING.
  m_refusedUntil = now + (m_state == State::Open ? std::max(kRefusalPatience, 2 * pto) : kRefusalPatience);
  ngtcp2_conn_set_keep_alive_timeout(m_connection.get(), static_cast<ngtcp2_duration>(kAskEvery.count()));
  markDirty(true);
}

void ConnectionImpl::disproveRefusal() noexcept {
  m_refusedUntil = kNever;
  const Duration keepAlive = m_endpoint.params().limits.keepAlive;
  ngtcp2_conn_set_keep_alive_timeout(m_connection.get(), static_cast<ngtcp2_duration>(keepAlive.count()));
}

void ConnectionImpl::expire(Timestamp now) {
  if (m_state == State::Closing || m_state == State::Draining) {
    die();
    return;
  }
  if (!isLive()) return;
  if (now >= m_refusedUntil) {
    endRefused();
    return;
  }
  if (!catchUp(now)) return;
  if (const int rv = ngtcp2_conn_handle_expiry(m_connection.get(), toNanoseconds(now)); rv != 0) endWith(rv);
  markDirty(true);
}

void ConnectionImpl::applyMigration(Timestamp now) {
  const net::SocketAddress local = *std::exchange(m_migrateTo, std::nullopt);
  if (local == m_local) return;
  const ngtcp2_path path = pathOf(local, m_peer);
  m_local = local;
  ++m_counters.migrations;
  // Before the handshake is confirmed, or without a spare connection ID, change the path all the same, as if
  // a NAT had rebound: the server detects that by itself.
  if (ngtcp2_conn_initiate_immediate_migration(m_connection.get(), &path, toNanoseconds(now)) != 0) {
    ngtcp2_conn_set_local_addr(m_connection.get(), &path.local);
  }
  m_mustWrite = true;
}

void ConnectionImpl::updateKeys(Timestamp now) {
  if (!m_confirmed) return;
  if (ngtcp2_conn_initiate_key_update(m_connection.get(), toNanoseconds(now)) == 0) {
    m_packetsSinceKeyUpdate = 0;
    ++m_counters.keyUpdates;
  }
  // Otherwise the last update is too recent; the next flush tries again.
}

}  // namespace adit::quic
