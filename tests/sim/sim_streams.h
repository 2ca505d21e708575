// SPDX-License-Identifier: Apache-2.0
#pragma once
// A pair of transport::Stream ends joined by a seeded path, with virtual time: in-order bytes that come in
// pieces and late, flow-control windows, resets that overtake data, STOP_SENDING, acknowledgements, and a
// link that is cut. It follows core/quic's streams without packets or encryption, so that thousands of runs
// take a second. Loss and reordering of packets are delays here, as they are to a stream's user. One thread.

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/net/virtual_time.h"
#include "core/transport/stream.h"

namespace adit::sim {

/// Events in the order of their virtual time; also the time of loops that live in the simulation.
class SimSchedule final : public net::VirtualTime {
 public:
  explicit SimSchedule(std::uint64_t seed) : m_random(seed) {}
  void after(Duration delay, std::function<void()> event) { callAt(m_now + delay, std::move(event)); }
  /// Runs until nothing is left or `limit` has passed; whether nothing is left.
  bool runOut(Duration limit);
  /// Runs what is due until `end`.
  void runUntil(Timestamp end);
  /// Called after each event: the turn of a loop.
  std::function<void()> turn;
  [[nodiscard]] Timestamp now() const noexcept override { return m_now; }
  std::uint64_t callAt(Timestamp due, std::function<void()> alarm) override;
  void cancel(std::uint64_t number) noexcept override;
  [[nodiscard]] Random& random() noexcept { return m_random; }
  [[nodiscard]] bool chance(unsigned percent) { return m_random.below(100) < percent; }
  /// Uniform in [0, most].
  Duration upTo(Duration most) {
    return Duration(static_cast<std::int64_t>(m_random.below(static_cast<std::uint64_t>(most.count()) + 1)));
  }

 private:
  void runFirst();

  SeededRandom m_random;
  Timestamp m_now{std::chrono::hours(1)};
  std::uint64_t m_next = 1;
  std::map<std::pair<Timestamp, std::uint64_t>, std::function<void()>> m_events;
  std::unordered_map<std::uint64_t, Timestamp> m_due;  ///< By the event's number.
};

/// Sees what one end of a stream puts on the wire, and what arrives at it before its handler does.
class StreamTap {
 public:
  virtual void onSent(ByteView data, bool fin) = 0;
  virtual void onSentReset(transport::AppErrorCode code) = 0;
  virtual void onSentStop(transport::AppErrorCode code) = 0;
  /// What its user said, before flow control has a say.
  virtual void onQueued(ByteView, bool /*fin*/) {}
  virtual void onReceived(ByteView, bool /*fin*/) {}
  /// RESET_STREAM or STOP_SENDING.
  virtual void onReceivedAbort() {}

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

/// What lies between two machines. Loss and reordering are delays; while the path is cut everything waits,
/// and then for a packet to be sent again.
class SimPath {
 public:
  explicit SimPath(SimSchedule& schedule) : m_schedule(schedule) {}
  PathParams params;
  void cutUntil(Timestamp end) noexcept { m_cutUntil = std::max(m_cutUntil, end); }
  [[nodiscard]] Timestamp cutUntil() const noexcept { return m_cutUntil; }
  [[nodiscard]] Duration onTheWay();

 private:
  SimSchedule& m_schedule;
  Timestamp m_cutUntil{};
};

class SimStream final : public transport::Stream {
 public:
  /// Two ends, the first one the opener's.
  static std::pair<std::unique_ptr<SimStream>, std::unique_ptr<SimStream>> makePair(SimSchedule& schedule,
                                                                                    SimPath& path,
                                                                                    transport::StreamId id);

  StreamTap* tap = nullptr;
  /// Called once, before anything of the stream is received.
  std::function<void()> onFirst;
  /// The link is gone: the handler hears a reset and the end.
  void cut();
  /// This end's process is gone: nobody hears of anything.
  void vanish();
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

  SimStream(SimSchedule& schedule, SimPath& path, transport::StreamId id)
      : m_schedule(schedule), m_path(path), m_id(id), m_credit(path.params.window) {}
  [[nodiscard]] Duration onTheWay() { return m_path.onTheWay(); }
  void noteFirst();
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
  SimPath& m_path;
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
