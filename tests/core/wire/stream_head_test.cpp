// SPDX-License-Identifier: Apache-2.0
// Variable-length integers and stream heads, byte by byte as PROTOCOL.md section 3 has them.
#include <QTest>

#include <array>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/wire/stream_head.h"
#include "core/wire/varint.h"

using namespace adit;
using namespace adit::wire;

namespace {

std::vector<std::uint8_t> written(const StreamHead& head) {
  std::vector<std::uint8_t> room(kMaxStreamHead);
  room.resize(writeStreamHead(head, room.data()));
  return room;
}

using Bytes = std::vector<std::uint8_t>;

}  // namespace

class StreamHeadTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void varintsOfTheRfc();
  void varintRoundTrip();
  void varintsTooShort();
  void exactBytes();
  void roundTrip();
  void truncated();
  void refuses_data();
  void refuses();
  void skipsWhatIsAppended();
  void mappedAddressesAreIpv4();
};

void StreamHeadTest::varintsOfTheRfc() {
  // RFC 9000 appendix A.1, and an encoding that is longer than necessary.
  const std::pair<Bytes, std::uint64_t> samples[] = {
      {{0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c}, 151288809941952652ULL},
      {{0x9d, 0x7f, 0x3e, 0x7d}, 494878333},
      {{0x7b, 0xbd}, 15293},
      {{0x25}, 37},
      {{0x40, 0x25}, 37}};
  for (const auto& [bytes, expected] : samples) {
    std::uint64_t value = 0;
    QCOMPARE(readVarint(bytes, value), bytes.size());
    QCOMPARE(value, expected);
  }
}

void StreamHeadTest::varintRoundTrip() {
  SeededRandom random(3);
  std::vector<std::uint64_t> values = {0, 63, 64, 16383, 16384, (1U << 30) - 1, 1U << 30, kVarintMax};
  for (int i = 0; i < 1000; ++i) values.push_back(random.next() >> (2 + random.below(62)));
  for (const std::uint64_t value : values) {
    std::array<std::uint8_t, 8> room{};
    const std::size_t size = writeVarint(value, room.data());
    QCOMPARE(size, varintSize(value));
    std::uint64_t back = ~value;
    QCOMPARE(readVarint(ByteView(room).first(size), back), size);
    QCOMPARE(back, value);
  }
}

void StreamHeadTest::varintsTooShort() {
  for (const std::uint64_t value : {std::uint64_t{100}, std::uint64_t{100'000}, kVarintMax}) {
    std::array<std::uint8_t, 8> room{};
    const std::size_t size = writeVarint(value, room.data());
    for (std::size_t part = 0; part < size; ++part) {
      std::uint64_t back = 7;
      QCOMPARE(readVarint(ByteView(room).first(part), back), std::size_t{0});
      QCOMPARE(back, std::uint64_t{7});
    }
  }
}

void StreamHeadTest::exactBytes() {
  QCOMPARE(written({}), (Bytes{0x01, 0x00}));
  StreamHead http{StreamKind::Http, 300, net::SocketAddress::fromIpv4({192, 0, 2, 1}, 0x1234),
                  http::Scheme::Https};
  QCOMPARE(written(http), (Bytes{0x02, 10, 0x41, 0x2c, 0x01, 4, 192, 0, 2, 1, 0x12, 0x34}));
  StreamHead tcp{StreamKind::Tcp,
                 5,
                 net::SocketAddress::fromIpv6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 80),
                 {}};
  QCOMPARE(written(tcp),
           (Bytes{0x03, 21, 5, 0, 6, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 80}));
  QCOMPARE(written({StreamKind::Tcp, 0, {}, {}}), (Bytes{0x03, 3, 0, 0, 0}));
}

void StreamHeadTest::roundTrip() {
  SeededRandom random(11);
  for (int i = 0; i < 500; ++i) {
    StreamHead head;
    head.kind = random.below(2) == 0 ? StreamKind::Http : StreamKind::Tcp;
    head.tunnel = random.next() >> (2 + random.below(62));
    head.scheme = random.below(2) == 0 ? http::Scheme::Http : http::Scheme::Https;
    std::array<std::uint8_t, 16> bytes{};
    random.fill(bytes);
    const auto port = static_cast<std::uint16_t>(random.below(65536));
    if (random.below(2) == 0) {
      head.visitor = net::SocketAddress::fromIpv4({bytes[0], bytes[1], bytes[2], bytes[3]}, port);
    } else {
      head.visitor = net::SocketAddress::fromIpv6(bytes, port);
    }
    Bytes room = written(head);
    const std::size_t size = room.size();
    room.push_back(0x00);  // what follows is not the head's
    StreamHead back;
    const auto used = readStreamHead(room, back);
    QVERIFY(used.has_value());
    QCOMPARE(*used, size);
    QVERIFY(back.kind == head.kind);
    QVERIFY(back.tunnel == head.tunnel);
    QVERIFY(back.scheme == head.scheme);
    QVERIFY(back.visitor == head.visitor);
  }
}

void StreamHeadTest::truncated() {
  const Bytes room = written({StreamKind::Http, 70'000, net::SocketAddress::loopback6(1), {}});
  for (std::size_t size = 0; size < room.size(); ++size) {
    const Bytes part(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size));
    StreamHead head;
    const auto used = readStreamHead(part, head);
    QVERIFY(used.has_value());
    QCOMPARE(*used, std::size_t{0});
  }
}

void StreamHeadTest::refuses_data() {
  QTest::addColumn<QByteArray>("bytes");
  QTest::addColumn<int>("code");
  const auto row = [](const char* name, const Bytes& bytes, ErrorCode code = ErrorCode::Malformed) {
    QTest::newRow(name) << QByteArray(reinterpret_cast<const char*>(bytes.data()),
                                      static_cast<qsizetype>(bytes.size()))
                        << static_cast<int>(code);
  };
  row("kind 0", {0, 0}, ErrorCode::Unsupported);
  row("kind 4", {4, 0}, ErrorCode::Unsupported);
  row("kind 4 before its length", {4}, ErrorCode::Unsupported);
  row("large kind", {0xc0, 0, 0, 0, 0, 0, 1, 0}, ErrorCode::Unsupported);
  row("too long", {2, 63});
  row("length 2^62 - 1", {2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
  row("empty payload", {2, 0});
  row("tunnel only", {2, 1, 5});
  row("tunnel cut", {2, 1, 0x40});
  row("no family", {2, 2, 5, 0});
  row("family 5", {2, 3, 5, 0, 5});
  row("IPv4 cut", {2, 8, 5, 0, 4, 1, 2, 3, 4, 0});
  row("IPv6 cut", {3, 9, 5, 0, 6, 1, 2, 3, 4, 0, 0});
}

void StreamHeadTest::refuses() {
  QFETCH(QByteArray, bytes);
  QFETCH(int, code);
  const std::string text = bytes.toStdString();
  StreamHead head;
  const auto used = readStreamHead(asBytes(text), head);
  QVERIFY(!used.has_value());
  QCOMPARE(static_cast<int>(used.error().code), code);
}

void StreamHeadTest::skipsWhatIsAppended() {
  StreamHead head;
  const Bytes longer = {3, 6, 5, 0xff, 0, 9, 9, 9};
  const auto used = readStreamHead(longer, head);
  QVERIFY(used.has_value());
  QCOMPARE(*used, longer.size());
  QCOMPARE(head.tunnel, std::uint64_t{5});
  QCOMPARE(*readStreamHead(Bytes{1, 2, 9, 9}, head), std::size_t{4});
}

void StreamHeadTest::mappedAddressesAreIpv4() {
  Bytes head = {2, 21, 5, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1, 0, 80};
  StreamHead back;
  QCOMPARE(*readStreamHead(head, back), head.size());
  QVERIFY(back.visitor == net::SocketAddress::fromIpv4({192, 0, 2, 1}, 80));
}

QTEST_APPLESS_MAIN(StreamHeadTest)
#include "stream_head_test.moc"
