// SPDX-License-Identifier: Apache-2.0
// Names to addresses: what needs no system, what is looked up elsewhere, cancelling, and never inside the
// call.
#include <atomic>
#include <condition_variable>
#include <mutex>

#include <spdlog/fmt/fmt.h>
#include <QTest>

#include "core/net/resolver.h"
#include "tests/core/net/net_test_support.h"

using namespace adit;
using namespace adit::net;
using namespace adit::net::test;

namespace {

using Answer = Result<std::vector<SocketAddress>>;

struct Answers {
  std::vector<Answer> list;
  Resolver::Callback collect() {
    return [this](Answer answer) { list.push_back(std::move(answer)); };
  }
};

Answer noLookup(const std::string&) { return fail(ErrorCode::Internal, "the system was asked"); }

/// A look-up that waits until the test lets it go.
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  int waiting = 0, most = 0, finished = 0;

  Answer pass(const std::string&) {
    std::unique_lock lock(mutex);
    most = std::max(most, ++waiting);
    changed.notify_all();
    changed.wait(lock, [this] { return open; });
    --waiting;
    ++finished;
    changed.notify_all();
    return std::vector{SocketAddress::loopback4(0)};
  }
  void letGo() {
    const std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
  void awaitWaiting(int count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return waiting >= count; });
  }
  void awaitFinished(int count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return finished >= count; });
  }
};

}  // namespace

class ResolverTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void answersLiteralsWithoutTheSystem_data() {
    QTest::addColumn<QString>("host");
    QTest::addColumn<QString>("expected");
    QTest::newRow("IPv4") << "192.0.2.7"
                          << "192.0.2.7:443";
    QTest::newRow("IPv6") << "2001:db8::1"
                          << "[2001:db8::1]:443";
    QTest::newRow("IPv6 in brackets") << "[2001:db8::1]"
                                      << "[2001:db8::1]:443";
    QTest::newRow("interface") << "fe80::1%lo"
                               << "[fe80::1%lo]:443";
    QTest::newRow("localhost") << "localhost"
                               << "127.0.0.1:443 [::1]:443";
    QTest::newRow("case and dot") << "LocalHost."
                                  << "127.0.0.1:443 [::1]:443";
    QTest::newRow("below localhost") << "app.localhost"
                                     << "127.0.0.1:443 [::1]:443";
  }
  void answersLiteralsWithoutTheSystem() {
    QFETCH(QString, host);
    QFETCH(QString, expected);
    auto loop = makeLoop();
    Resolver resolver(*loop, noLookup);
    Answers answers;
    const auto query = resolver.resolve(host.toStdString(), 443, answers.collect());
    QVERIFY(answers.list.empty());
    QVERIFY(runUntil(*loop, [&] { return answers.list.size() == 1; }));
    QVERIFY2(answers.list[0].has_value(), answers.list[0] ? "" : answers.list[0].error().detail.c_str());
    QStringList printed;
    for (const SocketAddress& address : *answers.list[0])
      printed << QString::fromStdString(address.toString());
    QCOMPARE(printed.join(QLatin1Char(' ')), expected);
  }

  void refusesWhatIsNoName_data() {
    QTest::addColumn<QString>("host");
    QTest::newRow("empty") << "";
    QTest::newRow("long") << QString(300, QLatin1Char('a'));
    QTest::newRow("broken IPv6") << "1:2:3";
    QTest::newRow("a Unix path") << "unix:/tmp/x";
  }
  void refusesWhatIsNoName() {
    QFETCH(QString, host);
    auto loop = makeLoop();
    Resolver resolver(*loop, noLookup);
    Answers answers;
    const auto query = resolver.resolve(host.toStdString(), 443, answers.collect());
    QVERIFY(answers.list.empty());
    QVERIFY(runUntil(*loop, [&] { return answers.list.size() == 1; }));
    QVERIFY(!answers.list[0].has_value());
    QCOMPARE(toString(answers.list[0].error().code), std::string_view("invalid-argument"));
  }

  void looksNamesUpOnAnotherThread() {
    auto loop = makeLoop();
    std::atomic<bool> elsewhere{false};
    Resolver resolver(*loop, [&](const std::string& host) -> Answer {
      elsewhere = !loop->isLoopThread();
      if (host == "notlocalhost")
        return std::vector{SocketAddress::loopback4(0), SocketAddress::loopback6(0)};
      return fail(ErrorCode::ResolveFailed, "no such name", 42);
    });
    Answers answers, failures;
    const auto query = resolver.resolve("notlocalhost", 8080, answers.collect());
    const auto other = resolver.resolve("missing.example", 8080, failures.collect());
    QVERIFY(runUntil(*loop, [&] { return answers.list.size() + failures.list.size() == 2; }));
    QVERIFY(elsewhere);
    QCOMPARE(answers.list[0]->at(0), SocketAddress::loopback4(8080));
    QCOMPARE(answers.list[0]->at(1), SocketAddress::loopback6(8080));
    QCOMPARE(failures.list[0].error().libraryCode, 42L);
  }

  void aCancelledQueryIsNotAnswered() {
    auto loop = makeLoop();
    auto gate = std::make_shared<Gate>();
    Resolver resolver(*loop, [gate](const std::string& host) { return gate->pass(host); });
    Answers answers;
    auto slow = resolver.resolve("slow.example", 1, answers.collect());
    auto literal = resolver.resolve("127.0.0.1", 1, answers.collect());
    gate->awaitWaiting(1);
    slow.reset();
    literal.reset();
    gate->letGo();
    gate->awaitFinished(1);
    Answers last;
    const auto query = resolver.resolve("after.example", 1, last.collect());
    QVERIFY(runUntil(*loop, [&] { return last.list.size() == 1; }));
    QVERIFY(answers.list.empty());
  }

  void aHangingLookUpHoldsNothingUp() {
    auto gate = std::make_shared<Gate>();
    Answers answers;
    {
      auto loop = makeLoop();
      auto resolver =
          std::make_unique<Resolver>(*loop, [gate](const std::string& host) { return gate->pass(host); });
      const auto query = resolver->resolve("slow.example", 1, answers.collect());
      gate->awaitWaiting(1);
      resolver.reset();
    }
    // Resolver and loop are gone; the look-up comes back to nobody.
    gate->letGo();
    gate->awaitFinished(1);
    QVERIFY(answers.list.empty());
  }

  void fewLookUpsRunAtOnceAndAllAreAnswered() {
    auto loop = makeLoop();
    auto gate = std::make_shared<Gate>();
    Resolver resolver(*loop, [gate](const std::string& host) { return gate->pass(host); });
    Answers answers;
    std::vector<std::unique_ptr<Resolver::Query>> queries;
    for (int i = 0; i < 30; ++i) {
      queries.push_back(resolver.resolve(fmt::format("n{}.example", i), 1, answers.collect()));
    }
    gate->awaitWaiting(8);
    queries.pop_back();  // cancelled while it waits for its turn
    gate->letGo();
    QVERIFY(runUntil(*loop, [&] { return answers.list.size() == 29; }));
    gate->awaitFinished(29);
    const std::lock_guard lock(gate->mutex);
    QCOMPARE(gate->most, 8);
    QCOMPARE(gate->finished, 29);
  }

  /// Many requests for one dead name wait for its look-up once, not in turns.
  void questionsForOneNameShareALookUp() {
    auto loop = makeLoop();
    auto gate = std::make_shared<Gate>();
    Resolver resolver(*loop, [gate](const std::string& host) {
      (void)gate->pass(host);
      return Answer(fail(ErrorCode::ResolveFailed, "no such name"));
    });
    Answers answers;
    std::vector<std::unique_ptr<Resolver::Query>> queries;
    for (int i = 0; i < 20; ++i) queries.push_back(resolver.resolve("dead.example", 1, answers.collect()));
    Answers other;
    const auto another = resolver.resolve("other.example", 1, other.collect());
    gate->awaitWaiting(2);
    queries.erase(queries.begin());  // the one that began it
    gate->letGo();
    QVERIFY(runUntil(*loop, [&] { return answers.list.size() == 19; }));
    QVERIFY(runUntil(*loop, [&] { return other.list.size() == 1; }));
    for (const Answer& answer : answers.list) QVERIFY(!answer.has_value());
    gate->awaitFinished(2);
    {
      const std::lock_guard lock(gate->mutex);
      QCOMPARE(gate->finished, 2);
    }
    // It is asked for anew afterwards.
    const auto again = resolver.resolve("dead.example", 1, other.collect());
    QVERIFY(runUntil(*loop, [&] { return other.list.size() == 2; }));
  }

  void theAnswersOfAShareHaveTheirOwnPorts() {
    auto loop = makeLoop();
    Resolver resolver(*loop,
                      [](const std::string&) { return Answer(std::vector{SocketAddress::loopback4(0)}); });
    Answers answers;
    const auto one = resolver.resolve("a.example", 1, answers.collect());
    const auto two = resolver.resolve("a.example", 2, answers.collect());
    QVERIFY(runUntil(*loop, [&] { return answers.list.size() == 2; }));
    QCOMPARE(answers.list[0]->at(0).port(), std::uint16_t{1});
    QCOMPARE(answers.list[1]->at(0).port(), std::uint16_t{2});
  }

  void theCallbackMayDestroyQueryAndResolver() {
    auto loop = makeLoop();
    auto resolver = std::make_unique<Resolver>(*loop, noLookup);
    std::unique_ptr<Resolver::Query> query;
    bool answered = false;
    query = resolver->resolve("127.0.0.1", 1, [&](const Answer&) {
      query.reset();
      resolver.reset();
      answered = true;
    });
    QVERIFY(runUntil(*loop, [&] { return answered; }));
  }

  void theSystemKnowsNumericNames() {
    // The real resolver, without a network: what the hosts file and literals give.
    const Answer answer = Resolver::systemLookup("127.0.0.1");
    QVERIFY(answer.has_value());
    QCOMPARE(answer->at(0), SocketAddress::loopback4(0));
    const Answer broken = Resolver::systemLookup("no such name");
    QVERIFY(!broken);
    QCOMPARE(toString(broken.error().code), std::string_view("resolve-failed"));
    QVERIFY(broken.error().detail.find("no such name") != std::string::npos);
  }
};

QTEST_GUILESS_MAIN(ResolverTest)
#include "resolver_test.moc"
