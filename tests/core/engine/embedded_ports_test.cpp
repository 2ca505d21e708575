// SPDX-License-Identifier: Apache-2.0
// Where the embedded server listens: never where something else does, and never where a tunnel leads to.
#include <QTest>

#include <cstdlib>

#include "core/engine/embedded_server.h"
#include "core/net/native_socket.h"
#include "core/net/port_probe.h"
#include "tests/core/support/engine_harness.h"

using namespace adit;
using namespace adit::engine;
using namespace adit::test;
using net::NativeSocket;
using net::SocketAddress;

namespace {

NativeSocket listenAt(const SocketAddress& address) {
  auto socket = net::openSocket(address.family(), net::SocketType::Stream);
  if (!socket || net::bindSocket(*socket, address) != 0 || net::listenSocket(*socket, 8) != 0) return {};
  return std::move(*socket);
}

/// A port that nothing uses.
std::uint16_t unusedPort() { return net::localAddressOf(listenAt(SocketAddress::loopback4(0))).port(); }

/// 0 for a tunnel that has no address yet, as while its server changes.
std::uint16_t portOf(const std::string& url) {
  return static_cast<std::uint16_t>(std::strtoul(url.c_str() + url.rfind(':') + 1, nullptr, 10));
}

}  // namespace

class EmbeddedPortsTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void leavesAPortThatIsListenedOnInEitherFamily_data() {
    QTest::addColumn<QString>("address");
    QTest::newRow("IPv4") << "127.0.0.1:0";
    QTest::newRow("IPv6") << "[::1]:0";
  }
  void leavesAPortThatIsListenedOnInEitherFamily() {
    QFETCH(QString, address);
    const NativeSocket other = listenAt(SocketAddress::parse(address.toStdString()).value());
    if (!other.isOpen()) QSKIP("this machine does not have that address");
    const std::uint16_t port = net::localAddressOf(other).port();
    const auto server = startEmbeddedServer({.httpPort = port, .httpsPort = port});
    QVERIFY2(server.has_value(), server ? "" : server.error().detail.c_str());
    const std::uint16_t http = server->server->httpAddress().port();
    const std::uint16_t https = server->server->httpsAddress().port();
    QVERIFY(http != port);
    QVERIFY(https != port);
    QVERIFY(http != https);
  }

  void leavesOriginsTheirPorts() {
    const std::uint16_t first = unusedPort();
    std::vector<std::uint16_t> origins;
    for (std::uint16_t port = first; port < first + 5 && port != 0; ++port) origins.push_back(port);
    const auto server = startEmbeddedServer({.httpPort = first, .originPorts = origins});
    QVERIFY2(server.has_value(), server ? "" : server.error().detail.c_str());
    const std::uint16_t http = server->server->httpAddress().port();
    QVERIFY2(std::find(origins.begin(), origins.end(), http) == origins.end(), std::to_string(http).c_str());
  }

  void theLastPortsAreNotPassed() {
    const std::vector<std::uint16_t> origins{65534, 65535};
    const auto server = startEmbeddedServer({.httpPort = 65534, .originPorts = origins});
    QVERIFY2(server.has_value(), server ? "" : server.error().detail.c_str());
    QVERIFY(server->server->httpAddress().port() > 1024);
  }

  /// An application that is not started yet finds its port free.
  void leavesThePortsOfTargetsThatWereNamed() {
    const std::uint16_t port = unusedPort();
    EngineHarness h;
    EngineParams params = h.params();
    params.embeddedHttpPort = port;
    params.targets = {"unix:/run/app.sock", "not a target", "http://localhost:" + std::to_string(port)};
    const auto engine = Engine::start(params);
    QVERIFY2(engine.has_value(), engine ? "" : engine.error().detail.c_str());
    QVERIFY(!net::isTcpPortInUse(port));
    const auto id = (*engine)->addTunnel({"shop", h.origin.target()});
    QVERIFY(h.reaches(**engine, *id, TunnelState::Online));
    QVERIFY(portOf(EngineHarness::find(**engine, *id)->url) != port);
  }

  /// The tunnel comes after the server: the server makes room, and its tunnels move along.
  void makesRoomForATunnelThatLeadsToItsPort() {
    EngineHarness h;
    auto engine = h.start();
    const auto id = engine->addTunnel({"shop", h.origin.target()});
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    const std::uint16_t before = portOf(EngineHarness::find(*engine, *id)->url);
    const auto other = engine->addTunnel({"other", std::to_string(before)});
    QVERIFY(h.until([&] {
      const auto tunnel = EngineHarness::find(*engine, *id);
      return tunnel->state == TunnelState::Online && portOf(tunnel->url) != before;
    }));
    QVERIFY(h.reaches(*engine, *other, TunnelState::Online));
    QVERIFY(h.until([&] { return !net::isTcpPortInUse(before); }));
    QVERIFY(h.answers(EngineHarness::find(*engine, *id)->url, "/moved"));
    QVERIFY(h.reaches(*engine, *id, TunnelState::Online));
    QVERIFY(engine->changeTunnel(*other,
                                 {"other", std::to_string(portOf(EngineHarness::find(*engine, *id)->url))}));
    const std::uint16_t second = portOf(EngineHarness::find(*engine, *id)->url);
    QVERIFY(h.until([&] {
      const auto tunnel = EngineHarness::find(*engine, *id);
      return tunnel->state == TunnelState::Online && portOf(tunnel->url) != second;
    }));
  }
};

QTEST_GUILESS_MAIN(EmbeddedPortsTest)
#include "embedded_ports_test.moc"
