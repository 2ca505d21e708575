// SPDX-License-Identifier: Apache-2.0
// What a link does about servers that hear and never answer, or let it log in and then break the protocol.
#include <set>
#include <string>
#include <vector>

#include <QTest>

#include "core/client/quic_dialer.h"
#include "core/client/server_link.h"
#include "core/net/udp_socket.h"
#include "core/quic/endpoint_driver.h"
#include "core/wire/control_messages.h"
#include "tests/core/net/net_test_support.h"

using namespace adit;
using namespace adit::client;
using namespace adit::net::test;
using namespace std::chrono_literals;

namespace {

/// Keeps the destination connection ID of each Initial: a new attempt chooses a new one.
struct SilentServer final : net::UdpSocket::Handler {
  std::vector<std::string> attempts;

  /// Attempts, each of which repeats itself.
  [[nodiscard]] std::size_t distinct() const {
    return std::set<std::string>(attempts.begin(), attempts.end()).size();
  }
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

auto openSilent(net::EventLoop& loop, SilentServer& server) {
  net::UdpParams udp;
  udp.bind = net::SocketAddress::loopback4(0);
  return net::UdpSocket::open(loop, udp, server);
}

/// Accepts every login, and sends what is no control message behind it.
struct BrokenServer final : quic::EndpointDriver::Handler, transport::LinkHandler, transport::StreamHandler {
  explicit BrokenServer(net::EventLoop& loop) {
    quic::EndpointParams endpoint;
    endpoint.role = quic::Role::Server;
    endpoint.identity = identity;
    endpoint.keys = quic::StaticKeys::generate(random);
    net::UdpParams udp;
    udp.bind = net::SocketAddress::loopback4(0);
    driver = quic::EndpointDriver::open(loop, endpoint, udp, *this).value();
  }

  SecureRandom random;
  std::shared_ptr<const tls::Identity> identity = tls::Identity::generate("a server").value();
  int logins = 0;
  std::unique_ptr<quic::EndpointDriver> driver;

  void onAccepted(transport::Link& link) override { link.setHandler(this); }
  void onForeignDatagram(std::uint8_t, const net::ReceivedDatagram&) override {}
  void onConnected(transport::Link&) override {}
  void onStreamOpened(transport::Link&, transport::Stream& stream) override { stream.setHandler(this); }
  void onStreamCredit(transport::Link&) override {}
  void onLinkClosed(transport::Link&, const transport::CloseInfo&) override {}
  void onStreamData(transport::Stream& stream, ByteView data, bool) override {
    stream.consume(data.size());
    stream.setHandler(nullptr);
    ++logins;
    wire::LoginAccepted accepted;
    accepted.session = "s";
    accepted.domain = "localhost";
    accepted.heartbeatMs = 5000;
    const std::string bytes = wire::encode(accepted) + "\x07\x01\xff";  // a Pong whose payload is no map
    stream.sendCopy(asBytes(bytes));
  }
  void onStreamReset(transport::Stream&, transport::AppErrorCode) override {}
  void onStreamStopped(transport::Stream&, transport::AppErrorCode) override {}
  void onStreamWritable(transport::Stream&) override {}
  void onStreamClosed(transport::Stream&) override {}
};

session::JoinLink joinLink(const net::SocketAddress& server) {
  session::JoinLink join;
  join.token = "token";
  join.host = "127.0.0.1";
  join.port = server.port();
  return join;
}

/// What a link connects by.
struct Dialing {
  explicit Dialing(net::EventLoop& loop)
      : dialer(loop, random, {tls::Identity::generate("a client").value()}) {}
  SecureRandom random;
  QuicDialer dialer;
};

struct Observer final : ServerLink::Handler {
  int changes = 0;
  void onLinkChanged() override { ++changes; }
  void onDeclared(const wire::Declared&) override {}
  void onWithdrawn(const wire::Withdrawn&) override {}
  void onReleased(const wire::Released&) override {}
  std::vector<wire::TunnelDeclaration> declarations() override { return {}; }
  void onStreamOpened(transport::Link&, transport::Stream&) override {}
};

}  // namespace

class ServerLinkTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void beginsAnewWhenTheNetworkChangesUnderAnAttempt() {
    const std::unique_ptr<net::EventLoop> loop = makeLoop();
    SilentServer server;
    const auto socket = openSilent(*loop, server);
    QVERIFY(socket.has_value());
    Observer observer;
    Dialing dialing(*loop);
    ServerLink link(*loop, dialing.dialer, dialing.random, {}, observer);

    link.connectTo(joinLink((*socket)->localAddress()));
    QVERIFY(runUntil(*loop, [&] { return !server.attempts.empty(); }));
    QCOMPARE(server.attempts.size(), std::size_t{1});

    // Else the attempt would go on as slowly as it had become, fail, and be followed by a delay.
    link.networkChanged();
    QVERIFY(runUntil(*loop, [&] { return server.attempts.back() != server.attempts.front(); }));
    QVERIFY(link.state() == LinkState::Connecting);
    QVERIFY(!link.error());         // not after the first one's failure
    QCOMPARE(observer.changes, 1);  // nothing happened that anybody must be told
    link.close();
  }

  void doesNotWaitForAnAttemptThatHearsNothing() {
    const std::unique_ptr<net::EventLoop> loop = makeLoop();
    SilentServer server;
    const auto socket = openSilent(*loop, server);
    QVERIFY(socket.has_value());
    Observer observer;
    Dialing dialing(*loop);
    ServerLink link(*loop, dialing.dialer, dialing.random, {}, observer);

    // An attempt fails by itself after five seconds. The server may be there again before.
    link.connectTo(joinLink((*socket)->localAddress()));
    QVERIFY(runUntil(*loop, [&] { return server.distinct() == 3; }));
    QVERIFY(link.state() == LinkState::Connecting);
    QVERIFY(!link.error());
    QCOMPARE_GE(link.awayFor().count(), Duration(2s).count());
    link.close();
    QCOMPARE(link.awayFor().count(), Duration::zero().count());
  }

  void backsOffFromAServerThatBreaksTheProtocol() {
    const std::unique_ptr<net::EventLoop> loop = makeLoop();
    BrokenServer server(*loop);
    Observer observer;
    Dialing dialing(*loop);
    ServerLink link(*loop, dialing.dialer, dialing.random, {}, observer);
    session::JoinLink join = joinLink(server.driver->localAddress());
    join.pin = server.identity->pin();
    link.connectTo(join);
    // Each time it was online for a moment, which is no reason to come back at once.
    for (int login = 1; login <= 3; ++login) {
      QVERIFY(runUntil(*loop, [&] { return server.logins == login && link.state() == LinkState::Waiting; }));
      QVERIFY(link.error().has_value());
      QVERIFY2(link.error()->code == ErrorCode::Malformed, link.error()->describe().c_str());
      QCOMPARE_GT(link.retryIn().count(), Duration::zero().count());
      QCOMPARE_LE(link.retryIn().count(), Duration(250ms * (1 << (login - 1))).count());
    }
    link.close();
    runTurns(*loop, 3);
  }
};

QTEST_APPLESS_MAIN(ServerLinkTest)
#include "server_link_test.moc"
