// SPDX-License-Identifier: Apache-2.0
#pragma once
// Implements transport::Stream: a queue of slices not sent yet, one of slices not acknowledged yet, and the
// state of both directions. It never calls ngtcp2 to write but puts itself on its connection's ready list.
// Owned by a StreamPool; a connection uses it for the life of one stream. One thread.

#include <memory>
#include <optional>
#include <vector>

#include "core/base/intrusive_list.h"
#include "core/base/slab.h"
#include "core/transport/stream.h"

namespace adit::quic {

class ConnectionImpl;

struct OpenStreamsTag;
struct ReadyStreamsTag;
struct WritableStreamsTag;

class StreamImpl final : public transport::Stream,
                         public ListHook<OpenStreamsTag>,
                         public ListHook<ReadyStreamsTag>,
                         public ListHook<WritableStreamsTag> {
 public:
  StreamImpl() = default;

  // Stream
  [[nodiscard]] transport::StreamId id() const noexcept override { return m_id; }
  void setGroup(std::uint64_t group) noexcept override;
  void setHandler(transport::StreamHandler* handler) noexcept override { m_handler = handler; }
  void send(Slice data) override;
  void sendCopy(ByteView data) override;
  void finish() override;
  void reset(transport::AppErrorCode code) override;
  void stopSending(transport::AppErrorCode code) override;
  void consume(std::size_t count) override;
  void widen(std::size_t count) override;
  [[nodiscard]] std::size_t unsentBytes() const noexcept override { return m_unsent.bytes(); }
  void awaitWritable(std::size_t unsent) noexcept override { m_writableAt = unsent; }

  // For its connection
  void open(ConnectionImpl& connection, transport::StreamId id) noexcept;
  [[nodiscard]] bool hasWork() const noexcept {
    return m_send == SendState::Open ? !m_unsent.empty() : m_send == SendState::Finishing;
  }
  [[nodiscard]] std::uint64_t group() const noexcept { return m_group; }
  [[nodiscard]] bool wantsFin() const noexcept { return m_send == SendState::Finishing; }
  [[nodiscard]] const SliceQueue& unsent() const noexcept { return m_unsent; }
  /// `count` bytes (and the FIN) went into a packet.
  void onWritten(std::size_t count, bool fin);
  void onAcknowledged(std::size_t count) noexcept;
  void onData(ByteView data, bool fin);
  void onReset(transport::AppErrorCode code);
  [[nodiscard]] std::size_t unconsumed() const noexcept { return m_unconsumed; }
  /// The user holds too much: returns its credit and informs the user as if the peer had reset the stream
  /// with `code`.
  void giveUp(transport::AppErrorCode code);
  void onStopped(transport::AppErrorCode code);
  /// ngtcp2 accepts no more data for the stream; the reason is reported separately.
  void onRefused() noexcept { dropUnsent(); }
  /// Tells the producer that it may continue, if that is still so.
  void deliverWritable();
  /// Makes the last callback; returns the number of received bytes that were not consumed.
  std::size_t close();
  /// Drops slices that were never acknowledged. For when the connection does not retransmit any more.
  void forgetSlices() noexcept;

 private:
  enum class SendState : std::uint8_t { Open, Finishing, Finished, Reset };
  enum class ReceiveState : std::uint8_t { Open, Finished, Reset };

  void queued();
  void dropUnsent() noexcept;

  ConnectionImpl* m_connection = nullptr;
  transport::StreamHandler* m_handler = nullptr;
  transport::StreamId m_id = -1;
  std::uint64_t m_group = 0;
  SliceQueue m_unsent;
  SliceQueue m_unacknowledged;  // ngtcp2 points into these
  std::size_t m_unconsumed = 0;
  SendState m_send = SendState::Open;
  ReceiveState m_receive = ReceiveState::Open;
  std::optional<std::size_t> m_writableAt;  ///< At how many unsent bytes the producer is to be told.
  bool m_stopAsked = false;
  bool m_closed = true;
};

/// Streams are reused together with the capacity of their queues, so a warm connection allocates nothing.
class StreamPool {
 public:
  StreamImpl& acquire();
  void release(StreamImpl& stream);
  [[nodiscard]] std::size_t made() const noexcept { return m_all.size(); }

 private:
  std::vector<std::unique_ptr<StreamImpl>> m_all;
  std::vector<StreamImpl*> m_free;
};

}  // namespace adit::quic
