// SPDX-License-Identifier: Apache-2.0
// What each command line means, and which ones are refused with 2.
#include <QTest>

#include "app/cli.h"

using namespace adit;
using namespace adit::app;

namespace {

Command parse(const std::string& line, Default byDefault = Default::Help) {
  std::vector<std::string> words{"adit"};
  for (const QString& word : QString::fromStdString(line).split(' ', Qt::SkipEmptyParts))
    words.push_back(word.toStdString());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return parseCommandLine(static_cast<int>(argv.size()), argv.data(), byDefault);
}

template <typename T>
T parseAs(const std::string& line, Default byDefault = Default::Help) {
  const Command command = parse(line, byDefault);
  const T* found = std::get_if<T>(&command);
  if (found == nullptr) qFatal("'%s' is another command", line.c_str());
  return *found;
}

}  // namespace

class CliTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { qputenv("ADIT_STATE_DIR", "/state"); }

  void refusesWith2_data() {
    QTest::addColumn<QString>("line");
    for (const char* line : {"nonsense",
                             "--nonsense",
                             "http",
                             "http 0",
                             "http 65536",
                             "http localhost",
                             "http https://h/x",
                             "http 3000 4000",
                             "http 3000 --name -x",
                             "http 3000 --name www",
                             "http 3000 --http-port 70000",
                             "http 3000 --http-port -1",
                             "http 3000 --origin-timeout 0",
                             "http 3000 --origin-timeout x",
                             "http 3000 --origin-connect-timeout 0",
                             "http 3000 --origin-insecure",
                             "http h2c://localhost:1 --origin-ca /nowhere",
                             "http https://localhost --origin-ca /nowhere/ca.pem",
                             "http https://localhost --origin-insecure --origin-ca /nowhere/ca.pem",
                             "http https://localhost --origin-insecure --origin-server-name a:1",
                             "http 3000 --host-header a/b",
                             "http 3000 --name",
                             "http 3000 --profile adit://token@h:1",
                             "join <ADIT://token@h:1>",
                             "demo 3000",
                             "demo --name a.b",
                             "token",
                             "token revoke",
                             "token nonsense",
                             "token list extra",
                             "--server --limit",
                             "--server --limit nonsense=1",
                             "--server --limit head-bytes",
                             "--limit head-bytes=1000",
                             "--server --workers 0",
                             "--server --workers 65",
                             "--server --public-port 0",
                             "--server --public-port 65536",
                             "--server --quic-listen nonsense",
                             "--server --quic-listen 1.2.3.4",
                             "--server --http-listen host:80",
                             "--server --domain -x.test",
                             "help nothing",
                             "help limits files",
                             "--server help",
                             "--server --domain a..b",
                             "--server --domain .a",
                             "--server --domain a.",
                             "--server --domain a_b",
                             "--server --domain",
                             "--domain x.test",
                             "--quic-payload 70000",
                             "--congestion reno",
                             "--quic-payload -1",
                             "--quic-payload 100",
                             "http 3000 --quic-payload 1199",
                             "--server --public-host a:1",
                             "--server --public-host a/b",
                             "--server --public-host a@b",
                             "--server --public-host a?b",
                             "--server --public-host [a]",
                             "--server --public-host [::1]:5",
                             "--server http 3000",
                             "--workers 2 http 3000",
                             "--domain x.test token list",
                             "--minimized http 3000",
                             "--minimized --server",
                             "http 3000 --embedded --join-file -",
                             "http 3000 --embedded --profile work",
                             "http 3000 --profile work --join-file -",
                             "http 3000 --origin-tls-timeout 3",
                             "http h2c://localhost:1 --origin-tls-timeout 3",
                             "join --forget l.txt",
                             "join --join-file a b",
                             "http 3000 join",
                             "join a b"}) {
      QTest::newRow(line) << line;
    }
    QTest::newRow("a long domain") << "--server --domain " + QString("a.").repeated(100) + "test";
    QTest::newRow("a long label") << "--server --domain " + QString(64, 'a');
  }
  void refusesWith2() {
    QFETCH(QString, line);
    QCOMPARE(parseAs<Finished>(line.toStdString()).exitCode, 2);
  }

  void helpAndVersionEndWith0_data() {
    QTest::addColumn<QString>("line");
    for (const char* line : {"--help", "--version", "http --help", "token create --help", "help",
                             "help limits", "help files", ""}) {
      QTest::newRow(*line == '\0' ? "nothing" : line) << line;
    }
  }
  void helpAndVersionEndWith0() {
    QFETCH(QString, line);
    QCOMPARE(parseAs<Finished>(line.toStdString()).exitCode, 0);
  }

  void readsHttp() {
    const auto plain = parseAs<HttpCommand>("http 3000");
    QCOMPARE(plain.target, std::string("3000"));
    QVERIFY(!plain.profile.has_value());
    QCOMPARE(plain.httpPort, std::uint16_t{4080});
    QVERIFY(!plain.origin.answerTimeout);
    QVERIFY(!plain.demo && !plain.embedded && !plain.joinFile && plain.name.empty());
    QVERIFY(!plain.common.json && !plain.common.verbose);
    const auto full = parseAs<HttpCommand>(
        "http unix:/a.sock --name shop --profile work --http-port 0 --origin-timeout 7 --json -v "
        "--state-dir /s --quic-payload 0 --congestion cubic");
    QCOMPARE(full.target, std::string("unix:/a.sock"));
    QCOMPARE(full.name, std::string("shop"));
    QVERIFY(!full.joinFile && full.embeddedOption == "--http-port");
    QCOMPARE(full.profile.value(), std::string("work"));
    QVERIFY(!full.embedded && full.common.json && full.common.verbose);
    QCOMPARE(full.httpPort, std::uint16_t{0});
    QCOMPARE(full.origin.answerTimeout, std::chrono::seconds(7));
    QCOMPARE(full.common.stateDirectory, std::filesystem::path("/s"));
    QCOMPARE(full.common.quicPayload, std::size_t{0});
    QVERIFY(full.common.congestion == quic::Congestion::Cubic);
    QVERIFY(!plain.common.congestion.has_value());
  }

  void readsHowAnOriginIsSpokenTo() {
    const auto plain = parseAs<HttpCommand>("http 3000");
    QVERIFY(plain.origin == config::OriginOptions());
    const auto full = parseAs<HttpCommand>(
        "http h2s://10.0.0.1 --origin-insecure --origin-server-name db.internal --host-header target "
        "--origin-connect-timeout 3 --origin-tls-timeout 4");
    QVERIFY(full.origin.insecure);
    QCOMPARE(full.origin.serverName, std::string("db.internal"));
    QCOMPARE(full.origin.hostHeader, std::string("target"));
    QCOMPARE(full.origin.connectTimeout, std::chrono::seconds(3));
    QCOMPARE(full.origin.tlsTimeout, std::chrono::seconds(4));
  }

  void readsWhichServerIsMeant() {
    QVERIFY(parseAs<HttpCommand>("http 3000 --join-file -").joinFile == "-");
    const auto embedded = parseAs<HttpCommand>("http 3000 --embedded --https");
    QVERIFY(embedded.embedded && embedded.https && embedded.embeddedOption == "--https");
    QVERIFY(!embedded.profile.has_value());
  }

  void whatIsSaidBeforeTheCommandHolds() {
    const auto http = parseAs<HttpCommand>(
        "--json -v --state-dir /s --quic-payload 1500 --congestion cubic http 3000 "
        "--quic-payload 0");
    QVERIFY(http.common.congestion == quic::Congestion::Cubic);
    QVERIFY(http.common.json && http.common.verbose);
    QCOMPARE(http.common.stateDirectory, std::filesystem::path("/s"));
    QCOMPARE(http.common.quicPayload, std::size_t{0});
    const auto token = parseAs<TokenCommand>("--state-dir /s --json token list");
    QVERIFY(token.common.json);
    QCOMPARE(token.dataDirectory, std::filesystem::path("/s/server"));
    QVERIFY(parseAs<JoinCommand>("--json join").common.json);
  }

  void readsDemo() {
    const auto demo = parseAs<HttpCommand>("demo --name show");
    QVERIFY(demo.demo);
    QCOMPARE(demo.name, std::string("show"));
    QVERIFY(demo.target.empty());
  }

  void readsServer() {
    const auto plain = parseAs<ServerCommand>("--server");
    QCOMPARE(plain.domain, std::string("localhost"));
    QCOMPARE(plain.quicListen.toString(), std::string("0.0.0.0:4433"));
    QCOMPARE(plain.httpListen.toString(), std::string("0.0.0.0:8080"));
    QCOMPARE(plain.workers, 0U);
    QCOMPARE(plain.dataDirectory, std::filesystem::path("/state/server"));
    const auto full = parseAs<ServerCommand>(
        "--server --domain T.Example.COM --quic-listen [::1]:5 --http-listen 127.0.0.1:6 --workers 3 "
        "--public-host h --public-port "
        "81 --data-dir /d --json");
    QCOMPARE(full.domain, std::string("t.example.com"));
    QCOMPARE(full.quicListen.toString(), std::string("[::1]:5"));
    QCOMPARE(full.httpListen.toString(), std::string("127.0.0.1:6"));
    QCOMPARE(full.workers, 3U);
    QCOMPARE(full.publicHost, std::string("h"));
    QCOMPARE(full.publicPort, std::uint16_t{81});
    QCOMPARE(full.dataDirectory, std::filesystem::path("/d"));
    QVERIFY(full.common.json);
  }

  void aPublicHostIsOneThatAJoinLinkCanHold() {
    for (const char* same : {"--server --public-host 2001:db8::1", "--server --public-host [2001:DB8::1]"})
      QCOMPARE(parseAs<ServerCommand>(same).publicHost, std::string("2001:db8::1"));
    QCOMPARE(parseAs<ServerCommand>("--server --public-host T.example.com").publicHost,
             std::string("t.example.com"));
  }

  void aServerWithADomainListensOn80() {
    const auto limited = parseAs<ServerCommand>("--server --limit connections=5 --limit head-timeout=2s");
    QCOMPARE(limited.limits.connections, std::size_t{5});
    QVERIFY(limited.limits.headTimeout == std::chrono::seconds(2));
    const auto certified = parseAs<ServerCommand>("--server --cert a --key b --cert c --key d");
    QCOMPARE(certified.certificates.size(), std::size_t{2});
    QCOMPARE(parseAs<ServerCommand>("--server --domain t.test").httpListen.port(), std::uint16_t{80});
  }

  void theServersProgramIsAServerWithoutBeingTold() {
    QCOMPARE(std::get<Finished>(parse("--minimized", Default::Server)).exitCode, 2);
    QCOMPARE(parseAs<ServerCommand>("--domain t.test", Default::Server).domain, std::string("t.test"));
    QVERIFY(std::holds_alternative<TokenCommand>(parse("token list", Default::Server)));
  }

  void theDesktopProgramOpensItsWindow() {
    QVERIFY(!parseAs<GuiCommand>("", Default::Gui).minimized);
    QVERIFY(parseAs<GuiCommand>("--minimized", Default::Gui).minimized);
    QCOMPARE(parseAs<GuiCommand>("--state-dir /s", Default::Gui).common.stateDirectory,
             std::filesystem::path("/s"));
  }

  void readsJoin() {
    QVERIFY(!parseAs<JoinCommand>("join").joinFile);
    QVERIFY(parseAs<JoinCommand>("join --join-file l.txt").joinFile == "l.txt");
    QVERIFY(parseAs<JoinCommand>("join l.txt").joinFile == "l.txt");
    const auto forget = parseAs<JoinCommand>("join --forget --profile work");
    QVERIFY(forget.forget);
    QCOMPARE(forget.profile, std::string("work"));
    QCOMPARE(parseAs<JoinCommand>("join").profile, std::string("default"));
  }

  void readsToken() {
    QVERIFY(parseAs<TokenCommand>("token list").action == TokenCommand::Action::List);
    const auto create = parseAs<TokenCommand>("token create jane --data-dir /d");
    QVERIFY(create.action == TokenCommand::Action::Create);
    QCOMPARE(create.value, std::string("jane"));
    QCOMPARE(create.dataDirectory, std::filesystem::path("/d"));
    QCOMPARE(parseAs<TokenCommand>("token create").value, std::string("token"));
    const auto revoke = parseAs<TokenCommand>("token revoke abc --json");
    QVERIFY(revoke.action == TokenCommand::Action::Revoke && revoke.common.json);
    QCOMPARE(revoke.value, std::string("abc"));
    QCOMPARE(revoke.dataDirectory, std::filesystem::path("/state/server"));
    QCOMPARE(parseAs<TokenCommand>("token list --state-dir /s").dataDirectory,
             std::filesystem::path("/s/server"));
  }
};

QTEST_APPLESS_MAIN(CliTest)
#include "cli_test.moc"
