// SPDX-License-Identifier: Apache-2.0
// What a link does before it has a server: here one that hears and never answers.
#include <string>
#include <vector>

#include <QTest>

#include "core/client/server_link.h"
#include "core/net/udp_socket.h"
#include "tests/core/net/net_test_support.h"

using namespace adit;
using namespace adit::client;
using namespace adit::net::test;

namespace {

/// Keeps the destination connection ID of each Initial: a new attempt chooses a new one.
struct SilentServer final : net::UdpSocket::Handler {
  std::vector<std::string> attempts;

  void onDatagrams(std::span<const net::ReceivedDatagram> datagrams) override {
    for (const net::ReceivedDatagram& datagram : datagrams) {
      // RFC 9000 section 17.2: flags, version, then the ID behind its length.
      const std::string_view bytes = asText(datagram.payload);
      if (bytes.size() < 1200) continue;
      attempts.emplace_back(bytes.substr(6, static_cast<std::uint8_t>(bytes[5])));
    }
  }
  void onWritable() override {}
  void onSocketError(const Error&) override {}
};

struct Observer final : ServerLink::Handler {
  int changes = 0;
  void onLinkChanged() override { ++changes; }
  void onDeclared(const wire::Declared&) override {}
  std::vector<wire::TunnelDeclaration> declarations() override { return {}; }
  void onRequestStream(transport::Stream&) override {}
};

}  // namespace

class ServerLinkTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void beginsAnewWhenTheNetworkChangesUnderAnAttempt() {
    const std::unique_ptr<net::EventLoop> loop = makeLoop();
    SilentServer server;
    net::UdpParams udp;
    udp.bind = net::SocketAddress::loopback4(0);
    const auto socket = net::UdpSocket::open(*loop, udp, server);
    QVERIFY(socket.has_value());
    session::JoinLink join;
    join.token = "token";
    join.host = "127.0.0.1";
    join.port = (*socket)->localAddress().port();
    ServerLinkParams params;
    params.identity = tls::Identity::generate("a client").value();
    Observer observer;
    ServerLink link(*loop, params, observer);

    link.connectTo(join);
    QVERIFY(runUntil(*loop, [&] { return !server.attempts.empty(); }));
    QCOMPARE(server.attempts.size(), std::size_t{1});

    // Else the attempt would go on as slowly as it had become, fail, and be followed by a delay.
    link.networkChanged();
    QVERIFY(runUntil(*loop, [&] { return server.attempts.back() != server.attempts.front(); }));
    QVERIFY(link.state() == LinkState::Connecting && !link.error());  // not after the first one's failure
    QCOMPARE(observer.changes, 1);  // nothing happened that anybody must be told
    link.close();
  }
};

QTEST_APPLESS_MAIN(ServerLinkTest)
#include "server_link_test.moc"
