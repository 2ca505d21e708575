// SPDX-License-Identifier: Apache-2.0
#include <QTest>

#include "core/net/native_socket.h"
#include "core/net/port_probe.h"

using namespace adit;
using namespace adit::net;

namespace {

// The system may choose a port on which another program listens at another address, or give it to one as soon
// as it is free; not time after time.
constexpr int kRounds = 20;

/// A listener at `address` (port 0: any); its socket stays closed where the system has no such address.
NativeSocket listenAt(const SocketAddress& address) {
  auto socket = openSocket(address.family(), SocketType::Stream);
  if (!socket) return {};
  setReuseAddress(*socket);
  if (bindSocket(*socket, address) != 0 || listenSocket(*socket, 8) != 0) return {};
  return std::move(*socket);
}

}  // namespace

class PortProbeTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aListenerOfEitherFamilyIsFound_data() {
    QTest::addColumn<QString>("address");
    for (const char* address : {"127.0.0.1:0", "127.0.0.9:0", "0.0.0.0:0", "[::1]:0", "[::]:0"})
      QTest::newRow(address) << address;
  }
  void aListenerOfEitherFamilyIsFound() {
    QFETCH(QString, address);
    for (int round = 0; round < kRounds; ++round) {
      NativeSocket listener = listenAt(SocketAddress::parse(address.toStdString()).value());
      if (!listener.isOpen()) QSKIP("this machine does not have that address");
      const std::uint16_t port = localAddressOf(listener).port();
      QVERIFY(isTcpPortInUse(port));
      listener.reset();
      if (!isTcpPortInUse(port)) return;
    }
    QFAIL("a port stays in use without its listener");
  }

  void aBoundSocketThatDoesNotListenIsInNobodysWay() {
    for (int round = 0; round < kRounds; ++round) {
      auto socket = openSocket(AddressFamily::Ipv4, SocketType::Stream).value();
      setReuseAddress(socket);
      QCOMPARE(bindSocket(socket, SocketAddress::loopback4(0)), 0);
      if (!isTcpPortInUse(localAddressOf(socket).port())) return;
    }
    QFAIL("each port that is bound only counts as in use");
  }
};

QTEST_APPLESS_MAIN(PortProbeTest)
#include "port_probe_test.moc"
