// SPDX-License-Identifier: Apache-2.0
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/files.h"
#include "core/base/random.h"
#include "core/config/profile_store.h"
#include "core/config/toml_reader.h"
#include "tests/core/support/must_work.h"

using namespace adit;
using namespace adit::config;
using adit::test::mustWork;
namespace fs = std::filesystem;

namespace {

struct Bench {
  QTemporaryDir temporary;
  fs::path file = fs::path(temporary.path().toStdString()) / "state" / "tunnels.toml";
  TunnelStore store{file};

  void write(std::string_view text) const {
    mustWork(ensureDirectory(file.parent_path(), FileSecrecy::Public));
    mustWork(writeFileAtomically(file, text, FileSecrecy::Public));
  }
};

}  // namespace

class TunnelStoreTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void noFileIsNoTunnels();
  void savesAndLoads();
  void readsWhatAPersonWrote();
  void doesNotSaveWhatItCouldNotLoad();
  void saysWhereAFileIsWrong_data();
  void saysWhereAFileIsWrong();
  void everyTruncationIsHandled();
  void nearestKey();
  void quotesEverything();
};

void TunnelStoreTest::noFileIsNoTunnels() {
  Bench bench;
  QVERIFY(bench.store.load().value().empty());
  bench.write("version = 1\n");
  QVERIFY(bench.store.load().value().empty());
}

void TunnelStoreTest::savesAndLoads() {
  Bench bench;
  const std::vector<StoredTunnel> tunnels = {{"shop", "3000", true},
                                             {"", "unix:/tmp/a b\"c\\d", false},
                                             {"blog", "http://[::1]:80", true},
                                             {"safe",
                                              "https://db:8443",
                                              true,
                                              {.caFile = "/etc/ca \"x\".pem",
                                               .serverName = "db.internal",
                                               .hostHeader = "target",
                                               .connectTimeout = std::chrono::seconds(3),
                                               .tlsTimeout = std::chrono::seconds(3600),
                                               .answerTimeout = std::chrono::seconds(86400)}},
                                             {"open", "h2s://db:8443", true, {.insecure = true}},
                                             {"x", "tab\t newline\n \xe4\xb8\xad \x7f", true}};
  QVERIFY(bench.store.save(tunnels).has_value());
  QVERIFY(bench.store.load().value() == tunnels);
  QVERIFY(bench.store.save({}).has_value());
  QVERIFY(bench.store.load().value().empty());
}

void TunnelStoreTest::readsWhatAPersonWrote() {
  Bench bench;
  bench.write(
      "# mine\nversion = 1\n\n[[tunnel]]\ntarget = '3000'\nname = \"Shop\"\n\n[[tunnel]]\ntarget = 'a:1' # "
      "no name\nstarted = false\n");
  QVERIFY(bench.store.load().value() ==
          (std::vector<StoredTunnel>{{"shop", "3000", true}, {"", "a:1", false}}));
  bench.write("version = 1\ntunnel = [{ target = '1' }]\n");
  QCOMPARE(bench.store.load().value().size(), std::size_t{1});
}

void TunnelStoreTest::doesNotSaveWhatItCouldNotLoad() {
  Bench bench;
  QVERIFY(bench.store.save({{"shop", "3000", true}}).has_value());
  for (const StoredTunnel& bad :
       {StoredTunnel{"no name", "1", true}, StoredTunnel{"a", "", true}, StoredTunnel{"a", "\xff\xfe", true},
        StoredTunnel{"a", std::string(TunnelStore::kMaxTarget + 1, 'x'), true}}) {
    QVERIFY(bench.store.save({bad}).error().code == ErrorCode::InvalidArgument);
  }
  QVERIFY(!bench.store.save({{"a", "1", true}, {"a", "2", true}}).has_value());
  QVERIFY(!bench.store.save(std::vector<StoredTunnel>(TunnelStore::kMaxTunnels + 1, {"", "1", true}))
               .has_value());
  QVERIFY(bench.store.load().value() == (std::vector<StoredTunnel>{{"shop", "3000", true}}));
}

void TunnelStoreTest::saysWhereAFileIsWrong_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<QString>("names");
  const QString head = "version = 1\n[[tunnel]]\n";
  QTest::newRow("no version") << "[[tunnel]]\ntarget = '1'\n"
                              << ":1:1: 'version = 1' is missing";
  QTest::newRow("newer") << "version = 3\n"
                         << ":1:11: version 3";
  QTest::newRow("negative version") << "version = -1\n"
                                    << ":1:11: version -1";
  QTest::newRow("no TOML") << "version = 1\n[[tunnel]\n"
                           << ":2:";
  QTest::newRow("not UTF-8") << QString() << "";  // replaced below
  QTest::newRow("unknown key at the top") << "version = 1\nfoo = 2\n"
                                          << ":2:1: 'foo' is not a key that is known here";
  QTest::newRow("plural") << "version = 1\n[[tunnels]]\n"
                          << ":2:3: 'tunnels' is not a key that is known here; did you mean 'tunnel'?";
  QTest::newRow("mistyped key") << head + "target = '1'\nstrated = true\n"
                                << ":4:1: 'strated' is not a key that is known here; did you mean 'started'?";
  QTest::newRow("far off") << head + "target = '1'\ncolour = 'red'\n"
                           << ":4:1: 'colour' is not a key that is known here";
  QTest::newRow("single brackets") << "version = 1\n[tunnel]\ntarget = '1'\n"
                                   << "[[tunnel]]";
  QTest::newRow("list of numbers") << "version = 1\ntunnel = [ 1 ]\n"
                                   << ":2:12: a tunnel is a table";
  QTest::newRow("no target") << head + "name = 'a'\n"
                             << ":2:1: 'target' is missing";
  QTest::newRow("empty target") << head + "target = ''\n"
                                << ":3:10: 'target' is empty";
  QTest::newRow("target as a number") << head + "target = 3000\n"
                                      << ":3:10: 'target' must be a text, not an integer";
  QTest::newRow("name as a list") << head + "target = '1'\nname = []\n"
                                  << ":4:8: 'name' must be a text, not a list";
  QTest::newRow("started as a text") << head + "target = '1'\nstarted = 'no'\n"
                                     << ":4:11: 'started' must be true or false, not a text";
  QTest::newRow("bad name") << head + "target = '1'\nname = 'a b'\n"
                            << ":4:8: 'a b' is no tunnel name";
  QTest::newRow("reserved name") << head + "target = '1'\nname = 'www'\n"
                                 << ":4:8: the name 'www' is reserved";
  QTest::newRow("second of a name") << head +
                                           "target = '1'\nname = 'a'\n[[tunnel]]\ntarget = '2'\nname = 'A'\n"
                                    << ":7:8: a second tunnel has the name 'a'";
  QTest::newRow("key twice") << head + "target = '1'\ntarget = '2'\n"
                             << ":4:";
}

void TunnelStoreTest::saysWhereAFileIsWrong() {
  QFETCH(QString, text);
  QFETCH(QString, names);
  Bench bench;
  bench.write(text.isNull() ? std::string("version = 1\n# \xff\n") : text.toStdString());
  const auto loaded = bench.store.load();
  QVERIFY(!loaded.has_value());
  QVERIFY(loaded.error().code == ErrorCode::InvalidArgument);
  const QString detail = QString::fromStdString(loaded.error().detail);
  QVERIFY2(detail.startsWith(QString::fromStdString(bench.file.string()) + ":"), qPrintable(detail));
  QVERIFY2(detail.contains(names), qPrintable(detail));
}

void TunnelStoreTest::everyTruncationIsHandled() {
  Bench bench;
  QVERIFY(bench.store.save({{"shop", "3000", true}, {"blog", "unix:/x", false}}).has_value());
  const std::string text = readFile(bench.file, FileSecrecy::Public).value();
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    bench.write(std::string_view(text).substr(0, cut));
    const auto loaded = bench.store.load();
    if (loaded)
      QVERIFY(loaded->size() <= 2);
    else
      QVERIFY(loaded.error().code == ErrorCode::InvalidArgument);
  }
}

void TunnelStoreTest::nearestKey() {
  const auto from = [](std::string_view word) { return nearest(word, {"name", "target", "started", "id"}); };
  QCOMPARE(from("nmae"), std::string_view("name"));
  QCOMPARE(from("names"), std::string_view("name"));
  QCOMPARE(from("targt"), std::string_view("target"));
  QCOMPARE(from("start"), std::string_view("started"));
  QCOMPARE(from("zz"), std::string_view());
  QCOMPARE(from(""), std::string_view());
  QCOMPARE(from("colour"), std::string_view());
  QCOMPARE(from(std::string(100'000, 'x')), std::string_view());
}

void TunnelStoreTest::quotesEverything() {
  QCOMPARE(quoteToml("a\"b\\c\n\x01"), std::string("\"a\\\"b\\\\c\\u000A\\u0001\""));
  SeededRandom random(1);
  for (int round = 0; round < 500; ++round) {
    std::string text(random.below(30), 'x');
    for (char& c : text) c = static_cast<char>(random.below(128));
    const auto reader = TomlReader::parse("version = 1\nx = " + quoteToml(text), "f", 1);
    QVERIFY2(reader.has_value(), reader ? "" : reader.error().detail.c_str());
    QCOMPARE(reader->text(reader->root(), "x").value(), text);
  }
}

QTEST_APPLESS_MAIN(TunnelStoreTest)
#include "tunnel_store_test.moc"
