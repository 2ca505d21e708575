// SPDX-License-Identifier: Apache-2.0
#include "core/routing/route_table.h"

#include <map>
#include <thread>

#include <QTest>

#include "core/base/published.h"
#include "core/base/random.h"

using namespace adit;
using namespace adit::routing;

namespace {

std::shared_ptr<const RouteEntry> entry(std::string name, SessionId session) {
  auto made = std::make_shared<RouteEntry>();
  made->name = std::move(name);
  made->servers = {{session, 0, 1}};
  return made;
}

/// The session behind a name; 0: nobody has it.
SessionId at(const RouteTable& table, std::string_view name) {
  const RouteEntry* found = table.find(name);
  return found == nullptr ? 0 : found->servers.at(0).session;
}

}  // namespace

class RouteTableTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void findsWhatWasSet() {
    RouteTable::Editor editor(std::make_shared<RouteTable>());
    editor.set(entry("shop", 7));
    editor.set(entry("blog", 8));
    const auto table = editor.finish();
    QCOMPARE(at(*table, "shop"), SessionId{7});
    QCOMPARE(at(*table, "blog"), SessionId{8});
    QCOMPARE(at(*table, "sho"), SessionId{0});
    QCOMPARE(at(*table, ""), SessionId{0});
    QCOMPARE(table->size(), std::size_t{2});
  }

  void snapshotsStayAsTheyWere() {
    RouteTable::Editor first(std::make_shared<RouteTable>());
    first.set(entry("shop", 1));
    const auto before = first.finish();
    RouteTable::Editor second(before);
    second.set(entry("shop", 2));
    second.set(entry("shop", 3));
    second.set(entry("blog", 4));
    const auto after = second.finish();
    QCOMPARE(at(*before, "shop"), SessionId{1});
    QCOMPARE(at(*before, "blog"), SessionId{0});
    QCOMPARE(at(*after, "shop"), SessionId{3});
    QCOMPARE(after->size(), std::size_t{2});
    RouteTable::Editor third(after);
    third.erase("shop");
    const auto last = third.finish();
    QCOMPARE(at(*last, "shop"), SessionId{0});
    QCOMPARE(at(*after, "shop"), SessionId{3});
  }

  void nothingChangedIsTheSameSnapshot() {
    const auto table = std::make_shared<const RouteTable>();
    RouteTable::Editor editor(table);
    editor.erase("shop");
    QVERIFY(!editor.hasChanges());
    QCOMPARE(editor.finish(), table);
  }

  void agreesWithAMapThroughRandomEdits() {
    SeededRandom random(5);
    std::map<std::string, SessionId> model;
    auto table = std::make_shared<const RouteTable>();
    for (int round = 0; round < 300; ++round) {
      const auto before = table;
      const auto modelBefore = model;
      RouteTable::Editor editor(std::move(table));
      for (std::uint64_t edits = random.below(40); edits > 0; --edits) {
        const std::string name = "n" + std::to_string(random.below(2000));
        if (random.below(3) == 0) {
          editor.erase(name);
          model.erase(name);
        } else {
          const SessionId session = 1 + random.below(1000);
          editor.set(entry(name, session));
          model[name] = session;
        }
      }
      table = editor.finish();
      QCOMPARE(table->size(), model.size());
      for (int i = 0; i < 2000; ++i) {
        const std::string name = "n" + std::to_string(i);
        const auto found = model.find(name);
        QCOMPARE(at(*table, name), found == model.end() ? 0 : found->second);
        if (round % 50 != 0) continue;
        const auto then = modelBefore.find(name);
        QCOMPARE(at(*before, name), then == modelBefore.end() ? 0 : then->second);
      }
    }
  }

  void readersSeeWhatIsPublished() {
    Published<int> source(std::make_shared<int>(1));
    Published<int>::Reader early(source);
    QCOMPARE(*early.current(), 1);
    source.publish(std::make_shared<int>(2));
    source.publish(std::make_shared<int>(3));
    Published<int>::Reader late(source);
    QCOMPARE(*early.current(), 3);
    QCOMPARE(*late.current(), 3);
    QCOMPARE(*early.current(), 3);
    QCOMPARE(*source.newest(), 3);
  }

  void aReaderMayOutliveItsSource() {
    auto source = std::make_unique<Published<int>>(std::make_shared<int>(1));
    Published<int>::Reader reader(*source);
    source->publish(std::make_shared<int>(2));
    source.reset();
    QCOMPARE(*reader.current(), 2);
  }

  void valuesArriveInOrderOnEveryThread() {
    constexpr int kValues = 20'000;
    Published<int> source(std::make_shared<int>(0));
    std::vector<std::thread> readers;
    std::atomic<int> wrong = 0;
    for (int i = 0; i < 3; ++i) {
      readers.emplace_back([&source, &wrong] {
        Published<int>::Reader reader(source);
        for (int last = 0; last < kValues;) {
          const int value = *reader.current();
          if (value < last) ++wrong;
          last = value;
        }
      });
    }
    for (int i = 1; i <= kValues; ++i) source.publish(std::make_shared<int>(i));
    for (auto& reader : readers) reader.join();
    QCOMPARE(wrong.load(), 0);
  }
};

QTEST_APPLESS_MAIN(RouteTableTest)
#include "route_table_test.moc"
