// SPDX-License-Identifier: Apache-2.0
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/files.h"
#include "core/base/random.h"
#include "core/config/toml_reader.h"
#include "core/config/tunnel_store.h"
#include "tests/core/support/must_work.h"

using namespace adit;
using namespace adit::config;
using adit::test::mustWork;
namespace fs = std::filesystem;

namespace {

struct Bench {
  QTemporaryDir temporary;
  fs::path file = fs::path(temporary.path().toStdString()) / "state" / "tunnels.toml";
  TunnelStore store = TunnelStore(file);

  void write(std::string_view text) const {
    mustWork(ensureDirectory(file.parent_path(), FileSecrecy::Public));
    mustWork(writeFileAtomically(file, text, FileSecrecy::Public));
  }
  [[nodiscard]] std::string text(std::string_view suffix = "") const {
    fs::path path = file;
    path += suffix;
    auto read = readFile(path, FileSecrecy::Public);
    return read ? *read : std::string("(none)");
  }
  [[nodiscard]] bool copied() const { return fs::exists(file.string() + ".bak"); }
  /// What a new start reads.
  [[nodiscard]] StoredTunnels loaded() const { return TunnelStore(file).load(); }
};

using Tunnels = std::vector<StoredTunnel>;

}  // namespace

class TunnelStoreTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void noFileIsNoTunnels();
  void savesAndLoads();
  void whatWasPeekedAtIsLoaded();
  void readsWhatAPersonWrote();
  void doesNotSaveWhatItCouldNotLoad();
  void saysWhereAFileIsWrong_data();
  void saysWhereAFileIsWrong();
  void whatIsRightIsTaken_data();
  void whatIsRightIsTaken();
  void wrongEntriesStay();
  void whatDidNotChangeStaysAsWritten();
  void aFileThatNobodyUnderstandsIsCopied_data();
  void aFileThatNobodyUnderstandsIsCopied();
  void whatSomebodyElseWroteIsCopied();
  void anUnreadableFileIsPutAside();
  void oneCopyIsEnough();
  void aNamesakeOfAWrongEntryMayStay();
  void whatIsNotTakenIsWrong();
  void tooManyAreTold();
  void everyTruncationIsHandled();
  void quotesEverything();
};

void TunnelStoreTest::noFileIsNoTunnels() {
  Bench bench;
  QVERIFY(bench.store.load().tunnels.empty());
  bench.write("version = 1\n");
  QVERIFY(bench.store.load().tunnels.empty());
  QVERIFY(bench.store.load().problems.empty());
}

void TunnelStoreTest::whatWasPeekedAtIsLoaded() {
  Bench bench;
  QVERIFY(bench.store.peekTargets().empty());
  bench.write("version = 1\n[[tunnel]]\nname = 'a'\ntarget = '1'\n[[tunnel]]\ntarget = ''\n");
  QVERIFY(bench.store.load().tunnels.empty());  // as it was peeked at
  QVERIFY(bench.store.peekTargets() == (std::vector<std::string>{"1"}));
  const StoredTunnels stored = bench.store.load();
  QVERIFY(stored.tunnels == (Tunnels{{"a", "1"}}));
  QCOMPARE(stored.problems.size(), std::size_t{1});
  bench.write("version = 1\n[[tunnel]]\nname = 'b'\ntarget = '2'\n");
  QVERIFY(bench.store.load().tunnels == (Tunnels{{"b", "2"}}));  // once
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
  QVERIFY(bench.loaded().tunnels == tunnels);
  QVERIFY(bench.store.save({}).has_value());
  QVERIFY(bench.loaded().tunnels.empty());
  QVERIFY(!bench.copied());  // All of it was the store's own.
}

void TunnelStoreTest::readsWhatAPersonWrote() {
  Bench bench;
  bench.write(
      "# mine\nversion = 1\n\n[[tunnel]]\ntarget = '3000'\nname = \"Shop\"\n\n[[tunnel]]\ntarget = 'a:1' # "
      "no name\nstarted = false\n");
  const StoredTunnels loaded = bench.store.load();
  QVERIFY(loaded.tunnels == (Tunnels{{"shop", "3000", true}, {"", "a:1", false}}));
  bench.write("version = 1\ntunnel = [{ target = '1' }]\n");
  QCOMPARE(bench.store.load().tunnels.size(), std::size_t{1});
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
  QVERIFY(bench.loaded().tunnels == (Tunnels{{"shop", "3000", true}}));
}

void TunnelStoreTest::saysWhereAFileIsWrong_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<QString>("names");
  const QString head = "version = 1\n[[tunnel]]\n";
  QTest::newRow("no version") << "[[tunnel]]\ntarget = '1'\n"
                              << ":1:1: 'version = 1' is missing";
  QTest::newRow("newer") << "version = 3\n"
                         << ":1:11: this program does not know version 3";
  QTest::newRow("negative version") << "version = -1\n"
                                    << ":1:11: this program does not know version -1";
  QTest::newRow("no TOML") << "version = 1\n[[tunnel]\n"
                           << ":2:";
  QTest::newRow("not UTF-8") << QString() << "";  // replaced below
  QTest::newRow("unknown key at the top") << "version = 1\nfoo = 2\n"
                                          << ":2:1: there is no key 'foo' here";
  QTest::newRow("plural") << "version = 1\n[[tunnels]]\n"
                          << ":2:3: there is no key 'tunnels' here; did you mean 'tunnel'?";
  QTest::newRow("mistyped key") << head + "target = '1'\nstrated = true\n"
                                << ":4:1: there is no key 'strated' here; did you mean 'started'?";
  QTest::newRow("far off") << head + "target = '1'\ncolour = 'red'\n"
                           << ":4:1: there is no key 'colour' here";
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
                            << ":4:8: 'a b' cannot be a tunnel's name";
  QTest::newRow("reserved name") << head + "target = '1'\nname = 'www'\n"
                                 << ":4:8: the name 'www' is reserved";
  QTest::newRow("second of a name") << head +
                                           "target = '1'\nname = 'a'\n[[tunnel]]\ntarget = '2'\nname = 'A'\n"
                                    << ":7:8: another tunnel already has the name 'a'";
  QTest::newRow("key twice") << head + "target = '1'\ntarget = '2'\n"
                             << ":4:";
}

void TunnelStoreTest::saysWhereAFileIsWrong() {
  QFETCH(QString, text);
  QFETCH(QString, names);
  Bench bench;
  bench.write(text.isNull() ? std::string("version = 1\n# \xff\n") : text.toStdString());
  const StoredTunnels loaded = bench.store.load();
  QCOMPARE(loaded.problems.size(), std::size_t{1});
  QVERIFY(loaded.problems[0].code == ErrorCode::InvalidArgument);
  const QString detail = QString::fromStdString(loaded.problems[0].detail);
  QVERIFY2(detail.startsWith(QString::fromStdString(bench.file.string()) + ":"), qPrintable(detail));
  QVERIFY2(detail.contains(names), qPrintable(detail));
}

void TunnelStoreTest::whatIsRightIsTaken_data() {
  QTest::addColumn<QByteArray>("wrong");
  QTest::addColumn<QString>("says");
  QTest::newRow("mistyped key") << QByteArray("[[tunnel]]\ntarget = '2'\nstrated = true\n")
                                << ":7:1: there is no key 'strated'";
  QTest::newRow("no target") << QByteArray("[[tunnel]]\nname = 'b'\n") << ":5:1: 'target' is missing";
  QTest::newRow("second of a name") << QByteArray("[[tunnel]]\nname = 'a'\ntarget = '2'\n")
                                    << ":6:8: another tunnel";
  QTest::newRow("no value") << QByteArray("[[tunnel]]\ntarget =\n") << ":6:";
  QTest::newRow("no end of a text") << QByteArray("[[tunnel]]\ntarget = '2\n") << ":6:";
  QTest::newRow("no end of a long text") << QByteArray("[[tunnel]]\ntarget = \"\"\"2\n") << ":6:";
  QTest::newRow("key twice") << QByteArray("[[tunnel]]\ntarget = '2'\ntarget = '3'\n") << ":7:";
  QTest::newRow("no end of a header") << QByteArray("[[tunnel]\ntarget = '2'\n") << ":5:";
  QTest::newRow("single brackets") << QByteArray("[tunnel]\ntarget = '2'\n") << "in double brackets";
  QTest::newRow("another table") << QByteArray("[[tunnels]]\ntarget = '2'\n")
                                 << ":5:3: there is no key 'tunnels'";
  QTest::newRow("a table within") << QByteArray("[[tunnel]]\ntarget = '2'\n[tunnel.options]\nx = 1\n")
                                  << "'options'";
  QTest::newRow("not UTF-8") << QByteArray("[[tunnel]]\ntarget = '\xff'\n") << ":6:";
}

void TunnelStoreTest::whatIsRightIsTaken() {
  QFETCH(QByteArray, wrong);
  QFETCH(QString, says);
  Bench bench;
  const std::string entry = wrong.toStdString();
  bench.write("version = 1\n[[tunnel]]\nname = 'a'\ntarget = '1'\n" + entry +
              "[[tunnel]]\nname = 'c'\ntarget = '3'\n");
  const StoredTunnels loaded = bench.store.load();
  QVERIFY(loaded.tunnels == (Tunnels{{"a", "1"}, {"c", "3"}}));
  QVERIFY(!loaded.problems.empty());
  const QString detail = QString::fromStdString(loaded.problems[0].detail);
  QVERIFY2(detail.contains(says), qPrintable(detail));

  // The list changes: the wrong entry is still there, as it was written, and still told of.
  QVERIFY(bench.store.save({{"c", "3", false}, {"d", "4"}}).has_value());
  QVERIFY2(bench.text().find(entry.substr(0, entry.size() - 1)) != std::string::npos, bench.text().c_str());
  QVERIFY(!bench.copied());
  QVERIFY(bench.store.save({{"d", "4"}}).has_value());
  const StoredTunnels again = bench.loaded();
  QVERIFY(!again.tunnels.empty());
  QVERIFY(again.tunnels[0] == (StoredTunnel{"d", "4"}));
  // The namesake may come back: nobody has its name any more.
  QCOMPARE(again.problems.empty(), entry.find("name = 'a'") != std::string::npos);
}

void TunnelStoreTest::wrongEntriesStay() {
  Bench bench;
  bench.write(
      "# mine\nversion = 1\n\n# the shop\n[[tunnel]]\nname = 'a b'\ntarget = '1'\n\n"
      "[[tunnel]]\ntarget = '2'\n\n# odd\n[[tunnel]]\ntarget = 3\n");
  const StoredTunnels loaded = bench.store.load();
  QVERIFY(loaded.tunnels == (Tunnels{{"", "2"}}));
  QCOMPARE(loaded.problems.size(), std::size_t{2});
  QVERIFY(bench.store.save({}).has_value());
  QCOMPARE(bench.text(), std::string("# mine\nversion = 1\n\n# the shop\n[[tunnel]]\nname = 'a b'\n"
                                     "target = '1'\n\n# odd\n[[tunnel]]\ntarget = 3\n"));
  // Mended in an editor and read again, it is a tunnel like others.
  bench.write("version = 1\n[[tunnel]]\nname = 'a-b'\ntarget = '1'\n");
  QVERIFY(bench.store.load().tunnels == (Tunnels{{"a-b", "1"}}));
  QVERIFY(bench.store.save({}).has_value());
  QVERIFY(bench.loaded().problems.empty());
  QVERIFY(!bench.copied());
}

void TunnelStoreTest::whatDidNotChangeStaysAsWritten() {
  Bench bench;
  bench.write(
      "# mine\nversion = 1 # of the format\n\n# first\n[[tunnel]]\nname = 'Shop' # known\ntarget = '1'\n"
      "[[tunnel]]\ntarget = '2'\nname = 'x'\n");
  Tunnels tunnels = bench.store.load().tunnels;
  tunnels[1].started = false;
  QVERIFY(bench.store.save(tunnels).has_value());
  QCOMPARE(bench.text(),
           std::string("# mine\nversion = 1 # of the format\n\n# first\n[[tunnel]]\nname = 'Shop' # "
                       "known\ntarget = '1'\n\n[[tunnel]]\nname = \"x\"\ntarget = \"2\"\n"
                       "started = false\n"));
  QVERIFY(!bench.copied());
}

void TunnelStoreTest::aFileThatNobodyUnderstandsIsCopied_data() {
  QTest::addColumn<QString>("text");
  QTest::newRow("newer") << "version = 2\n[[tunnel]]\naim = '1'\n";
  QTest::newRow("no version") << "[[tunnel]]\ntarget = '1'\n";
  QTest::newRow("prose") << "Tunnels: shop\n";
  QTest::newRow("within a line") << "version = 1\ntunnel = [{ target = 1 }]\n";
}

void TunnelStoreTest::aFileThatNobodyUnderstandsIsCopied() {
  QFETCH(QString, text);
  Bench bench;
  bench.write(text.toStdString());
  const StoredTunnels loaded = bench.store.load();
  QVERIFY(loaded.tunnels.empty());
  QCOMPARE(loaded.problems.size(), std::size_t{1});
  QVERIFY(!bench.copied());  // Nothing happens before it has to.
  for (int i = 0; i < 3; ++i) QVERIFY(bench.store.save({{"a", std::to_string(i + 1)}}).has_value());
  QVERIFY(bench.loaded().tunnels == (Tunnels{{"a", "3"}}));
  QCOMPARE(bench.text(".bak"), text.toStdString());
  QCOMPARE(bench.text(".bak2"), std::string("(none)"));  // Once is enough.
}

void TunnelStoreTest::whatSomebodyElseWroteIsCopied() {
  Bench bench;
  QVERIFY(bench.store.save({{"a", "1"}}).has_value());
  for (const char* text : {"version = 1\n# from an editor\n", "version = 1\n# once more\n"}) {
    bench.write(text);
    QVERIFY(bench.store.save({{"a", "2"}}).has_value());
    QVERIFY(bench.loaded().tunnels == (Tunnels{{"a", "2"}}));
  }
  QCOMPARE(bench.text(".bak"), std::string("version = 1\n# from an editor\n"));
  QCOMPARE(bench.text(".bak2"), std::string("version = 1\n# once more\n"));
  // Taken away altogether: there is nothing to keep.
  QVERIFY(fs::remove(bench.file));
  QVERIFY(bench.store.save({{"a", "3"}}).has_value());
  QCOMPARE(bench.text(".bak3"), std::string("(none)"));
}

void TunnelStoreTest::anUnreadableFileIsPutAside() {
  Bench bench;
  bench.write(std::string(2 << 20, '#'));  // More than is read of a file.
  QCOMPARE(bench.store.load().problems.size(), std::size_t{1});
  QVERIFY(bench.store.save({{"a", "1"}}).has_value());
  QCOMPARE(fs::file_size(bench.file.string() + ".bak"), std::uintmax_t{2 << 20});
  QVERIFY(bench.loaded().tunnels == (Tunnels{{"a", "1"}}));
}

void TunnelStoreTest::oneCopyIsEnough() {
  Bench bench;
  const fs::path fixed = "/proc/version";  // a file that can be read and, by nobody, replaced
  if (!fs::exists(fixed)) QSKIP("there is no such file here");
  mustWork(ensureDirectory(bench.file.parent_path(), FileSecrecy::Public));
  fs::create_symlink(fixed, bench.file);
  QCOMPARE(bench.store.load().problems.size(), std::size_t{1});
  for (int i = 0; i < 3; ++i) QVERIFY(!bench.store.save({{"a", "1"}}));
  QVERIFY(bench.copied());
  QVERIFY(!fs::exists(bench.file.string() + ".bak2"));
  // What stands there now is copied again.
  fs::remove(bench.file);
  bench.write("version = 1\n# other\n");
  QVERIFY(bench.store.save({{"a", "1"}}));
  QCOMPARE(bench.text(".bak2"), std::string("version = 1\n# other\n"));
  QVERIFY(bench.loaded().tunnels == (Tunnels{{"a", "1"}}));
}

void TunnelStoreTest::aNamesakeOfAWrongEntryMayStay() {
  Bench bench;
  bench.write("version = 1\n[[tunnel]]\nname = 'a'\ntarget = ''\n");
  QCOMPARE(bench.store.load().problems.size(), std::size_t{1});
  QVERIFY(bench.store.save({{"a", "1"}}).has_value());
  const StoredTunnels loaded = bench.loaded();
  QVERIFY(loaded.tunnels == (Tunnels{{"a", "1"}}));
  QCOMPARE(loaded.problems.size(), std::size_t{1});
}

void TunnelStoreTest::whatIsNotTakenIsWrong() {
  Bench bench;
  const std::string wrong = "# odd\n[[tunnel]]\nname = 'a'\ntarget = 'htp://1'\n";
  bench.write("version = 1\n" + wrong + "[[tunnel]]\ntarget = '2'\n");
  const auto take = [](const StoredTunnel& tunnel) -> Result<> {
    if (tunnel.name == "a") return fail(ErrorCode::InvalidArgument, "not a target");
    return {};
  };
  const StoredTunnels loaded = bench.store.load(take);
  QVERIFY(loaded.tunnels == (Tunnels{{"", "2"}}));
  QCOMPARE(loaded.problems.size(), std::size_t{1});
  QVERIFY(loaded.problems[0].detail.ends_with("tunnels.toml:3:1: not a target"));
  // Its name may be used meanwhile.
  QVERIFY(bench.store.save({{"", "2"}, {"a", "3"}}).has_value());
  QVERIFY(bench.text().ends_with(wrong));
  QVERIFY(!bench.copied());
}

void TunnelStoreTest::tooManyAreTold() {
  Bench bench;
  std::string text = "version = 1\n";
  for (std::size_t i = 0; i < TunnelStore::kMaxTunnels + 2; ++i) text += "[[tunnel]]\ntarget = '1'\n";
  bench.write(text);
  const StoredTunnels loaded = bench.store.load();
  QCOMPARE(loaded.tunnels.size(), TunnelStore::kMaxTunnels);
  QCOMPARE(loaded.problems.size(), std::size_t{2});
  QVERIFY(loaded.problems[0].detail.find(":2002:1: there can be at most 1000 tunnels") != std::string::npos);
}

void TunnelStoreTest::everyTruncationIsHandled() {
  Bench bench;
  QVERIFY(bench.store.save({{"shop", "3000", true}, {"blog", "unix:/x", false}}).has_value());
  const std::string text = readFile(bench.file, FileSecrecy::Public).value();
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    bench.write(std::string_view(text).substr(0, cut));
    const StoredTunnels loaded = bench.loaded();
    QVERIFY(loaded.tunnels.size() <= 2);
    for (const Error& problem : loaded.problems) QVERIFY(problem.code == ErrorCode::InvalidArgument);
    // Whatever was left is in the file or beside it after a change.
    TunnelStore store(bench.file);
    Tunnels tunnels = store.load().tunnels;
    tunnels.push_back({"new", "1"});
    QVERIFY(store.save(tunnels).has_value());
    QVERIFY(!bench.loaded().tunnels.empty());
  }
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
