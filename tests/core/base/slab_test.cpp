// SPDX-License-Identifier: Apache-2.0
// Slabs return when their last slice goes, pieces pack densely, and the queue joins, splits and releases.
#include <memory>

#include <QTest>

#include "core/base/random.h"
#include "core/base/slab.h"

using namespace adit;

namespace {

std::string content(const SliceQueue& queue) {
  std::string text;
  for (std::size_t i = 0; i < queue.count(); ++i) text += queue.at(i).text();
  return text;
}

}  // namespace

class SlabTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void aSlabReturnsWithItsLastSlice() {
    SlabPool pool;
    {
      SlabWriter writer(pool);
      Slice a = writer.copy(asBytes("hello"));
      QCOMPARE(pool.live(), std::size_t{1});
      Slice b = a;
      Slice c = std::move(a);
      QVERIFY(a.empty());  // NOLINT(bugprone-use-after-move): moved-from slices are empty by contract
      QCOMPARE(b.text(), std::string_view("hello"));
      QCOMPARE(c.data(), b.data());
      Slice d = b.part(1, 3);
      QCOMPARE(d.text(), std::string_view("ell"));
      b = Slice();
      c = d;
      d = Slice();
      QCOMPARE(c.text(), std::string_view("ell"));
      c.removePrefix(2);
      QCOMPARE(c.text(), std::string_view("l"));
      QCOMPARE(pool.live(), std::size_t{1});
    }
    QCOMPARE(pool.live(), std::size_t{0});
    QCOMPARE(pool.pooled(), std::size_t{1});
  }

  void assigningASliceToItselfKeepsIt() {
    SlabPool pool;
    SlabWriter writer(pool);
    Slice a = writer.copy(asBytes("x"));
    const Slice& alias = a;
    a = alias;
    QCOMPARE(a.text(), std::string_view("x"));
  }

  void thePoolReusesAndTrims() {
    SlabPool pool;
    Slab* first = pool.acquire();
    SlabPool::release(first);
    Slab* second = pool.acquire();
    QCOMPARE(second, first);
    QCOMPARE(second->used, std::uint32_t{0});
    std::vector<Slab*> more;
    for (int i = 0; i < 9; ++i) more.push_back(pool.acquire());
    QCOMPARE(pool.live(), std::size_t{10});
    for (Slab* slab : more) SlabPool::release(slab);
    QCOMPARE(pool.pooled(), std::size_t{9});
    pool.trim(20);
    QCOMPARE(pool.pooled(), std::size_t{9});
    pool.trim(4);
    QCOMPARE(pool.pooled(), std::size_t{4});
    pool.trim(0);
    QCOMPARE(pool.pooled(), std::size_t{0});
    SlabPool::release(second);
    SlabPool::release(nullptr);
    QCOMPARE(pool.live(), std::size_t{0});
  }

  void theWriterPacksPiecesIntoOneSlab() {
    SlabPool pool;
    SlabWriter writer(pool);
    std::vector<Slice> pieces;
    for (int i = 0; i < 100; ++i) pieces.push_back(writer.copy(asBytes("0123456789")));
    QCOMPARE(pool.live(), std::size_t{1});
    QVERIFY(pieces[0].isFollowedBy(pieces[1]));
    QVERIFY(!pieces[0].isFollowedBy(pieces[2]));
    QVERIFY(!pieces[1].isFollowedBy(pieces[0]));
    QVERIFY(!Slice().isFollowedBy(Slice()));
    QVERIFY(writer.copy({}).empty());
  }

  void theWriterCutsWhatFillsMoreThanASlab() {
    SlabPool pool;
    SlabWriter writer(pool);
    std::string text(2 * kSlabSize + 10, 'x');
    text.front() = 'a';
    text.back() = 'z';
    std::vector<Slice> pieces;
    writer.copyAll(asBytes(text), [&](Slice piece) { pieces.push_back(std::move(piece)); });
    QCOMPARE(pieces.size(), std::size_t{3});
    QCOMPARE(pieces[0].size(), kSlabSize);
    QCOMPARE(pieces[1].size(), kSlabSize);
    std::string joined;
    for (const Slice& piece : pieces) joined += piece.text();
    QCOMPARE(joined, text);
    writer.copyAll({}, [&](Slice piece) { pieces.push_back(std::move(piece)); });
    QCOMPARE(pieces.size(), std::size_t{3});
  }

  void theWriterBeginsANewSlabWhereTheTailIsTooShort() {
    SlabPool pool;
    SlabWriter writer(pool);
    QCOMPARE(writer.reserve(1).size(), kSlabSize);
    const Slice most = writer.commit(kSlabSize - 10);
    QCOMPARE(writer.reserve(10).size(), std::size_t{10});
    QCOMPARE(pool.live(), std::size_t{1});
    QCOMPARE(writer.reserve(11).size(), kSlabSize);
    QCOMPARE(pool.live(), std::size_t{2});
    const Slice whole = writer.copy(ByteView(std::vector<std::uint8_t>(kSlabSize, 7)));
    QCOMPARE(whole.size(), kSlabSize);
    QCOMPARE(whole.data()[kSlabSize - 1], std::uint8_t{7});
  }

  void theWriterStartsOverWhenNobodyLooks() {
    SlabPool pool;
    SlabWriter writer(pool);
    for (int i = 0; i < 1000; ++i) {
      const Slice slice = writer.copy(ByteView(std::vector<std::uint8_t>(kSlabSize / 2 + 1)));
      QCOMPARE(pool.live(), std::size_t{1});
    }
    // A reader of an earlier piece is never overwritten.
    const Slice kept = writer.copy(asBytes("kept"));
    for (int i = 0; i < 10; ++i) writer.copy(ByteView(std::vector<std::uint8_t>(kSlabSize / 2)));
    QCOMPARE(kept.text(), std::string_view("kept"));
  }

  void anUncommittedReservationCostsNothing() {
    SlabPool pool;
    SlabWriter writer(pool);
    const Slice a = writer.copy(asBytes("a"));
    writer.reserve(100);
    writer.reserve(200);
    const Slice b = writer.copy(asBytes("b"));
    QVERIFY(a.isFollowedBy(b));
  }

  void theQueueJoinsNeighbours() {
    SlabPool pool;
    SlabWriter writer(pool);
    SliceQueue queue;
    for (int i = 0; i < 10; ++i) queue.push(writer.copy(asBytes("ab")));
    QCOMPARE(queue.count(), std::size_t{1});
    QCOMPARE(queue.bytes(), std::size_t{20});
    queue.push(Slice());
    QCOMPARE(queue.count(), std::size_t{1});
    writer.copy(asBytes("gap"));
    queue.push(writer.copy(asBytes("cd")));
    QCOMPARE(queue.count(), std::size_t{2});
    QCOMPARE(content(queue), std::string("ababababababababababcd"));
  }

  void theQueueDoesNotJoinWhatWasConsumed() {
    SlabPool pool;
    SlabWriter writer(pool);
    SliceQueue queue;
    queue.push(writer.copy(asBytes("ab")));
    queue.consume(2);
    QVERIFY(queue.empty());
    queue.push(writer.copy(asBytes("cd")));
    QCOMPARE(content(queue), std::string("cd"));
    QCOMPARE(queue.bytes(), std::size_t{2});
  }

  void theQueueReleasesSlabsAsTheyEmpty() {
    SlabPool pool;
    SliceQueue queue;
    {
      SlabWriter writer(pool);
      for (int i = 0; i < 8; ++i) queue.push(writer.copy(ByteView(std::vector<std::uint8_t>(kSlabSize))));
    }
    QCOMPARE(pool.live(), std::size_t{8});
    queue.consume(kSlabSize * 2 + 1);
    QCOMPARE(pool.live(), std::size_t{6});
    QCOMPARE(queue.bytes(), kSlabSize * 6 - 1);
    queue.clear();
    QCOMPARE(pool.live(), std::size_t{0});
    QVERIFY(queue.empty());
    QCOMPARE(queue.bytes(), std::size_t{0});
  }

  void theQueueKeepsOrderUnderRandomUse() {
    SlabPool pool;
    SlabWriter writer(pool);
    SliceQueue queue;
    SeededRandom random(7);
    std::string expected;
    unsigned char next = 0;
    for (int i = 0; i < 20'000; ++i) {
      if (random.below(2) == 0) {
        std::string piece(1 + random.below(40), '\0');
        for (char& c : piece) c = static_cast<char>(next++);
        if (random.below(3) == 0) writer.copy(asBytes("gap"));
        switch (random.below(3)) {
          case 0:
            queue.push(writer.copy(asBytes(piece)));
            break;
          case 1:
            queue.gather(writer.copy(asBytes(piece)));
            break;
          default:
            queue.copy(asBytes(piece), writer);
        }
        expected += piece;
      } else {
        const std::size_t count = random.below(queue.bytes() + 1);
        queue.consume(count);
        expected.erase(0, count);
      }
      QCOMPARE(queue.bytes(), expected.size());
      if (i % 64 == 0) QVERIFY(content(queue) == expected);
    }
    QVERIFY(content(queue) == expected);
  }

  void smallPiecesThatWaitTakeNoMoreThanTheirRoom() {
    SlabPool pool;
    SlabWriter writer(pool);
    SliceQueue queue;
    std::string expected;
    for (int i = 0; i < 2000; ++i) {
      writer.copy(ByteView(std::vector<std::uint8_t>(kSlabSize)));  // of others, and gone at once
      const std::string piece(1 + i % 20, static_cast<char>('a' + i % 26));
      queue.gather(writer.copy(asBytes(piece)));
      expected += piece;
      if (i % 3 == 0) {
        queue.consume(1);
        expected.erase(0, 1);
      }
    }
    QVERIFY2(pool.live() < 16, QByteArray::number(static_cast<qulonglong>(pool.live())).constData());
    QVERIFY(content(queue) == expected);
    SliceQueue moved = std::exchange(queue, {});
    QVERIFY(content(moved) == expected);
    moved.gather(writer.copy(asBytes("last")));
    QVERIFY(content(moved) == expected + "last");
    moved.consume(moved.bytes());
    QCOMPARE(pool.live(), std::size_t{1});  // the writer's
  }

  void copiesThatWaitLieTogether() {
    SlabPool pool;
    SlabWriter writer(pool);
    SliceQueue queue, other;
    const std::vector<std::uint8_t> piece(1400, 'p');
    constexpr std::size_t kPieces = 1000;
    for (std::size_t i = 0; i < kPieces; ++i) {
      queue.copy(piece, writer);
      other.copy(piece, writer);
    }
    QCOMPARE(queue.bytes(), kPieces * piece.size());
    const std::size_t slabs = kPieces * piece.size() / kSlabSize + 1;
    QVERIFY(queue.count() <= slabs + 4);
    // The few in the shared slab, and each queue's own.
    QVERIFY(pool.live() <= 2 * slabs + 2);
    QVERIFY(content(queue) == std::string(kPieces * piece.size(), 'p'));
    queue.clear();
    other.clear();
    const std::vector<std::uint8_t> large(5 * kSlabSize / 2, 'l');
    queue.copy(large, writer);
    QVERIFY(content(queue) == std::string(large.size(), 'l'));
  }

  void largePiecesAreNotCopied() {
    SlabPool pool;
    SlabWriter writer(pool);
    SliceQueue queue;
    for (int i = 0; i < 20; ++i) {
      const Slice piece = writer.copy(ByteView(std::vector<std::uint8_t>(kSlabSize / 2)));
      queue.gather(piece);
      QVERIFY(queue.at(queue.count() - 1).data() + queue.at(queue.count() - 1).size() ==
              piece.data() + piece.size());
    }
  }

  void theQueueMoves() {
    SlabPool pool;
    SlabWriter writer(pool);
    SliceQueue queue;
    queue.push(writer.copy(asBytes("x")));
    const SliceQueue moved = std::exchange(queue, {});
    QVERIFY(queue.empty());
    QCOMPARE(queue.bytes(), std::size_t{0});
    QCOMPARE(content(moved), std::string("x"));
  }
};

QTEST_APPLESS_MAIN(SlabTest)
#include "slab_test.moc"
