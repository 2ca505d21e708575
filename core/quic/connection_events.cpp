// SPDX-License-Identifier: Apache-2.0
// Passes on ngtcp2's callbacks to the users of a connection.
#include <algorithm>
#include <utility>

#include "core/base/log.h"
#include "core/quic/connection_impl.h"
#include "core/quic/endpoint_impl.h"

namespace adit::quic {

void ConnectionImpl::onHandshakeCompleted() {
  m_peerPin = m_tls->peerPin();
  m_connectedPending = true;
  // The server's handshake is confirmed when it is complete (RFC 9001 section 4.1.2).
  if (m_isServer) m_confirmed = true;
}

void ConnectionImpl::deliverConnected() {
  m_connectedPending = false;
  if (m_state != State::Handshaking) return;
  m_state = State::Open;
  m_endpoint.onHandshakeDone(*this);
  constexpr const char* kLine = "connected to {}, congestion control {}";
  if (m_isServer) {
    logDebug("quic", kLine, m_peer.toString(), m_counters.congestion);
  } else {
    logInfo("quic", kLine, m_peer.toString(), m_counters.congestion);
  }
  markDirty(true);
  if (m_isServer) {
    m_endpoint.handler().onAccepted(*this);
  } else if (m_handler != nullptr) {
    m_handler->onConnected(*this);
  }
}

void ConnectionImpl::onStreamOpened(transport::StreamId id) {
  // The datagram that completes the handshake may contain stream data.
  if (m_connectedPending) deliverConnected();
  StreamImpl& stream = m_endpoint.streams().acquire();
  stream.open(*this, id);
  m_streams.pushBack(stream);
  ngtcp2_conn_set_stream_user_data(m_connection.get(), id, &stream);
  if (m_handler != nullptr && m_state == State::Open) m_handler->onStreamOpened(*this, stream);
}

void ConnectionImpl::onStreamData(StreamImpl* stream, ByteView data, bool fin) {
  if (stream != nullptr) {
    stream->onData(data, fin);
  } else {
    ngtcp2_conn_extend_max_offset(m_connection.get(), data.size());
  }
}

void ConnectionImpl::onStreamClosed(StreamImpl* stream, transport::StreamId id) {
  if (stream != nullptr) {
    const std::size_t unconsumed = stream->close();
    m_endpoint.streams().release(*stream);
    consumed(id, unconsumed, false);
  }
  if (ngtcp2_conn_is_local_stream(m_connection.get(), id) != 0) return;
  if (++m_streamsToGrant < m_streamGrantBatch) return;
  ngtcp2_conn_extend_max_streams_bidi(m_connection.get(),
                                      static_cast<std::size_t>(std::exchange(m_streamsToGrant, 0)));
  m_mustWrite = true;
}

// One pass over the streams for all the frames of a datagram, however many the peer puts into it.
void ConnectionImpl::deliverStops() {
  std::vector<StopSendingFrame> stops;
  stops.swap(m_stops);
  std::sort(stops.begin(), stops.end(), [](const auto& a, const auto& b) { return a.stream < b.stream; });
  for (StreamImpl* stream = m_streams.front(); stream != nullptr && isLive();) {
    StreamImpl* next = m_streams.next(*stream);
    const auto found = std::lower_bound(
        stops.begin(), stops.end(), stream->id(),
        [](const StopSendingFrame& frame, transport::StreamId id) { return frame.stream < id; });
    if (found != stops.end() && found->stream == stream->id()) stream->onStopped(found->code);
    stream = next;
  }
  stops.clear();
  if (m_stops.empty()) m_stops.swap(stops);  // keeps the capacity
  m_mustWrite = true;
}

// Waiting for slow users would block the whole connection, including the session's heartbeats. So beyond the
// budget the stream whose user holds most is given up, as if the peer had reset it.
void ConnectionImpl::shedStreams() {
  const EndpointParams& params = m_endpoint.params();
  while (isLive() && m_unconsumed > params.limits.maxUnconsumed) {
    StreamImpl* most = nullptr;
    for (StreamImpl* each = m_streams.front(); each != nullptr; each = m_streams.next(*each)) {
      if (most == nullptr || each->unconsumed() > most->unconsumed()) most = each;
    }
    if (most == nullptr || most->unconsumed() == 0) return;
    most->giveUp(params.shedCode);
  }
}

void ConnectionImpl::deliverWritable() {
  while (StreamImpl* stream = m_writable.popFront()) stream->deliverWritable();
}

}  // namespace adit::quic
