// SPDX-License-Identifier: Apache-2.0
// Tokens as servers see them: principals, snapshots, and the watcher that follows the file.
#include "core/access/token_source.h"

#include <condition_variable>
#include <filesystem>
#include <mutex>

#include <QTemporaryDir>
#include <QTest>

#include "tests/core/support/must_work.h"

using namespace adit;
using namespace adit::access;
using adit::test::mustWork;
using namespace std::chrono_literals;

namespace {

TokenSnapshot::Token token(const std::string& text, const std::string& principal, std::size_t names = 1000) {
  return {"id-" + text, "label " + text, principal, hashToken(text).value(), false, names};
}

/// Hears snapshots on the watcher's thread.
struct Ear {
  std::mutex mutex;
  std::condition_variable heard;
  std::vector<std::shared_ptr<const TokenSnapshot>> snapshots;
  int refreshed = 0;

  TokenSource::Listener listener() {
    return [this](const std::shared_ptr<const TokenSnapshot>& snapshot) {
      const std::lock_guard lock(mutex);
      snapshots.push_back(snapshot);
      heard.notify_all();
    };
  }
  std::function<void()> done() {
    return [this] {
      const std::lock_guard lock(mutex);
      ++refreshed;
      heard.notify_all();
    };
  }
  template <typename Condition>
  bool waitFor(Condition condition) {
    std::unique_lock lock(mutex);
    return heard.wait_for(lock, 20s, condition);
  }
};

struct Bench {
  QTemporaryDir temporary;
  std::filesystem::path directory = temporary.path().toStdString();
  SeededRandom random{1};
  std::shared_ptr<TokenStore> store = TokenStore::open(directory).value();
  std::shared_ptr<TokenStore> tool = TokenStore::open(directory).value();  // another program
};

}  // namespace

class TokenSourceTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void severalTokensMayShareAPrincipal() {
    auto revoked = token("old", "jane");
    revoked.revoked = true;
    const TokenSnapshot tokens({token("a", "jane"), token("b", "jane", 2000), token("c", "joe"), revoked});
    const auto first = tokens.verify("a");
    const auto second = tokens.verify("b");
    QVERIFY(first);
    QVERIFY(second);
    QCOMPARE(first->principal, second->principal);
    QCOMPARE(first->principal->id, std::string("jane"));
    QCOMPARE(first->principal->label, std::string("label a"));
    QCOMPARE(first->principal->rights.maxNames, std::size_t{2000});
    QCOMPARE(first->tokenId, std::string("id-a"));
    QVERIFY(tokens.verify("c")->principal != first->principal);
    QVERIFY(tokens.verify("old").error().code == ErrorCode::TokenRevoked);
    QVERIFY(tokens.verify("none").error().code == ErrorCode::TokenUnknown);
    QVERIFY(tokens.verify("").error().code == ErrorCode::TokenUnknown);
    QVERIFY(tokens.verify(std::string(1'000'000, 'x')).error().code == ErrorCode::TokenUnknown);
  }

  void grantsAreCheckedByTheirToken() {
    auto revoked = token("a", "jane");
    revoked.revoked = true;
    const TokenSnapshot tokens({revoked, token("b", "jane")});
    QVERIFY(tokens.check("id-b").has_value());
    QVERIFY(tokens.check("id-a").error().code == ErrorCode::TokenRevoked);
    QVERIFY(tokens.check("id-c").error().code == ErrorCode::TokenUnknown);
    QVERIFY(tokens.hasPrincipal("jane"));
    QVERIFY(!TokenSnapshot({revoked}).hasPrincipal("jane"));
  }

  void aServerOfOneTokenHasOnePrincipal() {
    const auto tokens = TokenSnapshot::ofOne("secret");
    QCOMPARE(tokens->verify("secret")->principal->id, std::string("local"));
    QVERIFY(!tokens->verify("other").has_value());
  }

  void principalsHavePlainIds() {
    for (const char* good : {"a", "Jane.Doe_2-x"}) QVERIFY(isPrincipalId(good));
    for (const char* bad : {"", "a b", "a/b", "\xc3\xa4", "a\n"}) QVERIFY(!isPrincipalId(bad));
    QVERIFY(isPrincipalId(std::string(64, 'x')));
    QVERIFY(!isPrincipalId(std::string(65, 'x')));
  }

  void aTokenIsItsOwnPrincipalUnlessTold() {
    Bench bench;
    const std::string first = bench.store->create("a", bench.random).value();
    const TokenInfo info = bench.store->verify(first).value();
    QCOMPARE(info.principal, info.id);
    const std::string second = bench.store->create("b", bench.random, {info.id, 50}).value();
    const auto reread = TokenStore::open(bench.directory).value();
    QCOMPARE(reread->verify(second)->principal, info.id);
    QCOMPARE(reread->verify(second)->maxNames, std::size_t{50});
    QVERIFY(bench.store->create("c", bench.random, {"not one", 1}).error().code ==
            ErrorCode::InvalidArgument);
    QVERIFY(bench.store->create("c", bench.random, {"one", 0}).error().code == ErrorCode::InvalidArgument);
    // The names stay where the token is replaced.
    mustWork(bench.store->revoke(info.id));
    QVERIFY(bench.store->snapshot()->hasPrincipal(info.id));
  }

  void theWatcherTellsOfChanges() {
    Bench bench;
    Ear ear;
    TokenWatcher watcher(bench.store, 5ms);
    watcher.setListener(ear.listener());
    QVERIFY(!watcher.current()->hasPrincipal("jane"));
    mustWork(bench.tool->add("x", "secret", bench.random, {"jane", 10}));
    QVERIFY(
        ear.waitFor([&] { return !ear.snapshots.empty() && ear.snapshots.back()->hasPrincipal("jane"); }));
    QVERIFY(watcher.current()->verify("secret").has_value());
    mustWork(bench.tool->revoke(bench.tool->verify("secret")->id));
    QVERIFY(ear.waitFor([&] { return !ear.snapshots.back()->hasPrincipal("jane"); }));
  }

  void aRefreshLooksAtOnceAndTellsFirst() {
    Bench bench;
    Ear ear;
    TokenWatcher watcher(bench.store, 1h);
    watcher.setListener(ear.listener());
    mustWork(bench.tool->add("x", "secret", bench.random, {"jane", 10}));
    bool knewIt = false;
    watcher.refresh([&] {
      const std::lock_guard lock(ear.mutex);
      knewIt = !ear.snapshots.empty() && ear.snapshots.back()->hasPrincipal("jane");
      ++ear.refreshed;
      ear.heard.notify_all();
    });
    QVERIFY(ear.waitFor([&] { return ear.refreshed == 1; }));
    QVERIFY(knewIt);
    // Nothing changed: nobody is told, but who asked is answered.
    watcher.refresh(ear.done());
    QVERIFY(ear.waitFor([&] { return ear.refreshed == 2; }));
    QCOMPARE(ear.snapshots.size(), std::size_t{1});
  }

  void withoutAListenerNobodyIsCalled() {
    Bench bench;
    Ear ear;
    TokenWatcher watcher(bench.store, 1h);
    watcher.setListener(ear.listener());
    watcher.setListener({});
    mustWork(bench.tool->add("x", "secret", bench.random, {"jane", 10}));
    watcher.refresh(ear.done());
    QVERIFY(ear.waitFor([&] { return ear.refreshed == 1; }));
    QVERIFY(ear.snapshots.empty());
  }
};

QTEST_APPLESS_MAIN(TokenSourceTest)
#include "token_source_test.moc"
