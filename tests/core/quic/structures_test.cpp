// SPDX-License-Identifier: Apache-2.0
// The data structures under an endpoint: table of connection IDs, heap of deadlines, batches, the scan for
// STOP_SENDING.
#include <map>
#include <set>

#include <QtTest>

#include "core/quic/batch_sender.h"
#include "core/quic/cid_map.h"
#include "core/quic/deadline_heap.h"
#include "core/quic/endpoint.h"
#include "core/quic/ready_streams.h"
#include "core/quic/stop_sending_scan.h"
#include "core/quic/transport_errors.h"

using namespace adit;
using namespace adit::quic;
using namespace std::chrono_literals;

namespace {

ConnectionId randomId(Random& random) {
  std::array<std::uint8_t, ConnectionId::kMaxLength> bytes{};
  random.fill(bytes);
  return ConnectionId(std::span(bytes).first(random.below(bytes.size() + 1)));
}

struct RecordingSink final : net::DatagramSink {
  struct Sent {
    std::string bytes;
    std::size_t segment;
    std::uint16_t peerPort;
    net::Ecn ecn;
  };
  std::vector<Sent> sent;
  std::size_t segments = 64;
  int allowance = -1;            ///< Batches before it blocks; -1: never.
  std::size_t partialBytes = 0;  ///< What leaves of the batch that blocks.

  net::SendResult send(const net::DatagramBatch& batch) override {
    if (allowance == 0) {
      const std::size_t part = std::min(partialBytes, batch.bytes.size());
      if (part > 0)
        sent.push_back(
            {std::string(asText(batch.bytes.first(part))), batch.segmentSize, batch.peer->port(), batch.ecn});
      return {net::SendOutcome::Blocked, part, 0};
    }
    if (allowance > 0) --allowance;
    sent.push_back({std::string(asText(batch.bytes)), batch.segmentSize, batch.peer->port(), batch.ecn});
    return {net::SendOutcome::Sent, batch.bytes.size(), 0};
  }
  [[nodiscard]] std::size_t maxSegments() const noexcept override { return segments; }
};

struct BatchFixture {
  RecordingSink sink;
  EndpointCounters counters;
  BatchSender sender{sink, counters, BatchSender::LocalAddress::Chosen};
  net::SocketAddress local = net::SocketAddress::loopback4(1);

  /// False where the sender has no room.
  bool add(char fill, std::size_t size, std::uint16_t peerPort = 2, std::uint8_t ecn = 0) {
    std::uint8_t* room = sender.room(1500);
    if (room == nullptr) return false;
    std::memset(room, fill, size);
    net::SocketAddress peer = net::SocketAddress::loopback4(peerPort);
    ngtcp2_path path{};
    path.local = {const_cast<ngtcp2_sockaddr*>(local.native()), local.nativeLength()};
    path.remote = {const_cast<ngtcp2_sockaddr*>(peer.native()), peer.nativeLength()};
    sender.add(size, path, ecn);
    return true;
  }
};

std::vector<StopSendingFrame> scan(std::initializer_list<int> bytes) {
  std::vector<std::uint8_t> payload;
  for (const int byte : bytes) payload.push_back(static_cast<std::uint8_t>(byte));
  std::vector<StopSendingFrame> found;
  scanStopSending(payload, found);
  return found;
}

}  // namespace

class QuicStructuresTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void cidMapAgreesWithAModel();
  void cidMapRefusesATakenId();
  void heapAgreesWithAModel();
  void groupsTakeTurns();
  void readyStreamsMayLeave();
  void batchesPacketsOfOneSize();
  void shorterPacketEndsABatch();
  void largerPacketStartsABatch();
  void pathAndEcnSplitBatches();
  void batchIsBoundedBySegmentsAndBytes();
  void blockedTailGoesFirst();
  void newSinkForgetsTheTail();
  void findsStopSending();
  void scanSkipsEveryFrame();
  void scanSurvivesNoise();
  void transportErrorsAreTyped();
};

void QuicStructuresTest::cidMapAgreesWithAModel() {
  SeededRandom random(1);
  CidMap<int> map(random);
  std::map<std::vector<std::uint8_t>, int*> model;
  std::vector<ConnectionId> known;
  std::vector<int> values(4);
  for (int i = 0; i < 20000; ++i) {
    if (known.empty() || random.below(100) < 55) {
      const ConnectionId id = randomId(random);
      int& value = values[random.below(values.size())];
      const std::vector<std::uint8_t> key(id.bytes().begin(), id.bytes().end());
      const bool fresh = model.emplace(key, &value).second;
      QCOMPARE(map.insert(id, value), fresh || model[key] == &value);
      if (fresh) known.push_back(id);
    } else {
      const std::size_t at = random.below(known.size());
      map.erase(known[at]);
      model.erase(std::vector<std::uint8_t>(known[at].bytes().begin(), known[at].bytes().end()));
      known[at] = known.back();
      known.pop_back();
    }
    if (i % 500 != 0) continue;
    QCOMPARE(map.size(), model.size());
    for (const auto& [key, value] : model) QCOMPARE(map.find(key), value);
  }
  for (const ConnectionId& id : known) map.erase(id);
  QCOMPARE(map.size(), std::size_t{0});
  QVERIFY(map.find(std::vector<std::uint8_t>(21)) == nullptr);  // longer than any ID
}

void QuicStructuresTest::cidMapRefusesATakenId() {
  SeededRandom random(2);
  CidMap<int> map(random);
  int a = 0, b = 0;
  const ConnectionId id = randomId(random);
  QVERIFY(map.insert(id, a));
  QVERIFY(map.insert(id, a));
  QVERIFY(!map.insert(id, b));
  QCOMPARE(map.size(), std::size_t{1});
  map.erase(id);
  map.erase(id);
  QVERIFY(map.find(id.bytes()) == nullptr);
}

void QuicStructuresTest::heapAgreesWithAModel() {
  SeededRandom random(3);
  std::vector<DeadlineHook> items(200);
  DeadlineHeap<DeadlineHook> heap;
  QVERIFY(heap.first() == kNever);
  QVERIFY(heap.top() == nullptr);
  for (int i = 0; i < 20000; ++i) {
    DeadlineHook& item = items[random.below(items.size())];
    const bool never = random.below(5) == 0;
    heap.update(item, never ? kNever : Timestamp(Duration(static_cast<std::int64_t>(random.below(1000)))));
    Timestamp least = kNever;
    for (const DeadlineHook& other : items) least = std::min(least, other.deadline);
    QVERIFY(heap.first() == least);
    QVERIFY((heap.top() == nullptr) == (least == kNever));
  }
}

void QuicStructuresTest::groupsTakeTurns() {
  std::array<StreamImpl, 4> streams;
  const std::array<std::uint64_t, 4> groups{1, 1, 1, 9};
  ReadyStreams ready;
  QVERIFY(ready.empty());
  QVERIFY(ready.front() == nullptr);
  for (std::size_t i = 0; i < streams.size(); ++i) {
    streams[i].setGroup(groups[i]);
    ready.add(streams[i]);
    ready.add(streams[i]);  // once is enough
  }
  std::string order;
  for (int i = 0; i < 8; ++i) {
    StreamImpl* stream = ready.front();
    QVERIFY(stream != nullptr);
    QVERIFY(stream == ready.front());  // looking changes nothing
    order += static_cast<char>('a' + (stream - streams.data()));
    ready.rotate(*stream);
  }
  QCOMPARE(order, std::string("adbdcdad"));
}

void QuicStructuresTest::readyStreamsMayLeave() {
  std::array<StreamImpl, 3> streams;
  ReadyStreams ready;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    streams[i].setGroup(i);
    ready.add(streams[i]);
  }
  static_cast<ListHook<ReadyStreamsTag>&>(streams[0]).unlink();
  QCOMPARE(ready.front(), &streams[1]);
  static_cast<ListHook<ReadyStreamsTag>&>(streams[1]).unlink();
  ready.rotate(streams[1]);  // it sent its last and left
  QCOMPARE(ready.front(), &streams[2]);
  QCOMPARE(ready.firstBareFin(), &streams[2]);
  static_cast<ListHook<ReadyStreamsTag>&>(streams[2]).unlink();
  QVERIFY(ready.empty());
  QVERIFY(ready.firstBareFin() == nullptr);
  ready.add(streams[0]);
  QCOMPARE(ready.front(), &streams[0]);
}

void QuicStructuresTest::batchesPacketsOfOneSize() {
  BatchFixture f;
  for (const char c : {'a', 'b', 'c'}) QVERIFY(f.add(c, 1200));
  QVERIFY(f.sink.sent.empty());
  f.sender.flush();
  f.sender.flush();
  QCOMPARE(f.sink.sent.size(), std::size_t{1});
  QCOMPARE(f.sink.sent[0].bytes.size(), std::size_t{3600});
  QCOMPARE(f.sink.sent[0].segment, std::size_t{1200});
  QCOMPARE(f.sink.sent[0].bytes[2400], 'c');
  QCOMPARE(f.counters.packetsOut, std::uint64_t{3});
}

void QuicStructuresTest::shorterPacketEndsABatch() {
  BatchFixture f;
  f.add('a', 1200);
  f.add('b', 40);
  f.add('c', 1200);
  f.sender.flush();
  QCOMPARE(f.sink.sent.size(), std::size_t{2});
  QCOMPARE(f.sink.sent[0].bytes.size(), std::size_t{1240});
  QCOMPARE(f.sink.sent[1].bytes, std::string(1200, 'c'));
}

void QuicStructuresTest::largerPacketStartsABatch() {
  BatchFixture f;
  f.add('a', 1200);
  f.add('p', 1444);  // a probe
  f.add('b', 1200);
  f.add('c', 1200);
  f.sender.flush();
  QCOMPARE(f.sink.sent.size(), std::size_t{3});
  QCOMPARE(f.sink.sent[0].bytes, std::string(1200, 'a'));
  QCOMPARE(f.sink.sent[1].bytes, std::string(1444, 'p') + std::string(1200, 'b'));
  QCOMPARE(f.sink.sent[2].bytes, std::string(1200, 'c'));
}

void QuicStructuresTest::pathAndEcnSplitBatches() {
  BatchFixture f;
  f.add('a', 1200, 2);
  f.add('b', 1200, 3);
  f.add('c', 1200, 3, 2);
  f.sender.flush();
  QCOMPARE(f.sink.sent.size(), std::size_t{3});
  QCOMPARE(f.sink.sent[0].peerPort, std::uint16_t{2});
  QCOMPARE(f.sink.sent[1].peerPort, std::uint16_t{3});
  QVERIFY(f.sink.sent[1].ecn == net::Ecn::NotEct);
  QVERIFY(f.sink.sent[2].ecn == net::Ecn::Ect0);
}

void QuicStructuresTest::batchIsBoundedBySegmentsAndBytes() {
  BatchFixture f;
  f.sink.segments = 4;
  f.sender.setSink(f.sink);
  for (int i = 0; i < 9; ++i) f.add('s', 100);
  f.sender.flush();
  QCOMPARE(f.sink.sent.size(), std::size_t{3});
  f.sink.sent.clear();
  f.sink.segments = 64;
  f.sender.setSink(f.sink);
  for (int i = 0; i < 60; ++i) f.add('l', 1444);
  f.sender.flush();
  QCOMPARE(f.sink.sent.size(), std::size_t{2});
  QVERIFY(f.sink.sent[0].bytes.size() <= 65507);
  QCOMPARE(f.sink.sent[0].bytes.size() + f.sink.sent[1].bytes.size(), std::size_t{60 * 1444});
}

void QuicStructuresTest::blockedTailGoesFirst() {
  BatchFixture f;
  f.sink.allowance = 0;
  f.sink.partialBytes = 1200;
  for (const char c : {'a', 'b', 'c'}) f.add(c, 1200);
  QVERIFY(f.add('X', 1300));  // does not fit the batch, which blocks: both wait
  QVERIFY(f.sender.isBlocked());
  QVERIFY(!f.add('z', 1200));
  QVERIFY(!f.sender.resume());
  f.sink.allowance = -1;
  QVERIFY(f.sender.resume());
  QVERIFY(f.add('d', 1200));
  f.sender.flush();
  std::string all;
  for (const auto& sent : f.sink.sent) all += sent.bytes;
  QCOMPARE(all, std::string(1200, 'a') + std::string(1200, 'b') + std::string(1200, 'c') +
                    std::string(1300, 'X') + std::string(1200, 'd'));
}

void QuicStructuresTest::newSinkForgetsTheTail() {
  BatchFixture f;
  f.sink.allowance = 0;
  f.add('a', 1200);
  f.sender.flush();
  QVERIFY(f.sender.isBlocked());
  RecordingSink other;
  f.sender.setSink(other);
  QVERIFY(f.add('b', 1200));
  f.sender.flush();
  QCOMPARE(other.sent.size(), std::size_t{1});
  QCOMPARE(other.sent[0].bytes, std::string(1200, 'b'));
}

void QuicStructuresTest::findsStopSending() {
  QVERIFY(scan({}).empty());
  auto found = scan({0x05, 0x04, 0x20});
  QCOMPARE(found.size(), std::size_t{1});
  QCOMPARE(found[0].stream, std::int64_t{4});
  QCOMPARE(found[0].code, std::uint64_t{0x20});
  found = scan({0x05, 0x40, 0x64, 0x80, 0x01, 0x00, 0x00, 0x05, 0x08, 0x01});
  QCOMPARE(found.size(), std::size_t{2});
  QCOMPARE(found[0].stream, std::int64_t{100});
  QCOMPARE(found[0].code, std::uint64_t{65536});
  QCOMPARE(found[1].stream, std::int64_t{8});
  QVERIFY(scan({0x05, 0x04}).empty());        // cut off
  QVERIFY(scan({0x05, 0xc0, 0x00}).empty());  // cut off in a varint
}

void QuicStructuresTest::scanSkipsEveryFrame() {
  const std::vector<std::vector<int>> frames = {
      {0x00},
      {0x01},
      {0x02, 0x05, 0x05, 0x01, 0x05, 0x05, 0x05},
      {0x03, 0x05, 0x05, 0x00, 0x05, 0x05, 0x05, 0x05},
      {0x04, 0x05, 0x05, 0x05},
      {0x06, 0x05, 0x02, 0x05, 0x05},
      {0x07, 0x02, 0x05, 0x05},
      {0x0a, 0x05, 0x02, 0x05, 0x05},
      {0x0f, 0x05, 0x05, 0x02, 0x05, 0x05},
      {0x10, 0x05},
      {0x11, 0x05, 0x05},
      {0x12, 0x05},
      {0x13, 0x05},
      {0x14, 0x05},
      {0x15, 0x05, 0x05},
      {0x16, 0x05},
      {0x17, 0x05},
      {0x18, 0x05, 0x05, 0x02, 0x05, 0x05, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5},
      {0x19, 0x05},
      {0x1a, 5, 5, 5, 5, 5, 5, 5, 5},
      {0x1b, 5, 5, 5, 5, 5, 5, 5, 5},
      {0x1e},
  };
  for (const auto& frame : frames) {
    std::vector<std::uint8_t> payload;
    for (const int byte : frame) payload.push_back(static_cast<std::uint8_t>(byte));
    for (const int byte : {0x05, 0x3c, 0x07}) payload.push_back(static_cast<std::uint8_t>(byte));
    std::vector<StopSendingFrame> found;
    scanStopSending(payload, found);
    QVERIFY2(found.size() == 1 && found[0].stream == 0x3c && found[0].code == 7,
             std::to_string(frame[0]).c_str());
  }
  // A STREAM frame without a length takes the rest; an unknown type ends the scan.
  QVERIFY(scan({0x08, 0x04, 0x05, 0x04, 0x20}).empty());
  QVERIFY(scan({0x3f, 0x05, 0x04, 0x20}).empty());
}

void QuicStructuresTest::scanSurvivesNoise() {
  SeededRandom random(4);
  std::vector<StopSendingFrame> found;
  for (int i = 0; i < 20000; ++i) {
    std::vector<std::uint8_t> payload(random.below(64));
    random.fill(payload);
    scanStopSending(payload, found);
    for (std::uint8_t& byte : payload) byte &= 0x1f;
    scanStopSending(payload, found);
  }
  for (const StopSendingFrame& frame : found) QVERIFY(frame.stream >= 0);
}

void QuicStructuresTest::transportErrorsAreTyped() {
  QVERIFY(describeTransportError(0x178, "", "peer").code == ErrorCode::VersionMismatch);
  QVERIFY(describeTransportError(0x12a, "", "peer").code == ErrorCode::TlsFailure);
  QVERIFY(describeTransportError(2, "", "peer").code == ErrorCode::Overloaded);
  const Error other = describeTransportError(0x0a, "why", "203.0.113.7:4433");
  QVERIFY(other.code == ErrorCode::ProtocolViolation);
  QCOMPARE(other.libraryCode, 0x0aL);
  QCOMPARE(other.detail,
           std::string("203.0.113.7:4433 ended the QUIC connection with transport error 0xa why"));
  QCOMPARE(describeTransportError(0x09, "", "peer").detail,
           std::string("peer ended the QUIC connection with transport error 0x9"));
}

QTEST_GUILESS_MAIN(QuicStructuresTest)
#include "structures_test.moc"
