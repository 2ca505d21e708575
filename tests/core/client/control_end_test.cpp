// SPDX-License-Identifier: Apache-2.0
// A server that ends the control stream and keeps the connection: the client must not go on as if online.
#include <QTest>

#include "core/client/quic_dialer.h"
#include "core/client/server_link.h"
#include "core/quic/endpoint_driver.h"
#include "core/wire/control_messages.h"
#include "tests/core/net/net_test_support.h"

using namespace adit;
using namespace adit::client;
using namespace adit::net::test;

namespace {

enum class ControlEnd : int { Fin, Reset, Stop };

/// Accepts a login, then ends the control stream.
struct EndingServer final : quic::EndpointDriver::Handler, transport::LinkHandler, transport::StreamHandler {
  EndingServer(net::EventLoop& loop, ControlEnd ending) : how(ending) {
    quic::EndpointParams endpoint;
    endpoint.role = quic::Role::Server;
    endpoint.identity = identity;
    endpoint.keys = quic::StaticKeys::generate(random);
    net::UdpParams udp;
    udp.bind = net::SocketAddress::loopback4(0);
    driver = quic::EndpointDriver::open(loop, endpoint, udp, *this).value();
  }

  ControlEnd how;
  SecureRandom random;
  std::shared_ptr<const tls::Identity> identity = tls::Identity::generate("a server").value();
  std::unique_ptr<quic::EndpointDriver> driver;
  std::optional<transport::CloseInfo> closed;

  void onAccepted(transport::Link& link) override { link.setHandler(this); }
  void onForeignDatagram(std::uint8_t, const net::ReceivedDatagram&) override {}
  void onConnected(transport::Link&) override {}
  void onStreamOpened(transport::Link&, transport::Stream& stream) override { stream.setHandler(this); }
  void onStreamCredit(transport::Link&) override {}
  void onLinkClosed(transport::Link&, const transport::CloseInfo& info) override {
    if (!closed) closed = info;
  }
  void onStreamData(transport::Stream& stream, ByteView data, bool) override {
    stream.consume(data.size());
    stream.setHandler(nullptr);
    wire::LoginAccepted accepted;
    accepted.version = 1;
    accepted.session = "s";
    accepted.domain = "localhost";
    accepted.heartbeatMs = wire::kMaxHeartbeatMs;  // nothing else ends the session here
    stream.sendCopy(asBytes(wire::encode(accepted)));
    if (how == ControlEnd::Fin) stream.finish();
    if (how == ControlEnd::Reset) stream.reset(0);
    if (how == ControlEnd::Stop) stream.stopSending(0);
  }
  void onStreamReset(transport::Stream&, transport::AppErrorCode) override {}
  void onStreamStopped(transport::Stream&, transport::AppErrorCode) override {}
  void onStreamWritable(transport::Stream&) override {}
  void onStreamClosed(transport::Stream&) override {}
};

struct Observer final : ServerLink::Handler {
  void onLinkChanged() override {}
  void onDeclared(const wire::Declared&) override {}
  void onWithdrawn(const wire::Withdrawn&) override {}
  void onReleased(const wire::Released&) override {}
  std::vector<wire::TunnelDeclaration> declarations() override { return {}; }
  void onStreamOpened(transport::Link&, transport::Stream&) override {}
};

}  // namespace

class ControlEndTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void endsTheConnection_data() {
    QTest::addColumn<int>("how");
    QTest::newRow("FIN") << static_cast<int>(ControlEnd::Fin);
    QTest::newRow("reset") << static_cast<int>(ControlEnd::Reset);
    QTest::newRow("stop") << static_cast<int>(ControlEnd::Stop);
  }
  void endsTheConnection() {
    QFETCH(int, how);
    const std::unique_ptr<net::EventLoop> loop = makeLoop();
    EndingServer server(*loop, static_cast<ControlEnd>(how));
    session::JoinLink join;
    join.token = "token";
    join.host = "127.0.0.1";
    join.port = server.driver->localAddress().port();
    join.pin = server.identity->pin();
    SecureRandom random;
    QuicDialer dialer(*loop, random, {tls::Identity::generate("a client").value()});
    Observer observer;
    ServerLink link(*loop, dialer, random, {}, observer);

    link.connectTo(join);
    QVERIFY2(runUntil(*loop, [&] { return server.closed.has_value(); }),
             link.error() ? link.error()->detail.c_str() : "no error");
    QCOMPARE(server.closed->cause, transport::CloseCause::PeerApplication);
    QCOMPARE(server.closed->code, static_cast<std::uint64_t>(wire::AppError::Protocol));
    QVERIFY(link.error().has_value());
    QVERIFY2(link.error()->code == ErrorCode::ProtocolViolation, link.error()->detail.c_str());
    link.close();
  }
};

QTEST_APPLESS_MAIN(ControlEndTest)
#include "control_end_test.moc"
