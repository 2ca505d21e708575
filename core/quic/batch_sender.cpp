// SPDX-License-Identifier: Apache-2.0
#include "core/quic/batch_sender.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "core/quic/endpoint.h"

namespace adit::quic {

namespace {

constexpr std::size_t kMaxBatchBytes = 65507;  // what one system datagram carries over IPv4
constexpr std::size_t kMaxPacket = 65527;
constexpr std::size_t kMaxSegments = 64;

bool sameAddress(const net::SocketAddress& address, const ngtcp2_addr& native) noexcept {
  return address.nativeLength() == native.addrlen &&
         std::memcmp(address.native(), native.addr, native.addrlen) == 0;
}

}  // namespace

BatchSender::BatchSender(net::DatagramSink& sink, EndpointCounters& counters, LocalAddress local)
    : m_sink(&sink),
      m_counters(counters),
      m_localAddress(local),
      m_buffer(new std::uint8_t[kMaxBatchBytes + kMaxPacket]),
      m_maxSegments(std::clamp<std::size_t>(sink.maxSegments(), 1, kMaxSegments)) {}

void BatchSender::setSink(net::DatagramSink& sink) noexcept {
  m_sink = &sink;
  m_maxSegments = std::clamp<std::size_t>(sink.maxSegments(), 1, kMaxSegments);
  // What the old socket refused was for an address that is gone; loss recovery sends it again.
  m_batch = Batch();
  m_follower = Batch();
  m_blocked = false;
}

bool BatchSender::resume() {
  if (!m_blocked) return true;
  m_blocked = false;
  if (!send(m_batch)) return false;
  return m_follower.empty() || send(m_follower);
}

std::uint8_t* BatchSender::room(std::size_t size) {
  assert(size <= kMaxPacket);
  if (!m_batch.empty() && m_batch.end + std::min(size, m_batch.segment) > m_batch.begin + kMaxBatchBytes)
    flush();
  return m_blocked ? nullptr : m_buffer.get() + m_batch.end;
}

bool BatchSender::fits(std::size_t size, const ngtcp2_path& path, std::uint8_t ecn) const noexcept {
  return size <= m_batch.segment && ecn == m_batch.ecn &&
         m_batch.end + size <= m_batch.begin + kMaxBatchBytes && sameAddress(m_batch.peer, path.remote) &&
         sameAddress(m_batch.local, path.local);
}

void BatchSender::start(Batch& batch, std::size_t begin, std::size_t size, const ngtcp2_path& path,
                        std::uint8_t ecn) {
  batch.begin = begin;
  batch.end = begin + size;
  batch.segment = size;
  batch.count = 1;
  batch.ecn = ecn;
  if (!sameAddress(batch.peer, path.remote))
    batch.peer = net::SocketAddress::fromNative(path.remote.addr, path.remote.addrlen);
  if (!sameAddress(batch.local, path.local))
    batch.local = net::SocketAddress::fromNative(path.local.addr, path.local.addrlen);
}

void BatchSender::add(std::size_t size, const ngtcp2_path& path, std::uint8_t ecn) {
  ++m_counters.packetsOut;
  if (m_batch.empty()) {
    start(m_batch, 0, size, path, ecn);
  } else if (fits(size, path, ecn)) {
    m_batch.end += size;
    ++m_batch.count;
  } else {
    const std::size_t at = m_batch.end;
    start(m_follower, at, size, path, ecn);
    if (!send(m_batch)) return;
    std::memmove(m_buffer.get(), m_buffer.get() + at, size);
    std::swap(m_batch, m_follower);
    m_batch.begin = 0;
    m_batch.end = size;
    m_follower.begin = m_follower.end = 0;
  }
  // A shorter packet can only be the last of its batch.
  if (size < m_batch.segment || m_batch.count >= m_maxSegments) flush();
}

void BatchSender::flush() {
  if (!m_blocked && !m_batch.empty()) send(m_batch);
}

bool BatchSender::send(Batch& batch) {
  while (!batch.empty()) {
    const bool named = m_localAddress == LocalAddress::Explicit && !batch.local.isUnspecified();
    const net::DatagramBatch out{
        &batch.peer, named ? &batch.local : nullptr, static_cast<net::Ecn>(batch.ecn),
        ByteView(m_buffer.get() + batch.begin, batch.end - batch.begin), batch.segment};
    const net::SendResult result = m_sink->send(out);
    ++m_counters.batchesOut;
    if (result.outcome == net::SendOutcome::Blocked) {
      batch.begin += std::min(result.sent, batch.end - batch.begin);
      if (batch.empty()) break;
      m_blocked = true;
      return false;
    }
    // TooLarge and Failed are losses, which loss recovery handles as any other.
    break;
  }
  batch.begin = batch.end = batch.count = 0;
  return true;
}

}  // namespace adit::quic
