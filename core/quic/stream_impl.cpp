// SPDX-License-Identifier: Apache-2.0
#include "core/quic/stream_impl.h"

#include <algorithm>
#include <utility>

#include "core/quic/connection_impl.h"

namespace adit::quic {

void StreamImpl::open(ConnectionImpl& connection, transport::StreamId id) noexcept {
  m_connection = &connection;
  m_handler = nullptr;
  m_id = id;
  m_group = 0;
  m_unconsumed = 0;
  m_send = SendState::Open;
  m_receive = ReceiveState::Open;
  m_writableAt.reset();
  m_stopAsked = m_closed = false;
}

void StreamImpl::setGroup(std::uint64_t group) noexcept {
  const bool ready = ListHook<ReadyStreamsTag>::isLinked();
  ListHook<ReadyStreamsTag>::unlink();
  m_group = group;
  if (ready) m_connection->streamReady(*this);
}

void StreamImpl::queued() {
  if (m_unsent.bytes() >= transport::kSendHighWater && !m_writableAt) m_writableAt = transport::kSendLowWater;
  m_connection->streamReady(*this);
}

void StreamImpl::send(Slice data) {
  if (m_closed || m_send != SendState::Open || data.empty()) return;
  m_unsent.gather(std::move(data));
  queued();
}

void StreamImpl::sendCopy(ByteView data) {
  if (m_closed || m_send != SendState::Open || data.empty()) return;
  m_unsent.copy(data, m_connection->writer());
  queued();
}

void StreamImpl::finish() {
  if (m_closed || m_send != SendState::Open) return;
  m_send = SendState::Finishing;
  m_writableAt.reset();  // nothing more will be sent; a user that still wants to know asks again
  ListHook<WritableStreamsTag>::unlink();
  m_connection->streamReady(*this);
}

void StreamImpl::reset(transport::AppErrorCode code) {
  if (m_closed || m_send == SendState::Reset) return;
  m_send = SendState::Reset;
  dropUnsent();
  m_connection->shutdownWrite(m_id, code);
}

void StreamImpl::stopSending(transport::AppErrorCode code) {
  if (m_closed || m_stopAsked || m_receive != ReceiveState::Open) return;
  m_stopAsked = true;
  m_connection->shutdownRead(m_id, code);
}

void StreamImpl::consume(std::size_t count) {
  if (m_closed) return;
  count = std::min(count, m_unconsumed);
  if (count == 0) return;
  m_unconsumed -= count;
  m_connection->consumed(m_id, count, m_receive == ReceiveState::Open && !m_stopAsked);
}

void StreamImpl::widen(std::size_t count) {
  if (!m_closed && m_receive == ReceiveState::Open) m_connection->widen(m_id, count);
}

void StreamImpl::onWritten(std::size_t count, bool fin) {
  while (count > 0) {
    const Slice& front = m_unsent.at(0);
    const std::size_t part = std::min(count, front.size());
    m_unacknowledged.push(front.part(0, part));
    m_unsent.consume(part);
    count -= part;
  }
  if (fin) m_send = SendState::Finished;
  if (m_writableAt && m_unsent.bytes() <= *m_writableAt) {
    m_writableAt.reset();
    m_connection->streamWritable(*this);
  }
}

void StreamImpl::onAcknowledged(std::size_t count) noexcept { m_unacknowledged.consume(count); }

void StreamImpl::onData(ByteView data, bool fin) {
  if (fin) m_receive = ReceiveState::Finished;
  m_unconsumed += data.size();
  m_connection->received(data.size());
  if (m_handler != nullptr) {
    m_handler->onStreamData(*this, data, fin);
  } else {
    consume(data.size());
  }
}

void StreamImpl::onReset(transport::AppErrorCode code) {
  if (m_receive != ReceiveState::Open) return;
  m_receive = ReceiveState::Reset;
  if (m_handler != nullptr) m_handler->onStreamReset(*this, code);
}

void StreamImpl::giveUp(transport::AppErrorCode code) {
  stopSending(code);
  m_receive = ReceiveState::Reset;
  consume(m_unconsumed);
  if (m_handler != nullptr) m_handler->onStreamReset(*this, code);
}

void StreamImpl::onStopped(transport::AppErrorCode code) {
  if (m_closed || m_send == SendState::Reset) return;
  m_send = SendState::Reset;
  dropUnsent();
  if (m_handler != nullptr) m_handler->onStreamStopped(*this, code);
}

void StreamImpl::deliverWritable() {
  if (m_handler != nullptr && m_send != SendState::Reset && m_unsent.bytes() <= transport::kSendLowWater) {
    m_handler->onStreamWritable(*this);
  }
}

std::size_t StreamImpl::close() {
  m_closed = true;
  dropUnsent();
  ListHook<OpenStreamsTag>::unlink();
  if (transport::StreamHandler* handler = std::exchange(m_handler, nullptr); handler != nullptr)
    handler->onStreamClosed(*this);
  return std::exchange(m_unconsumed, 0);
}

void StreamImpl::forgetSlices() noexcept {
  m_unsent.clear();
  m_unacknowledged.clear();
}

void StreamImpl::dropUnsent() noexcept {
  m_unsent.clear();
  m_writableAt.reset();
  ListHook<ReadyStreamsTag>::unlink();
  ListHook<WritableStreamsTag>::unlink();
}

StreamImpl& StreamPool::acquire() {
  if (m_free.empty()) {
    m_all.push_back(std::make_unique<StreamImpl>());
    m_free.reserve(m_all.size());
    return *m_all.back();
  }
  StreamImpl* stream = m_free.back();
  m_free.pop_back();
  return *stream;
}

void StreamPool::release(StreamImpl& stream) {
  stream.forgetSlices();
  m_free.push_back(&stream);
}

}  // namespace adit::quic
