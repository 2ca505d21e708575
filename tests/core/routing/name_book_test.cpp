// SPDX-License-Identifier: Apache-2.0
#include "core/routing/name_book.h"

#include <map>

#include <QTest>

using namespace adit;
using namespace adit::routing;
using namespace std::chrono_literals;

namespace {

Timestamp at(Duration sinceStart) { return Timestamp(std::chrono::hours(1)) + sinceStart; }

access::PrincipalPtr principal(const std::string& id, std::size_t maxNames = 1000) {
  return std::make_shared<access::Principal>(access::Principal{id, id, {maxNames}});
}

constexpr auto kTold = NameBook::Visitors::AreTold;
constexpr auto kNotTold = NameBook::Visitors::NotTold;

/// A book, and what it told of each name last.
struct Bench final : NameBook::Observer {
  enum class Last { Held, Shown, Hidden, Freed };
  explicit Bench(NameBook::Params params = {}) : book(params, *this) {}

  void onNameChanged(const NameRecord& record) override {
    last[record.name] = record.holder != 0            ? Last::Held
                        : record.shownUntil != kNever ? Last::Shown
                                                      : Last::Hidden;
    ++changes;
  }
  void onNameFreed(const NameRecord& record) override { last[record.name] = Last::Freed; }

  /// The session gets the name; the error's code otherwise.
  std::string take(const std::string& name, const access::PrincipalPtr& who, SessionId session,
                   Duration now = 0s) {
    auto claimed = book.claim(name, who, at(now));
    if (!claimed) return std::string(toString(claimed.error().code));
    book.hold(**claimed, session, 1);
    return "ok";
  }
  NameRecord& record(const std::string& name, Duration now = 0s) { return *book.find(name, at(now)); }
  std::string choose(const access::PrincipalPtr& who, SessionId session) {
    NameRecord& chosen = **book.choose(who, random);
    book.hold(chosen, session, 1);
    return chosen.name;
  }

  std::map<std::string, Last> last;
  int changes = 0;
  SeededRandom random{1};
  NameBook book;
};

using Last = Bench::Last;

}  // namespace

class NameBookTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void aNameBelongsToItsPrincipal() {
    Bench bench;
    QCOMPARE(bench.take("shop", principal("jane"), 1), std::string("ok"));
    QCOMPARE(bench.take("shop", principal("joe"), 2), std::string("name-taken"));
    QCOMPARE(bench.take("shop", principal("joe"), 2, 10'000h), std::string("name-taken"));
    QCOMPARE(bench.take("shop", principal("jane"), 3), std::string("ok"));
    QCOMPARE(bench.record("shop").holder, SessionId{3});
  }

  void anAskedNameIsReservedForAWeek() {
    Bench bench;
    bench.take("shop", principal("jane"), 1);
    bench.book.leave(bench.record("shop"), kTold, at(0s));
    QVERIFY(bench.last["shop"] == Last::Shown);
    QCOMPARE(bench.take("shop", principal("joe"), 2, 7 * 24h - 1s), std::string("name-taken"));
    QCOMPARE(bench.take("shop", principal("joe"), 2, 7 * 24h), std::string("ok"));
  }

  void aChosenNameIsReservedForADay() {
    Bench bench;
    const std::string name = bench.choose(principal("jane"), 1);
    bench.book.leave(bench.record(name), kTold, at(0s));
    QCOMPARE(bench.take(name, principal("joe"), 2, 24h - 1s), std::string("name-taken"));
    QCOMPARE(bench.take(name, principal("joe"), 2, 24h), std::string("ok"));
  }

  void aShorterGraceShortensChosenOnesToo() {
    NameBook::Params params;
    params.grace = 1h;
    Bench bench(params);
    const std::string name = bench.choose(principal("jane"), 1);
    bench.book.leave(bench.record(name), kTold, at(0s));
    QCOMPARE(bench.take(name, principal("joe"), 2, 1h - 1s), std::string("name-taken"));
    QCOMPARE(bench.take(name, principal("joe"), 2, 1h), std::string("ok"));
  }

  void aChosenNameThatIsAskedForIsAnAskedOne() {
    Bench bench;
    const std::string name = bench.choose(principal("jane"), 1);
    bench.book.markAsked(bench.record(name));
    bench.book.leave(bench.record(name), kTold, at(0s));
    QCOMPARE(bench.take(name, principal("joe"), 2, 2 * 24h), std::string("name-taken"));
  }

  void comingBackEndsTheGrace() {
    Bench bench;
    bench.take("shop", principal("jane"), 1);
    bench.book.leave(bench.record("shop"), kTold, at(0s));
    QCOMPARE(bench.take("shop", principal("jane"), 2, 100h), std::string("ok"));
    QVERIFY(bench.last["shop"] == Last::Held);
    QCOMPARE(bench.take("shop", principal("joe"), 3, 10'000h), std::string("name-taken"));
  }

  void visitorsAreToldForFiveMinutes() {
    Bench bench;
    bench.take("shop", principal("jane"), 1);
    bench.book.leave(bench.record("shop"), kTold, at(0s));
    bench.book.expire(at(300s - 1ms));
    QVERIFY(bench.last["shop"] == Last::Shown);
    bench.book.expire(at(300s));
    QVERIFY(bench.last["shop"] == Last::Hidden);
    bench.book.expire(at(7 * 24h - 1s));
    QVERIFY(bench.last["shop"] == Last::Hidden);
    bench.book.expire(at(7 * 24h));
    QVERIFY(bench.last["shop"] == Last::Freed);
    QCOMPARE(bench.book.size(), std::size_t{0});
    QVERIFY(bench.book.principals().empty());
  }

  void aNameThatIsDeclaredNoMoreIsUnknownAtOnce() {
    Bench bench;
    bench.take("shop", principal("jane"), 1);
    bench.book.leave(bench.record("shop"), kNotTold, at(0s));
    QVERIFY(bench.last["shop"] == Last::Hidden);
    QCOMPARE(bench.take("shop", principal("joe"), 2, 1h), std::string("name-taken"));
  }

  void withoutAGraceTheNameIsFreeWhileVisitorsAreTold() {
    NameBook::Params params;
    params.grace = 0s;
    Bench bench(params);
    bench.take("shop", principal("jane"), 1);
    bench.book.leave(bench.record("shop"), kTold, at(0s));
    QVERIFY(bench.last["shop"] == Last::Shown);
    QCOMPARE(bench.take("shop", principal("joe"), 2), std::string("ok"));
  }

  void aReleasedNameIsFree() {
    Bench bench;
    bench.take("shop", principal("jane"), 1);
    bench.book.leave(bench.record("shop"), kTold, at(0s));
    bench.book.release(bench.record("shop"));
    QVERIFY(bench.last["shop"] == Last::Freed);
    QCOMPARE(bench.take("shop", principal("joe"), 2), std::string("ok"));
  }

  void theOldestChosenNameGivesWay() {
    Bench bench;
    const auto jane = principal("jane", 3);
    const std::string first = bench.choose(jane, 1);
    const std::string second = bench.choose(jane, 2);
    bench.take("shop", jane, 3);
    QCOMPARE(bench.take("blog", jane, 4), std::string("limit-exceeded"));
    bench.book.leave(bench.record("shop"), kTold, at(0s));
    QCOMPARE(bench.take("blog", jane, 4), std::string("limit-exceeded"));  // asked ones do not
    bench.book.leave(bench.record(second), kTold, at(1s));
    bench.book.leave(bench.record(first), kTold, at(2s));
    QCOMPARE(bench.take("blog", jane, 4, 3s), std::string("ok"));
    QVERIFY(bench.last[second] == Last::Freed);
    QVERIFY(bench.last[first] == Last::Shown);
    // Nobody else notices.
    QCOMPARE(bench.take("other", principal("joe", 1), 5), std::string("ok"));
    QCOMPARE(bench.take("other2", principal("joe", 1), 5), std::string("limit-exceeded"));
  }

  void aPrincipalOfOneNameMayReplaceIt() {
    Bench bench;
    const auto jane = principal("jane", 1);
    const std::string first = bench.choose(jane, 1);
    bench.book.leave(bench.record(first), kTold, at(0s));
    QCOMPARE(bench.take("shop", jane, 2, 1s), std::string("ok"));
    QCOMPARE(bench.book.size(), std::size_t{1});
  }

  void theTotalIsBounded() {
    NameBook::Params params;
    params.maxNames = 2;
    Bench bench(params);
    bench.take("a", principal("jane"), 1);
    bench.take("b", principal("joe"), 2);
    QCOMPARE(bench.take("c", principal("jim"), 3), std::string("overloaded"));
    QCOMPARE(bench.book.principals().size(), std::size_t{2});
  }

  void withoutAGoodTokenNamesAreFreeSoon() {
    Bench bench;
    const auto jane = principal("jane");
    bench.take("left", jane, 1);
    bench.take("held", jane, 2);
    bench.book.leave(bench.record("left"), kTold, at(0s));
    bench.book.setActive("jane", false, at(1h));
    bench.book.leave(bench.record("held"), kTold, at(1h + 1s));
    QCOMPARE(bench.take("left", principal("joe"), 3, 1h + 299s), std::string("name-taken"));
    QCOMPARE(bench.take("left", principal("joe"), 3, 1h + 300s), std::string("ok"));
    QCOMPARE(bench.take("held", principal("joe"), 3, 1h + 300s), std::string("name-taken"));
    QCOMPARE(bench.take("held", principal("joe"), 3, 1h + 301s), std::string("ok"));
  }

  void aNewTokenInTimeKeepsTheNames() {
    Bench bench;
    bench.take("shop", principal("jane"), 1);
    bench.book.leave(bench.record("shop"), kTold, at(0s));
    bench.book.setActive("jane", false, at(1h));
    bench.book.setActive("jane", true, at(1h + 100s));
    QCOMPARE(bench.take("shop", principal("joe"), 2, 7 * 24h - 1s), std::string("name-taken"));
    QCOMPARE(bench.take("shop", principal("joe"), 2, 7 * 24h), std::string("ok"));
  }

  void restoresWhatWasKept() {
    Bench bench;
    bench.book.restore({"held", "jane", false, true}, at(0s));
    bench.book.restore({"left", "jane", true, false, at(-1h), at(1h)}, at(0s));
    bench.book.restore({"just-left", "jane", false, false, at(-100s), at(1h)}, at(0s));
    bench.book.restore({"over", "jane", false, false, at(-2h), at(0s)}, at(0s));
    QCOMPARE(bench.book.size(), std::size_t{3});
    QVERIFY(bench.last["held"] == Last::Shown);  // as if it had left now
    QVERIFY(bench.last["left"] == Last::Hidden);
    QVERIFY(bench.last["just-left"] == Last::Shown);
    bench.book.expire(at(200s));
    QVERIFY(bench.last["just-left"] == Last::Hidden);
    QVERIFY(bench.last["held"] == Last::Shown);
    QCOMPARE(bench.take("left", principal("joe"), 1, 1h - 1s), std::string("name-taken"));
    QCOMPARE(bench.take("left", principal("joe"), 1, 1h), std::string("ok"));
    QCOMPARE(bench.take("held", principal("jane"), 2, 1h), std::string("ok"));
  }

  void expiresInPortions() {
    Bench bench;
    const auto jane = principal("jane");
    for (int i = 0; i < 200; ++i) {
      const std::string name = "n" + std::to_string(i);
      bench.take(name, jane, 1);
      bench.book.leave(bench.record(name), kTold, at(0s));
    }
    bench.changes = 0;
    bench.book.expire(at(300s));
    QCOMPARE_GT(bench.changes, 0);
    QCOMPARE_LT(bench.changes, 100);
    for (int i = 0; i < 4; ++i) bench.book.expire(at(300s));
    QCOMPARE(bench.changes, 200);
  }

  void sayingTheSameAgainChangesNothing() {
    Bench bench;
    bench.take("shop", principal("jane"), 1);
    bench.changes = 0;
    bench.take("shop", principal("jane"), 1);
    QCOMPARE(bench.changes, 0);
  }

  void keepsItsAccountsThroughRandomSteps() {
    NameBook::Params params;
    params.maxNames = 60;
    Bench bench(params);
    SeededRandom random(9);
    std::vector<access::PrincipalPtr> people;
    for (int i = 0; i < 4; ++i) people.push_back(principal("p" + std::to_string(i), 20));
    Duration now = 0s;
    for (int step = 0; step < 50'000; ++step) {
      now += std::chrono::seconds(random.below(600));
      const auto& who = people[random.below(people.size())];
      const std::string name = "n" + std::to_string(random.below(40));
      NameRecord* known = bench.book.find(name, at(now));
      switch (random.below(6)) {
        case 0:
        case 1:
          bench.take(name, who, 1 + random.below(5), now);
          break;
        case 2:
          if (auto chosen = bench.book.choose(who, random); chosen) bench.book.hold(**chosen, 1, 1);
          break;
        case 3:
          if (known != nullptr && known->holder != 0)
            bench.book.leave(*known, random.below(2) == 0 ? kTold : kNotTold, at(now));
          break;
        case 4:
          bench.book.setActive(who->id, random.below(2) == 0, at(now));
          break;
        default:
          bench.book.expire(at(now));
      }
      if (step % 500 != 0) continue;
      std::map<std::string, std::size_t> counts;
      bench.book.forEach([&counts](const NameRecord& record) {
        ++counts[record.owner->principal->id];
        QVERIFY(record.owner->names.contains(const_cast<NameRecord*>(&record)));
      });
      for (const auto& [id, count] : counts) QCOMPARE_LE(count, std::size_t{20});
      QCOMPARE_LE(bench.book.size(), std::size_t{60});
    }
  }
};

QTEST_APPLESS_MAIN(NameBookTest)
#include "name_book_test.moc"
