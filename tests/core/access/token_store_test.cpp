// SPDX-License-Identifier: Apache-2.0
#include "core/access/token_store.h"

#include <QTemporaryDir>
#include <QtTest>

#include <atomic>
#include <fstream>
#include <thread>

#include "core/base/encoding.h"
#include "core/base/files.h"
#include "core/base/log.h"
#include "tests/core/support/must_work.h"

using namespace adit;
using namespace adit::access;
using adit::test::mustWork;
namespace fs = std::filesystem;

namespace {

/// A directory of its own for a test, with a store's file in it.
struct Bench {
  QTemporaryDir temporary;
  fs::path directory = temporary.path().toStdString();
  fs::path file = directory / "tokens.json";
  SeededRandom random{1};

  [[nodiscard]] std::shared_ptr<TokenStore> open() const { return TokenStore::open(directory).value(); }
  void write(std::string_view content) const {
    mustWork(writeFileAtomically(file, content, FileSecrecy::Secret));
  }
  [[nodiscard]] std::string content() const { return readFile(file, FileSecrecy::Public).value(); }
  /// What opening this content says.
  [[nodiscard]] Error errorOf(std::string_view text) const {
    write(text);
    const auto store = TokenStore::open(directory);
    return store ? Error{ErrorCode::Internal, "it was accepted", 0} : store.error();
  }
};

std::string entry(const std::string& id, const std::string& changes = "") {
  return R"({"id":")" + id + R"(","label":"x","sha256":")" + std::string(64, 'a') +
         R"(","created":1,"revoked":false)" + changes + "}";
}

}  // namespace

class TokenStoreTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void startsEmpty();
  void makesAndVerifies();
  void addsATokenOfTheCallers();
  void storesOnlyHashes();
  void theFileIsPrivate();
  void survivesARestart();
  void revokes();
  void refusesOddTokens();
  void seesWhatAnotherProcessDid();
  void aRemovedFileMeansNoTokens();
  void aBrokenFileKeepsTheTokensAndWarnsOnce();
  void changesAreNotBuiltOnABrokenFile();
  void refusesAFileThatOthersCanReach();
  void namesWhatIsWrongInTheFile_data();
  void namesWhatIsWrongInTheFile();
  void labelsAreOneLine();
  void aFailedWriteChangesNothing();
  void verifiesFromManyThreads();
  void twoProgramsLoseNoChange();
};

void TokenStoreTest::startsEmpty() {
  Bench bench;
  const auto store = bench.open();
  QVERIFY(store->list().empty());
  QVERIFY(!fs::exists(bench.file));
  QVERIFY(store->verify("anything").error().code == ErrorCode::TokenUnknown);
}

void TokenStoreTest::makesAndVerifies() {
  Bench bench;
  const auto store = bench.open();
  const std::string token = store->create("laptop", bench.random).value();
  const std::string other = store->create("", bench.random).value();
  QCOMPARE(token.size(), std::size_t{43});
  QVERIFY(fromBase64Url(token).has_value());
  QVERIFY(token != other);
  const auto info = store->verify(token);
  QVERIFY(info.has_value());
  QCOMPARE(info->label, std::string("laptop"));
  QVERIFY(!info->revoked);
  QVERIFY(info->createdUnix > 1'600'000'000);
  QVERIFY(store->verify(other)->id != info->id);
  QCOMPARE(store->list().size(), std::size_t{2});
}

void TokenStoreTest::addsATokenOfTheCallers() {
  Bench bench;
  const auto store = bench.open();
  const std::string token = store->create("first", bench.random).value();
  const std::string own(43, 'k');
  QVERIFY(store->add("own", own, bench.random).has_value());
  QCOMPARE(store->verify(own)->label, std::string("own"));
  QVERIFY(store->verify(token).has_value());
  QVERIFY(store->add("two\nlines", own, bench.random).error().code == ErrorCode::InvalidArgument);
}

void TokenStoreTest::storesOnlyHashes() {
  Bench bench;
  const std::string token = bench.open()->create("laptop", bench.random).value();
  QVERIFY(bench.content().find(token) == std::string::npos);
  QVERIFY(bench.content().find("laptop") != std::string::npos);
  // SHA-256 of the token's text, so that other programs can check it.
  const QByteArray hash =
      QCryptographicHash::hash(QByteArray::fromStdString(token), QCryptographicHash::Sha256).toHex();
  QVERIFY(bench.content().find(hash.toStdString()) != std::string::npos);
}

void TokenStoreTest::theFileIsPrivate() {
  Bench bench;
  QVERIFY(bench.open()->create("", bench.random).has_value());
  QVERIFY(fs::status(bench.file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

void TokenStoreTest::survivesARestart() {
  Bench bench;
  const std::string token = bench.open()->create("laptop", bench.random).value();
  QVERIFY(bench.open()->verify(token).has_value());
}

void TokenStoreTest::revokes() {
  Bench bench;
  const auto store = bench.open();
  const std::string token = store->create("laptop", bench.random).value();
  const std::string kept = store->create("desk", bench.random).value();
  QVERIFY(store->revoke("no-such-id").error().code == ErrorCode::NotFound);
  const std::string id = store->verify(token)->id;
  QVERIFY(store->revoke(id).has_value());
  QVERIFY(store->revoke(id).has_value());
  QVERIFY(store->verify(token).error().code == ErrorCode::TokenRevoked);
  QVERIFY(store->verify(kept).has_value());
  QVERIFY(bench.open()->verify(token).error().code == ErrorCode::TokenRevoked);
  QVERIFY(store->list()[0].revoked);
}

void TokenStoreTest::refusesOddTokens() {
  Bench bench;
  const auto store = bench.open();
  const std::string token = store->create("", bench.random).value();
  for (const std::string& odd :
       {std::string(), token + "A", token.substr(1), std::string(1 << 20, 'x'), std::string("\0", 1)}) {
    QVERIFY(store->verify(odd).error().code == ErrorCode::TokenUnknown);
  }
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    QVERIFY(!store->verify(changed).has_value());
  }
}

void TokenStoreTest::seesWhatAnotherProcessDid() {
  Bench bench;
  const auto running = bench.open();
  const auto tool = bench.open();
  const std::string token = tool->create("laptop", bench.random).value();
  const auto info = running->verify(token);
  QVERIFY(info.has_value());
  QVERIFY(tool->revoke(info->id).has_value());
  QVERIFY(running->verify(token).error().code == ErrorCode::TokenRevoked);
  // Neither loses what the other made.
  QVERIFY(running->create("a", bench.random).has_value());
  QVERIFY(tool->create("b", bench.random).has_value());
  QCOMPARE(running->list().size(), std::size_t{3});
}

void TokenStoreTest::aRemovedFileMeansNoTokens() {
  Bench bench;
  const auto store = bench.open();
  const std::string token = store->create("", bench.random).value();
  fs::remove(bench.file);
  QVERIFY(store->verify(token).error().code == ErrorCode::TokenUnknown);
  QVERIFY(store->list().empty());
}

void TokenStoreTest::aBrokenFileKeepsTheTokensAndWarnsOnce() {
  Bench bench;
  const auto store = bench.open();
  const std::string token = store->create("", bench.random).value();
  const std::string good = bench.content();
  int warnings = 0;
  const auto sink =
      addLogSink([&](const LogEntry& logged) { warnings += logged.level == LogLevel::Warning ? 1 : 0; });
  bench.write("{ broken");
  QVERIFY(store->verify(token).has_value());
  QVERIFY(store->verify(token).has_value());
  QCOMPARE(warnings, 1);
  bench.write(good);
  QVERIFY(store->verify(token).has_value());
  QCOMPARE(warnings, 1);
  removeLogSink(sink);
}

void TokenStoreTest::changesAreNotBuiltOnABrokenFile() {
  Bench bench;
  const auto store = bench.open();
  const std::string token = store->create("", bench.random).value();
  const std::string id = store->verify(token)->id;
  bench.write("{ broken");
  QVERIFY(store->create("", bench.random).error().code == ErrorCode::Malformed);
  QVERIFY(store->revoke(id).error().code == ErrorCode::Malformed);
  QCOMPARE(bench.content(), std::string("{ broken"));
}

void TokenStoreTest::refusesAFileThatOthersCanReach() {
  Bench bench;
  const auto store = bench.open();
  const std::string token = store->create("", bench.random).value();
  for (const auto extra : {fs::perms::group_write, fs::perms::others_read, fs::perms::others_write}) {
    fs::permissions(bench.file, fs::perms::owner_read | fs::perms::owner_write | extra);
    const auto reopened = TokenStore::open(bench.directory);
    QVERIFY(!reopened.has_value());
    QVERIFY(reopened.error().code == ErrorCode::InsecurePermissions);
    QVERIFY(reopened.error().detail.find(bench.file.string()) != std::string::npos);
  }
  fs::permissions(bench.file, fs::perms::owner_read | fs::perms::owner_write);
  QVERIFY(TokenStore::open(bench.directory).has_value());
}

void TokenStoreTest::namesWhatIsWrongInTheFile_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<QString>("names");
  const auto row = [](const char* name, const std::string& text, const char* names) {
    QTest::newRow(name) << QString::fromStdString(text) << names;
  };
  const auto file = [](const std::string& entries) { return R"({"version":1,"tokens":[)" + entries + "]}"; };
  row("empty", "", "tokens.json:1:1");
  row("no JSON", "{\n  \"version\": 1,\n  oops\n}", "tokens.json:3:3");
  row("cut off", file(entry("a")).substr(0, 60), "tokens.json:1:");
  row("a list", "[]", "not a list of tokens");
  row("no version", R"({"tokens":[]})", "'version'");
  row("newer", R"({"version":2,"tokens":[]})", "version 2");
  row("version as text", R"({"version":"1","tokens":[]})", "'version'");
  row("no tokens", R"({"version":1})", "'tokens'");
  row("tokens as a table", R"({"version":1,"tokens":{}})", "'tokens'");
  row("entry of another type", file(entry("a") + ",7"), "entry 2");
  row("no id", file(R"({"label":"x"})"), "entry 1");
  row("empty id", file(entry("")), "entry 1");
  row("two of one id", file(entry("a") + "," + entry("a")), "'a'");
  row("revoked as text", file(entry("a", R"(,"revoked":"no")")), "entry 1");
  row("short hash", file(R"({"id":"a","label":"x","sha256":"aa","created":1,"revoked":false})"), "entry 1");
  row("hash of other letters", file(entry("a", R"(,"sha256":")" + std::string(64, 'g') + "\"")), "entry 1");
  row("created as a fraction", file(entry("a", R"(,"created":1.5)")), "entry 1");
}

void TokenStoreTest::namesWhatIsWrongInTheFile() {
  QFETCH(QString, text);
  QFETCH(QString, names);
  Bench bench;
  const Error error = bench.errorOf(text.toStdString());
  QVERIFY2(error.code == ErrorCode::Malformed, error.detail.c_str());
  QVERIFY2(QString::fromStdString(error.detail).contains(names), error.detail.c_str());
  QVERIFY(error.detail.find(bench.file.string()) != std::string::npos);
}

void TokenStoreTest::labelsAreOneLine() {
  Bench bench;
  const auto store = bench.open();
  for (const char* label : {"a\nb", " a", "a ", "\x1b[2J", "a  b"}) {
    QVERIFY(store->create(label, bench.random).error().code == ErrorCode::InvalidArgument);
  }
  QVERIFY(store->create(std::string(TokenStore::kMaxLabel + 1, 'x'), bench.random).error().code ==
          ErrorCode::InvalidArgument);
  QVERIFY(store->create("\xe6\x88\x91\xe7\x9a\x84 laptop \"1\"", bench.random).has_value());
  QCOMPARE(bench.open()->list().at(0).label, std::string("\xe6\x88\x91\xe7\x9a\x84 laptop \"1\""));
}

void TokenStoreTest::aFailedWriteChangesNothing() {
  Bench bench;
  const auto store = bench.open();
  const std::string token = store->create("", bench.random).value();
  const std::string id = store->verify(token)->id;
  const std::string before = bench.content();
  const auto files = [&] {
    return std::distance(fs::directory_iterator(bench.directory), fs::directory_iterator());
  };
  const std::ptrdiff_t filesBefore = files();
  // A directory in the file's place cannot be replaced, not even by root.
  fs::rename(bench.file, bench.directory / "aside");
  fs::create_directory(bench.file);
  QVERIFY(!store->create("", bench.random).has_value());
  QVERIFY(!store->revoke(id).has_value());
  fs::remove(bench.file);
  fs::rename(bench.directory / "aside", bench.file);
  QCOMPARE(bench.content(), before);
  QVERIFY(store->verify(token).has_value());
  QCOMPARE(files(), filesBefore);
}

void TokenStoreTest::verifiesFromManyThreads() {
  Bench bench;
  const auto store = bench.open();
  std::vector<std::string> tokens;
  for (int i = 0; i < 4; ++i) tokens.push_back(store->create("", bench.random).value());
  const std::string revokedId = store->verify(tokens[0])->id;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const auto which = static_cast<std::size_t>((i + t) % 4);
        const auto info = store->verify(tokens[which]);
        if (!info && (which != 0 || info.error().code != ErrorCode::TokenRevoked)) ++wrong;
        if (store->verify("wrong").has_value()) ++wrong;
        if (i % 50 == 0 && store->list().size() < 4) ++wrong;
      }
    });
  }
  threads.emplace_back([&] {
    SeededRandom random(9);
    if (!store->revoke(revokedId)) ++wrong;
    for (int i = 0; i < 5; ++i) {
      if (!store->create("", random)) ++wrong;
    }
  });
  for (auto& thread : threads) thread.join();
  QCOMPARE(wrong.load(), 0);
  QCOMPARE(store->list().size(), std::size_t{9});
}

void TokenStoreTest::twoProgramsLoseNoChange() {
  Bench bench;
  constexpr int kEach = 6;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> programs;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    programs.emplace_back([&, store = bench.open(), seed] {
      SeededRandom random(seed);
      for (int i = 0; i < kEach; ++i) {
        const auto token = store->create("", random);
        if (!token || (i % 2 == 0 && !store->revoke(store->verify(*token)->id))) ++wrong;
      }
    });
  }
  for (auto& program : programs) program.join();
  QCOMPARE(wrong.load(), 0);
  const auto tokens = bench.open()->list();
  QCOMPARE(tokens.size(), std::size_t{3 * kEach});
  QCOMPARE(std::count_if(tokens.begin(), tokens.end(), [](const TokenInfo& token) { return token.revoked; }),
           std::ptrdiff_t{3 * kEach / 2});
}

QTEST_APPLESS_MAIN(TokenStoreTest)
#include "token_store_test.moc"
