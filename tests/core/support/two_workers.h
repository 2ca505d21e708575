// SPDX-License-Identifier: Apache-2.0
#pragma once
// Two workers as far as their streams for each other matter, each a real thread with its event loop. The far
// worker's streams are made up (a pipe that takes some bytes a turn and sends them back), so that every step
// can be abandoned.

#include <QTest>

#include <algorithm>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/server/client_link.h"
#include "core/server/remote_stream.h"

namespace adit::test {

using namespace adit::server;

inline constexpr transport::AppErrorCode kCode = 0x25;
inline constexpr std::size_t kWindow = 256 * 1024;

inline char patternAt(std::size_t position) { return static_cast<char>(position * 131 + (position >> 8)); }

/// A stream whose peer sends back what it gets, as far as its window allows.
class EchoStream final : public transport::Stream {
 public:
  EchoStream(net::EventLoop& loop, std::size_t bytesPerTurn) : m_loop(loop), m_bytesPerTurn(bytesPerTurn) {}

  [[nodiscard]] transport::StreamId id() const noexcept override { return 4; }
  void setHandler(transport::StreamHandler* next) noexcept override { handler = next; }
  void send(Slice data) override {
    if (finished || resetWith != 0) return;
    m_unsentBytes += data.size();
    highest = std::max(highest, m_unsentBytes);
    if (m_unsentBytes >= transport::kSendHighWater && !m_writableAt) m_writableAt = transport::kSendLowWater;
    m_unsent.push(std::move(data));
    wake();
  }
  void sendCopy(ByteView data) override {
    while (!data.empty()) {
      const std::size_t count = std::min(data.size(), kSlabSize);
      send(m_loop.writer().copy(data.first(count)));
      data = data.subspan(count);
    }
  }
  void finish() override {
    finished = true;
    wake();
  }
  void reset(transport::AppErrorCode code) override { resetWith = code; }
  void stopSending(transport::AppErrorCode code) override { stoppedWith = code; }
  void consume(std::size_t count) override {
    consumed += count;
    wake();
  }
  [[nodiscard]] std::size_t unsentBytes() const noexcept override { return m_unsentBytes; }
  void awaitWritable(std::size_t unsent) noexcept override { m_writableAt = unsent; }

  void close() {
    closed = true;
    m_unsent.clear();
    if (auto* last = std::exchange(handler, nullptr)) last->onStreamClosed(*this);
  }

  transport::StreamHandler* handler = nullptr;
  bool finished = false, closed = false, echoes = true;
  transport::AppErrorCode resetWith = 0, stoppedWith = 0;
  std::size_t echoed = 0, consumed = 0, highest = 0;

 private:
  void wake() {
    if (m_awake || closed || !echoes) return;
    m_awake = true;
    m_loop.post([this] {
      m_awake = false;
      turn();
    });
  }
  void turn() {
    if (closed || handler == nullptr) return;
    std::size_t budget = std::min(m_bytesPerTurn, kWindow - (echoed - consumed));
    while (budget > 0 && !m_unsent.empty()) {
      const Slice front = m_unsent.at(0).part(0, std::min(budget, m_unsent.at(0).size()));
      m_unsent.consume(front.size());
      m_unsentBytes -= front.size();
      budget -= front.size();
      echoed += front.size();
      handler->onStreamData(*this, front.bytes(), false);
      if (handler == nullptr) return;
    }
    if (m_writableAt && m_unsentBytes <= *m_writableAt) {
      m_writableAt.reset();
      handler->onStreamWritable(*this);
    }
    if (!m_unsent.empty()) {
      if (echoed - consumed < kWindow) wake();
    } else if (finished && !m_ended) {
      m_ended = true;
      handler->onStreamData(*this, {}, true);
      m_loop.post([this] { close(); });
    }
  }

  net::EventLoop& m_loop;
  const std::size_t m_bytesPerTurn;
  SliceQueue m_unsent;
  std::size_t m_unsentBytes = 0;
  std::optional<std::size_t> m_writableAt;
  bool m_awake = false, m_ended = false;
};

/// A worker as far as its streams for others matter.
struct Side final : RemoteStreams::Opener {
  explicit Side(unsigned index) : loop(std::move(*net::EventLoop::create())), hub(*loop, index, *this) {}
  ~Side() { stop(); }

  void start() {
    thread = std::thread([this] {
      loop->run();
      hub.shutDown();
      for (auto& stream : streams) stream->close();
      loop->runOnce();
    });
  }
  void stop() {
    if (!thread.joinable()) return;
    loop->post([this] { loop->stop(); });
    thread.join();
  }
  /// Runs `work` on the side's thread and waits.
  void run(const std::function<void()>& work) {
    std::promise<void> done;
    loop->post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
  bool waitFor(const std::function<bool()>& condition) {
    return QTest::qWaitFor(
        [&] {
          bool met = false;
          run([&] { met = condition(); });
          return met;
        },
        20'000);
  }

  OpenedStream openStream(SessionId session, std::uint64_t tunnel, const PlaceRequest& request) override {
    lastSession = session;
    lastTunnel = tunnel;
    if (refusal != wire::AppError::NoError) return {nullptr, nullptr, refusal};
    streams.push_back(std::make_unique<EchoStream>(*loop, bytesPerTurn));
    lastRequest = request;
    load->enter(request.visitor);
    return {streams.back().get(), load, {}};
  }
  void onRemoteIdle() override { ++idles; }

  std::unique_ptr<net::EventLoop> loop;
  std::shared_ptr<TunnelLoad> load = std::make_shared<TunnelLoad>();
  std::vector<std::unique_ptr<EchoStream>> streams;
  wire::AppError refusal = wire::AppError::NoError;
  std::size_t bytesPerTurn = 64 * 1024;
  SessionId lastSession = 0;
  PlaceRequest lastRequest;
  std::uint64_t lastTunnel = 0;
  int idles = 0;
  RemoteStreams hub;
  std::thread thread;
};

/// Sends a pattern as a visitor's object would, and checks what comes back.
struct Visitor final : transport::StreamHandler {
  void begin(net::EventLoop& eventLoop, transport::Stream* opened, std::size_t bytes) {
    loop = &eventLoop;
    stream = opened;
    toSend = bytes;
    stream->setHandler(this);
    pump();
  }
  void pump() {
    while (sent < toSend && stream->unsentBytes() < transport::kSendHighWater) {
      const std::size_t count = std::min<std::size_t>(toSend - sent, 10'000);
      std::string piece(count, '\0');
      for (std::size_t i = 0; i < count; ++i) piece[i] = patternAt(sent + i);
      sent += count;
      stream->send(loop->writer().copy(asBytes(piece)));
    }
    highest = std::max(highest, stream->unsentBytes());
    if (sent == toSend && !finished) {
      finished = true;
      stream->finish();
    }
  }
  void onStreamData(transport::Stream& from, ByteView data, bool fin) override {
    for (const std::uint8_t byte : data) {
      if (static_cast<char>(byte) != patternAt(received++)) wrong = true;
    }
    if (ended) wrong = true;
    ended = ended || fin;
    if (consumes) from.consume(data.size());
  }
  void onStreamReset(transport::Stream&, transport::AppErrorCode code) override { resetWith = code; }
  void onStreamStopped(transport::Stream&, transport::AppErrorCode code) override { stoppedWith = code; }
  void onStreamWritable(transport::Stream&) override { pump(); }
  void onStreamClosed(transport::Stream&) override {
    closed = true;
    stream = nullptr;
  }
  void leave() {
    if (stream == nullptr) return;
    stream->reset(kCode);
    stream->stopSending(kCode);
    stream->setHandler(nullptr);
    stream = nullptr;
  }

  net::EventLoop* loop = nullptr;
  transport::Stream* stream = nullptr;
  std::size_t toSend = 0, sent = 0, received = 0, highest = 0;
  transport::AppErrorCode resetWith = 0, stoppedWith = 0;
  bool finished = false, ended = false, closed = false, wrong = false, consumes = true;
};

/// Both, connected and running.
struct Pair {
  Pair() {
    RemoteStreams* const all[] = {&near.hub, &far.hub};
    near.hub.connect(all);
    far.hub.connect(all);
    near.start();
    far.start();
  }
  ~Pair() {
    near.stop();
    far.stop();
  }
  void begin(Visitor& visitor, std::size_t bytes) {
    near.run([&] { visitor.begin(*near.loop, near.hub.open(1, 7, 3), bytes); });
  }
  std::size_t served() {
    std::size_t count = 0;
    far.run([&] { count = far.hub.servedForOthers(); });
    return count;
  }
  Side near{0}, far{1};
};

}  // namespace adit::test
