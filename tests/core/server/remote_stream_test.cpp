// SPDX-License-Identifier: Apache-2.0
// Streams between two workers, each a real thread with its event loop. The far worker's streams are made up
// (a pipe that takes some bytes a turn and sends them back), so that every step can be abandoned.
#include <QtTest>

#include <atomic>
#include <functional>
#include <future>
#include <thread>

#include "core/server/client_link.h"
#include "core/server/remote_stream.h"

using namespace adit;
using namespace adit::server;

namespace {

constexpr quic::AppErrorCode kCode = 0x25;
constexpr std::size_t kWindow = 256 * 1024;

char patternAt(std::size_t position) { return static_cast<char>(position * 131 + (position >> 8)); }

/// A stream whose peer sends back what it gets, as far as its window allows.
class EchoStream final : public quic::Stream {
 public:
  EchoStream(net::EventLoop& loop, std::size_t bytesPerTurn) : m_loop(loop), m_bytesPerTurn(bytesPerTurn) {}

  [[nodiscard]] quic::StreamId id() const noexcept override { return 4; }
  void setHandler(quic::StreamHandler* next) noexcept override { handler = next; }
  void send(Slice data) override {
    if (finished || resetWith != 0) return;
    m_unsentBytes += data.size();
    highest = std::max(highest, m_unsentBytes);
    m_over = m_over || m_unsentBytes >= quic::kSendHighWater;
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
  void reset(quic::AppErrorCode code) override { resetWith = code; }
  void stopSending(quic::AppErrorCode code) override { stoppedWith = code; }
  void consume(std::size_t count) override {
    consumed += count;
    wake();
  }
  [[nodiscard]] std::size_t unsentBytes() const noexcept override { return m_unsentBytes; }

  void close() {
    closed = true;
    m_unsent.clear();
    if (auto* last = std::exchange(handler, nullptr)) last->onStreamClosed(*this);
  }

  quic::StreamHandler* handler = nullptr;
  bool finished = false, closed = false, echoes = true;
  quic::AppErrorCode resetWith = 0, stoppedWith = 0;
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
    if (m_over && m_unsentBytes <= quic::kSendLowWater) {
      m_over = false;
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
  bool m_over = false, m_awake = false, m_ended = false;
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

  OpenedStream openStream(SessionId session, std::uint64_t tunnel) override {
    lastSession = session;
    lastTunnel = tunnel;
    if (refusal != wire::AppError::NoError) return {nullptr, nullptr, refusal};
    streams.push_back(std::make_unique<EchoStream>(*loop, bytesPerTurn));
    ++load->active;
    return {streams.back().get(), load, {}};
  }
  void onRemoteIdle() override { ++idles; }

  std::unique_ptr<net::EventLoop> loop;
  std::shared_ptr<TunnelLoad> load = std::make_shared<TunnelLoad>();
  std::vector<std::unique_ptr<EchoStream>> streams;
  wire::AppError refusal = wire::AppError::NoError;
  std::size_t bytesPerTurn = 64 * 1024;
  SessionId lastSession = 0;
  std::uint64_t lastTunnel = 0;
  int idles = 0;
  RemoteStreams hub;
  std::thread thread;
};

/// Sends a pattern as a visitor's object would, and checks what comes back.
struct Visitor final : quic::StreamHandler {
  void begin(net::EventLoop& eventLoop, quic::Stream* opened, std::size_t bytes) {
    loop = &eventLoop;
    stream = opened;
    toSend = bytes;
    stream->setHandler(this);
    pump();
  }
  void pump() {
    while (sent < toSend && stream->unsentBytes() < quic::kSendHighWater) {
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
  void onStreamData(quic::Stream& from, ByteView data, bool fin) override {
    for (const std::uint8_t byte : data) {
      if (static_cast<char>(byte) != patternAt(received++)) wrong = true;
    }
    if (ended) wrong = true;
    ended = ended || fin;
    if (consumes) from.consume(data.size());
  }
  void onStreamReset(quic::Stream&, quic::AppErrorCode code) override { resetWith = code; }
  void onStreamStopped(quic::Stream&, quic::AppErrorCode code) override { stoppedWith = code; }
  void onStreamWritable(quic::Stream&) override { pump(); }
  void onStreamClosed(quic::Stream&) override {
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
  quic::Stream* stream = nullptr;
  std::size_t toSend = 0, sent = 0, received = 0, highest = 0;
  quic::AppErrorCode resetWith = 0, stoppedWith = 0;
  bool finished = false, ended = false, closed = false, wrong = false, consumes = true;
};

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

}  // namespace

class RemoteStreamTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void muchDataGoesBothWays();
  void manyStreamsShareTheWay();
  void smallPiecesAreOneBatch();
  void refusalsSayWhy();
  void oneDirectionEndsAlone();
  void creditComesBackOnlyWhenConsumed();
  void aSlowStreamHoldsItsProducer();
  void abandonedAtAnyStep_data();
  void abandonedAtAnyStep();
  void thePeerGivesUp();
  void eitherWorkerStops_data();
  void eitherWorkerStops();
  void numbersAreUsedAgain();
  void slabsComeHome();
};

void RemoteStreamTest::muchDataGoesBothWays() {
  Pair pair;
  Visitor visitor;
  constexpr std::size_t kBytes = 8 * 1024 * 1024 + 17;
  pair.begin(visitor, kBytes);
  QVERIFY(pair.near.waitFor([&] { return visitor.closed; }));
  QCOMPARE(visitor.received, kBytes);
  QVERIFY(visitor.ended);
  QVERIFY(!visitor.wrong);
  QVERIFY(visitor.highest < quic::kSendHighWater + 10'000);
  pair.far.run([&] {
    QCOMPARE(pair.far.lastSession, SessionId{7});
    QCOMPARE(pair.far.lastTunnel, 3ULL);
    QVERIFY(pair.far.streams.front()->highest <= 2 * (quic::kSendHighWater + 10'000));
    // The credit of the last bytes may come after the end.
    QVERIFY(pair.far.streams.front()->consumed > kBytes - kWindow);
    QCOMPARE(pair.far.load->active, 0U);
    QCOMPARE(pair.far.idles, 1);
  });
}

void RemoteStreamTest::manyStreamsShareTheWay() {
  Pair pair;
  std::vector<Visitor> visitors(40);
  pair.near.run([&] {
    for (std::size_t i = 0; i < visitors.size(); ++i)
      visitors[i].begin(*pair.near.loop, pair.near.hub.open(1, 7, 3), 1000 + i * 9000);
  });
  QVERIFY(pair.near.waitFor(
      [&] { return std::all_of(visitors.begin(), visitors.end(), [](auto& each) { return each.closed; }); }));
  for (std::size_t i = 0; i < visitors.size(); ++i) {
    QCOMPARE(visitors[i].received, 1000 + i * 9000);
    QVERIFY(visitors[i].ended && !visitors[i].wrong);
  }
  QCOMPARE(pair.served(), std::size_t{0});
}

void RemoteStreamTest::smallPiecesAreOneBatch() {
  SlabPool pool;
  Outbox outbox(pool);
  outbox.add(StreamCommand::Open, 1, 7, 3);
  outbox.addBytes(StreamCommand::Data, 1, asBytes("one "));
  outbox.addBytes(StreamCommand::Data, 1, asBytes("two"));
  outbox.add(StreamCommand::Consume, 1, 10);
  outbox.add(StreamCommand::Consume, 1, 5);
  outbox.addBytes(StreamCommand::Data, 2, asBytes("other"));
  const std::string large(kSlabSize, 'x');
  outbox.addBytes(StreamCommand::Data, 2, asBytes(large));
  const std::unique_ptr<Batch> batch = outbox.take();
  QVERIFY(outbox.empty());
  QCOMPARE(pool.live(), std::size_t{0});
  QCOMPARE(batch->slabs.size(), std::size_t{2});
  QCOMPARE(batch->items.size(), std::size_t{5});
  QCOMPARE(asText({batch->items[1].data, batch->items[1].value}), std::string_view("one two"));
  QCOMPARE(batch->items[2].value, 15ULL);
  QCOMPARE(batch->items[3].value + batch->items[4].value, std::uint64_t{5 + kSlabSize});
  QVERIFY(batch->items[4].slab == batch->slabs[1]);
}

void RemoteStreamTest::refusalsSayWhy() {
  Pair pair;
  pair.far.run([&] { pair.far.refusal = wire::AppError::Overloaded; });
  Visitor visitor;
  pair.begin(visitor, 100'000);
  QVERIFY(pair.near.waitFor([&] { return visitor.closed; }));
  QCOMPARE(visitor.resetWith, static_cast<quic::AppErrorCode>(wire::AppError::Overloaded));
  pair.near.run([&] {
    QVERIFY(pair.near.hub.open(0, 7, 3) == nullptr);
    QVERIFY(pair.near.hub.open(2, 7, 3) == nullptr);
  });
}

void RemoteStreamTest::oneDirectionEndsAlone() {
  Pair pair;
  Visitor visitor;
  pair.begin(visitor, 0);
  QVERIFY(pair.near.waitFor([&] { return visitor.closed; }));
  QVERIFY(visitor.ended);
  QCOMPARE(visitor.received, std::size_t{0});
}

void RemoteStreamTest::creditComesBackOnlyWhenConsumed() {
  Pair pair;
  Visitor visitor;
  visitor.consumes = false;
  pair.begin(visitor, 4 * kWindow);
  QVERIFY(pair.near.waitFor([&] { return visitor.received == kWindow; }));
  pair.far.run([&] { QCOMPARE(pair.far.streams.front()->consumed, std::size_t{0}); });
  pair.near.run([&] {
    visitor.consumes = true;
    visitor.stream->consume(2 * kWindow);  // more than there is does no harm
  });
  QVERIFY(pair.near.waitFor([&] { return visitor.closed; }));
  QCOMPARE(visitor.received, 4 * kWindow);
}

void RemoteStreamTest::aSlowStreamHoldsItsProducer() {
  Pair pair;
  pair.far.run([&] { pair.far.bytesPerTurn = 0; });
  Visitor visitor;
  pair.begin(visitor, 16 * quic::kSendHighWater);
  std::size_t before = 0;
  QVERIFY(pair.near.waitFor([&] {
    // Nothing moves any more, on either side.
    return std::exchange(before, visitor.sent) == visitor.sent && visitor.sent > 0 &&
           visitor.stream->unsentBytes() >= quic::kSendHighWater;
  }));
  pair.near.run([&] { QVERIFY(visitor.sent <= 2 * (quic::kSendHighWater + 10'000)); });
}

void RemoteStreamTest::abandonedAtAnyStep_data() {
  QTest::addColumn<int>("step");
  QTest::addColumn<bool>("byPeer");
  for (int step = 0; step < 5; ++step) {
    QTest::addRow("visitor %d", step) << step << false;
    QTest::addRow("stream %d", step) << step << true;
  }
}

void RemoteStreamTest::abandonedAtAnyStep() {
  QFETCH(int, step);
  QFETCH(bool, byPeer);
  Pair pair;
  Visitor visitor;
  visitor.consumes = step != 3;
  const std::size_t bytes = step == 0 ? 0 : step == 1 ? 100 : 4 * kWindow;
  pair.near.run([&] {
    visitor.begin(*pair.near.loop, pair.near.hub.open(1, 7, 3), bytes);
    if (step <= 1 && !byPeer) visitor.leave();  // in the very turn
  });
  if (step == 2) QVERIFY(pair.near.waitFor([&] { return visitor.closed || visitor.received > 0; }));
  if (step == 3) QVERIFY(pair.near.waitFor([&] { return visitor.received == kWindow; }));
  if (step == 4) QVERIFY(pair.near.waitFor([&] { return visitor.ended || visitor.closed; }));
  if (byPeer) {
    pair.far.run([&] {
      if (!pair.far.streams.empty()) pair.far.streams.front()->close();
    });
    // Not there yet, or not over: both ends learn of it when it is.
    pair.far.waitFor([&] { return !pair.far.streams.empty(); });
    pair.far.run([&] { pair.far.streams.front()->close(); });
    QVERIFY(pair.near.waitFor([&] { return visitor.closed; }));
  } else {
    pair.near.run([&] { visitor.leave(); });
    QVERIFY(pair.far.waitFor([&] { return !pair.far.streams.empty(); }));
    QVERIFY(pair.far.waitFor([&] {
      const EchoStream& stream = *pair.far.streams.front();
      return stream.closed || (stream.resetWith == kCode && stream.stoppedWith == kCode);
    }));
    pair.far.run([&] { pair.far.streams.front()->close(); });
  }
  QVERIFY(!visitor.wrong);
  QCOMPARE(pair.served(), std::size_t{0});
  pair.far.run([&] { QCOMPARE(pair.far.load->active, 0U); });
}

void RemoteStreamTest::thePeerGivesUp() {
  Pair pair;
  Visitor visitor;
  visitor.consumes = false;
  pair.begin(visitor, 4 * kWindow);
  QVERIFY(pair.near.waitFor([&] { return visitor.received == kWindow; }));
  pair.far.run([&] {
    EchoStream& stream = *pair.far.streams.front();
    stream.echoes = false;
    stream.handler->onStreamStopped(stream, 0x20);
    stream.handler->onStreamReset(stream, 0x22);
  });
  QVERIFY(pair.near.waitFor([&] { return visitor.resetWith != 0; }));
  QCOMPARE(visitor.stoppedWith, 0x20ULL);
  QCOMPARE(visitor.resetWith, 0x22ULL);
  pair.near.run([&] {
    QCOMPARE(visitor.stream->unsentBytes(), std::size_t{0});
    visitor.stream->sendCopy(asBytes("too late"));
    QCOMPARE(visitor.stream->unsentBytes(), std::size_t{0});
  });
  QVERIFY(!visitor.closed);
}

void RemoteStreamTest::eitherWorkerStops_data() {
  QTest::addColumn<bool>("nearStops");
  QTest::newRow("the visitors' worker") << true;
  QTest::newRow("the client's worker") << false;
}

void RemoteStreamTest::eitherWorkerStops() {
  QFETCH(bool, nearStops);
  Pair pair;
  std::vector<Visitor> visitors(20);
  pair.near.run([&] {
    for (Visitor& visitor : visitors)
      visitor.begin(*pair.near.loop, pair.near.hub.open(1, 7, 3), 64 * 1024 * 1024);
  });
  QVERIFY(pair.near.waitFor([&] { return visitors.back().received > kWindow; }));
  if (nearStops) {
    pair.near.stop();
    for (const Visitor& visitor : visitors) QVERIFY(visitor.closed && !visitor.wrong);
    QVERIFY(pair.far.waitFor([&] { return pair.far.hub.servedForOthers() == 0; }));
    pair.far.run([&] {
      QCOMPARE(pair.far.load->active, 0U);
      for (auto& stream : pair.far.streams)
        QCOMPARE(stream->resetWith, static_cast<quic::AppErrorCode>(wire::AppError::VisitorGone));
      QVERIFY(pair.far.hub.open(0, 1, 1) == nullptr);
    });
  } else {
    pair.far.stop();
    QVERIFY(pair.near.waitFor([&] {
      return std::all_of(visitors.begin(), visitors.end(), [](auto& each) { return each.closed; });
    }));
    QCOMPARE(pair.far.load->active, 0U);
    pair.near.run([&] { QVERIFY(pair.near.hub.open(1, 1, 1) == nullptr); });
  }
}

void RemoteStreamTest::numbersAreUsedAgain() {
  Pair pair;
  for (int i = 0; i < 50; ++i) {
    Visitor visitor;
    quic::StreamId id = -1;
    pair.near.run([&] {
      visitor.begin(*pair.near.loop, pair.near.hub.open(1, 7, 3), 2000);
      id = visitor.stream->id();
    });
    QCOMPARE(id, quic::StreamId{0});
    QVERIFY(pair.near.waitFor([&] { return visitor.closed; }));
    QCOMPARE(visitor.received, std::size_t{2000});
  }
}

void RemoteStreamTest::slabsComeHome() {
  Pair pair;
  Visitor visitor;
  constexpr std::size_t kBytes = 64 * 1024 * 1024;
  pair.begin(visitor, kBytes);
  QVERIFY(pair.near.waitFor([&] { return visitor.closed; }));
  QCOMPARE(visitor.received, kBytes);
  const auto held = [](Side& side) {
    std::size_t count = 0;
    side.run([&] { count = side.loop->slabs().live() + side.loop->slabs().pooled(); });
    return count;
  };
  // A few windows' worth on both sides, not the 4,096 that went over.
  const std::size_t total = held(pair.near) + held(pair.far);
  QVERIFY2(total < 600, qPrintable(QString::number(total)));
}

QTEST_GUILESS_MAIN(RemoteStreamTest)
#include "remote_stream_test.moc"
