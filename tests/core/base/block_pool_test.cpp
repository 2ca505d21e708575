// SPDX-License-Identifier: Apache-2.0
// Blocks that are kept for the next request.
#include <QTest>

#include <cstdint>
#include <cstring>
#include <vector>

#include "core/base/block_pool.h"
#include "core/base/random.h"

using namespace adit;

class BlockPoolTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void givesAFreedBlockAgain() {
    BlockPool pool;
    void* first = pool.allocate(100);
    pool.release(first);
    QCOMPARE(pool.keptBytes(), std::size_t{128});
    QCOMPARE(pool.allocate(65), first);
    QCOMPARE(pool.keptBytes(), std::size_t{0});
    pool.release(first);
    void* other = pool.allocate(200);  // another size
    QVERIFY(other != first);
    pool.release(other);
    pool.release(nullptr);
  }

  void keepsABoundedAmount() {
    BlockPool pool;
    std::vector<void*> blocks;
    for (int i = 0; i < 1000; ++i) blocks.push_back(pool.allocate(4096));
    for (void* block : blocks) pool.release(block);
    QCOMPARE(pool.keptBytes(), std::size_t{512 * 1024});
    void* large = pool.allocate(1 << 20);
    pool.release(large);
    QCOMPARE(pool.keptBytes(), std::size_t{512 * 1024});
  }

  void blocksGrowWithWhatIsInThem() {
    BlockPool pool;
    auto* block = static_cast<char*>(pool.reallocate(nullptr, 10));
    std::memcpy(block, "0123456789", 10);
    QCOMPARE(pool.reallocate(block, 64), static_cast<void*>(block));
    for (const std::size_t size :
         {std::size_t{65}, std::size_t{5000}, std::size_t{9000}, std::size_t{100'000}}) {
      block = static_cast<char*>(pool.reallocate(block, size));
      QVERIFY(std::memcmp(block, "0123456789", 10) == 0);
      block[size - 1] = 'x';
    }
    pool.release(block);
  }

  void manyBlocksDoNotOverlap() {
    BlockPool pool;
    SeededRandom random(7);
    struct Block {
      std::uint8_t* at;
      std::size_t size;
      std::uint8_t fill;
    };
    std::vector<Block> blocks;
    for (int i = 0; i < 20'000; ++i) {
      if (blocks.empty() || random.below(2) == 0) {
        const std::size_t size = 1 + random.below(random.below(10) == 0 ? 20'000 : 300);
        Block block{static_cast<std::uint8_t*>(pool.allocate(size)), size, static_cast<std::uint8_t>(i)};
        QVERIFY(reinterpret_cast<std::uintptr_t>(block.at) % alignof(std::max_align_t) == 0);
        std::memset(block.at, block.fill, size);
        blocks.push_back(block);
      } else {
        const std::size_t index = random.below(blocks.size());
        const Block block = blocks[index];
        for (std::size_t at = 0; at < block.size; ++at) QVERIFY(block.at[at] == block.fill);
        pool.release(block.at);
        blocks[index] = blocks.back();
        blocks.pop_back();
      }
    }
    for (const Block& block : blocks) pool.release(block.at);
  }
};

QTEST_APPLESS_MAIN(BlockPoolTest)
#include "block_pool_test.moc"
