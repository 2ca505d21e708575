// SPDX-License-Identifier: Apache-2.0
#pragma once
// A pair of transport::Stream ends joined by a seeded path, with virtual time: in-order bytes that come in
// pieces and late, flow-control windows, resets that overtake data, STOP_SENDING, acknowledgements, and a
// link that is cut. It follows core/quic's streams without packets or encryption, so that thousands of runs
// take a second. Loss and reordering of packets are delays here, as they are to a stream's user. One thread.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/transport/stream.h"

namespace adit::sim {

/// Events in the order of their virtual time.
class SimSchedule {
 public:
  explicit SimSchedule(std::uint64_t seed) : m_random(seed) {}
  void after(Duration delay, std::function<void()> event) {
    m_events.emplace(std::pair(m_now + delay, m_next++), std::move(event));
  }
  /// Runs until nothing is left or `limit` has passed; whether nothing is left.
  bool runOut(Duration limit);
  [[nodiscard]] Timestamp now() const noexcept { return m_now; }
  [[nodiscard]] Random& random() noexcept { return m_random; }
  [[nodiscard]] bool chance(unsigned percent) { return m_random.below(100) < percent; }
  /// Uniform in [0, most].
  Duration upTo(Duration most) {
    return Duration(static_cast<std::int64_t>(m_random.below(static_cast<std::uint64_t>(most.count()) + 1)));
  }

 private:
  SeededRandom m_random;
  Timestamp m_now{std::chrono::hours(1)};
  std::uint64_t m_next = 0;
  std::map<std::pair<Timestamp, std::uint64_t>, std::function<void()>> m_events;
};

/// Sees what one end of a stream puts on the wire.
class StreamTap {
 public:
  virtual void onSent(ByteView data, bool fin) = 0;
  virtual void onSentReset(transport::AppErrorCode code) = 0;
  virtual void onSentStop(transport::AppErrorCode code) = 0;

 protected:
  ~StreamTap() = default;
};

struct PathParams {
  Duration delay = std::chrono::milliseconds(10);
  Duration jitter = std::chrono::milliseconds(10);
  unsigned stallPercent = 2;  ///< Of the pieces, held back for `stall`, and what follows with them.
  Duration stall = std::chrono::milliseconds(300);
  std::size_t window = 64 * 1024;    ///< A stream's first flow-control window, either way.
  std::size_t mostInPiece = 16'000;  ///< Bytes.
};

class SimStream final : public transport::Stream {
 public:
  /// Two ends, the first one the opener's.
  static std::pair<std::unique_ptr<SimStream>, std::unique_ptr<SimStream>> makePair(SimSchedule& schedule,
                                                                                    const PathParams& path,
                                                                                    transport::StreamId id);

  StreamTap* tap = nullptr;
  /// The link is gone: the handler hears a reset and the end.
  void cut();
  [[nodiscard]] bool isClosed() const noexcept { return m_closed; }
  [[nodiscard]] std::size_t unconsumed() const noexcept { return m_unconsumed; }
  [[nodiscard]] std::size_t mostUnsent() const noexcept { return m_mostUnsent; }
  [[nodiscard]] bool consumedTooMuch() const noexcept { return m_consumedTooMuch; }

  [[nodiscard]] transport::StreamId id() const noexcept override { return m_id; }
  void setHandler(transport::StreamHandler* handler) noexcept override { m_handler = handler; }
  void send(Slice data) override { sendCopy(data.bytes()); }
  void sendCopy(ByteView data) override;
  void finish() override;
  void reset(transport::AppErrorCode code) override;
  void stopSending(transport::AppErrorCode code) override;
  void consume(std::size_t count) override;
  void widen(std::size_t count) override;
  [[nodiscard]] std::size_t unsentBytes() const noexcept override { return m_unsent.size() - m_sentOfUnsent; }
  void awaitWritable(std::size_t unsent) noexcept override { m_writableAt = unsent; }

 private:
  enum class SendState : std::uint8_t { Open, Finishing, Finished, Reset };
  enum class ReceiveState : std::uint8_t { Open, Finished, Reset };

  SimStream(SimSchedule& schedule, const PathParams& path, transport::StreamId id)
      : m_schedule(schedule), m_path(path), m_id(id), m_credit(path.window) {}
  [[nodiscard]] Duration onTheWay();
  void schedulePump(Duration delay);
  void pump();
  void transmit(std::string piece, bool fin);
  void sendReset(transport::AppErrorCode code);
  void receive(const std::string& piece, bool fin);
  void receiveReset(transport::AppErrorCode code);
  void receiveStop(transport::AppErrorCode code);
  void sendDone();
  void closeWhenDone();
  void close();
  void dropUnsent();

  SimSchedule& m_schedule;
  PathParams m_path;
  transport::StreamId m_id;
  SimStream* m_peer = nullptr;
  transport::StreamHandler* m_handler = nullptr;
  std::string m_unsent;
  std::size_t m_sentOfUnsent = 0;
  std::size_t m_credit;
  std::size_t m_unconsumed = 0, m_mostUnsent = 0;
  Timestamp m_lastArrival{};
  std::optional<std::size_t> m_writableAt;
  SendState m_send = SendState::Open;
  ReceiveState m_receive = ReceiveState::Open;
  bool m_pumpDue = false, m_stopAsked = false, m_sendDone = false, m_receiveDone = false, m_closed = false;
  bool m_consumedTooMuch = false;
};

}  // namespace adit::sim
