// SPDX-License-Identifier: Apache-2.0
// Listening: addresses, both families, pauses, shortage of descriptors, Unix paths.
#include <sys/resource.h>
#include <sys/stat.h>

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "core/base/log.h"
#include "tests/core/net/net_test_support.h"

using namespace adit;
using namespace adit::net;
using namespace adit::net::test;

namespace {

struct Accepting final : StreamListener::Handler {
  std::vector<NativeSocket> sockets;
  std::vector<SocketAddress> peers;
  std::function<void()> hook;
  void onAccepted(std::uintptr_t nativeSocket, const SocketAddress& peer) override {
    sockets.emplace_back(nativeSocket);
    peers.push_back(peer);
    if (hook) hook();
  }
};

/// Starts connecting; on loopback that is done when the call returns.
NativeSocket dial(const SocketAddress& address) {
  auto socket = openSocket(address.family(), SocketType::Stream);
  if (!socket) return {};
  const int error = connectSocket(*socket, address);
  return error == 0 || error == EINPROGRESS ? std::move(*socket) : NativeSocket();
}

}  // namespace

class StreamListenerTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void acceptsAndNamesThePeer() {
    auto loop = makeLoop();
    Accepting handler;
    auto listener = StreamListener::open(*loop, {SocketAddress::loopback4(0)}, handler);
    QVERIFY(listener.has_value());
    QVERIFY((*listener)->localAddress().port() != 0);
    const NativeSocket client = dial((*listener)->localAddress());
    QVERIFY(runUntil(*loop, [&] { return handler.sockets.size() == 1; }));
    QCOMPARE(handler.peers[0], localAddressOf(client));
    QVERIFY(loop->counters().wakeups > 0);
    // What was accepted neither blocks nor leaks into other programs.
    std::array<std::uint8_t, 1> byte{};
    QVERIFY(wouldBlock(receiveBytes(handler.sockets[0], byte).error));
    QVERIFY((fcntl(static_cast<int>(handler.sockets[0].get()), F_GETFD) & FD_CLOEXEC) != 0);
  }

  void theIpv6WildcardServesBothFamilies() {
    auto loop = makeLoop();
    Accepting handler;
    auto listener = StreamListener::open(*loop, {*SocketAddress::parse("[::]:0")}, handler);
    QVERIFY2(listener.has_value(), listener ? "" : listener.error().detail.c_str());
    const std::uint16_t port = (*listener)->localAddress().port();
    const NativeSocket six = dial(SocketAddress::loopback6(port));
    const NativeSocket four = dial(SocketAddress::loopback4(port));
    QVERIFY(runUntil(*loop, [&] { return handler.sockets.size() == 2; }));
    QCOMPARE(handler.peers[0].host(), std::string("::1"));
    QCOMPARE(handler.peers[1].host(), std::string("127.0.0.1"));
    QCOMPARE(handler.peers[1].ipBytes().size(), std::size_t{4});
  }

  void takesAPortBackAfterARestart() {
    auto loop = makeLoop();
    Accepting handler;
    auto first = StreamListener::open(*loop, {SocketAddress::loopback4(0)}, handler);
    const SocketAddress address = (*first)->localAddress();
    NativeSocket client = dial(address);
    QVERIFY(runUntil(*loop, [&] { return handler.sockets.size() == 1; }));
    handler.sockets.clear();  // the server closes first: its side goes to TIME_WAIT
    client.reset();
    first->reset();
    auto second = StreamListener::open(*loop, {address}, handler);
    QVERIFY2(second.has_value(), second ? "" : second.error().detail.c_str());
  }

  void namesTheAddressItCannotHave() {
    auto loop = makeLoop();
    Accepting handler;
    auto first = StreamListener::open(*loop, {SocketAddress::loopback4(0)}, handler);
    const auto second = StreamListener::open(*loop, {(*first)->localAddress()}, handler);
    QVERIFY(!second);
    QCOMPARE(toString(second.error().code), std::string_view("address-in-use"));
    QVERIFY(second.error().detail.find((*first)->localAddress().toString()) != std::string::npos);
    const auto foreign = StreamListener::open(*loop, {SocketAddress::fromIpv4({192, 0, 2, 1}, 0)}, handler);
    QCOMPARE(toString(foreign.error().code), std::string_view("address-unavailable"));
    QVERIFY(!StreamListener::open(*loop, {SocketAddress()}, handler));
  }

  void workersShareAPort() {
#ifndef __linux__
    QSKIP("ports are shared on Linux only");
#endif
    auto loop = makeLoop();
    Accepting first, second;
    auto a = StreamListener::open(*loop, {SocketAddress::loopback4(0), true}, first);
    auto b = StreamListener::open(*loop, {(*a)->localAddress(), true}, second);
    QVERIFY2(b.has_value(), b ? "" : b.error().detail.c_str());
    std::vector<NativeSocket> clients;
    for (int i = 0; i < 64; ++i) clients.push_back(dial((*a)->localAddress()));
    QVERIFY(runUntil(*loop, [&] { return first.sockets.size() + second.sockets.size() == 64; }));
    QVERIFY(!first.sockets.empty());
    QVERIFY(!second.sockets.empty());
  }

  void aPausedListenerLeavesVisitorsInTheBacklog() {
    auto loop = makeLoop();
    Accepting handler;
    auto listener = StreamListener::open(*loop, {SocketAddress::loopback4(0)}, handler);
    handler.hook = [&] { (*listener)->pause(); };  // inside the callback, with more waiting
    const NativeSocket a = dial((*listener)->localAddress());
    const NativeSocket b = dial((*listener)->localAddress());
    QVERIFY(runUntil(*loop, [&] { return handler.sockets.size() == 1; }));
    runTurns(*loop, 5);
    QCOMPARE(handler.sockets.size(), std::size_t{1});
    handler.hook = {};
    (*listener)->resume();
    QVERIFY(runUntil(*loop, [&] { return handler.sockets.size() == 2; }));
  }

  void mayBeDestroyedInsideItsCallback() {
    auto loop = makeLoop();
    Accepting handler;
    auto listener = StreamListener::open(*loop, {SocketAddress::loopback4(0)}, handler);
    handler.hook = [&] { listener->reset(); };
    const NativeSocket a = dial((*listener)->localAddress());
    const NativeSocket b = dial((*listener)->localAddress());
    QVERIFY(runUntil(*loop, [&] { return handler.sockets.size() == 1; }));
    runTurns(*loop, 3);
    QCOMPARE(handler.sockets.size(), std::size_t{1});
  }

  void outOfDescriptorsItWaitsAndSaysSoOnce() {
    auto loop = makeLoop();
    Accepting handler;
    auto listener = StreamListener::open(*loop, {SocketAddress::loopback4(0)}, handler);
    const NativeSocket client = dial((*listener)->localAddress());
    int lines = 0;
    const std::uint64_t sink =
        addLogSink([&](const LogEntry& entry) { lines += entry.component == "net" ? 1 : 0; });
    rlimit before{};
    QCOMPARE(getrlimit(RLIMIT_NOFILE, &before), 0);
    // Everything below the lowest free descriptor stays usable; nothing new is.
    const int lowestFree = dup(static_cast<int>(client.get()));
    ::close(lowestFree);
    rlimit none{static_cast<rlim_t>(lowestFree), before.rlim_max};
    QCOMPARE(setrlimit(RLIMIT_NOFILE, &none), 0);
    int pauses = 0;
    Timer watch(*loop, [&] {
      ++pauses;
      watch.start(std::chrono::milliseconds(150));
    });
    watch.start(std::chrono::milliseconds(150));
    const std::uint64_t turns = loop->counters().turns;
    const bool waited = runUntil(*loop, [&] { return pauses == 2; });
    const std::uint64_t spent = loop->counters().turns - turns;
    setrlimit(RLIMIT_NOFILE, &before);
    const bool accepted = runUntil(*loop, [&] { return handler.sockets.size() == 1; });
    removeLogSink(sink);
    QVERIFY(waited);
    QVERIFY(accepted);
    QVERIFY2(spent < 60, qPrintable(QString::number(spent)));  // it does not spin on the waiting visitor
    QCOMPARE(lines, 1);
  }

  void unixPathsComeAndGo() {
    auto loop = makeLoop();
    Accepting handler;
    QTemporaryDir directory;
    const QString path = directory.filePath(QStringLiteral("listener"));
    const SocketAddress address = *SocketAddress::unixPath(path.toStdString());
    auto first = StreamListener::open(*loop, {address}, handler);
    QVERIFY(first.has_value());
    QCOMPARE((*first)->localAddress(), address);
    const NativeSocket client = dial(address);
    QVERIFY(runUntil(*loop, [&] { return handler.sockets.size() == 1; }));
    QVERIFY(handler.peers[0].isLoopback());
    // A living listener is not robbed of its path.
    const auto second = StreamListener::open(*loop, {address}, handler);
    QVERIFY(!second);
    QCOMPARE(toString(second.error().code), std::string_view("address-in-use"));
    first->reset();
    QVERIFY(!QFile::exists(path));
  }

  void aStaleUnixPathIsReplaced() {
    auto loop = makeLoop();
    Accepting handler;
    QTemporaryDir directory;
    const SocketAddress address =
        *SocketAddress::unixPath(directory.filePath(QStringLiteral("stale")).toStdString());
    {
      // Left behind as after a crash: bound, closed, not unlinked.
      auto crashed = openSocket(AddressFamily::Unix, SocketType::Stream);
      QCOMPARE(bindSocket(*crashed, address), 0);
    }
    auto listener = StreamListener::open(*loop, {address}, handler);
    QVERIFY2(listener.has_value(), listener ? "" : listener.error().detail.c_str());
    const NativeSocket client = dial(address);
    QVERIFY(runUntil(*loop, [&] { return handler.sockets.size() == 1; }));
  }

  void anOrdinaryFileIsNotRemoved() {
    auto loop = makeLoop();
    Accepting handler;
    QTemporaryDir directory;
    QFile file(directory.filePath(QStringLiteral("file")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.close();
    const auto listener =
        StreamListener::open(*loop, {*SocketAddress::unixPath(file.fileName().toStdString())}, handler);
    QVERIFY(!listener);
    QVERIFY(file.exists());
  }
};

QTEST_GUILESS_MAIN(StreamListenerTest)
#include "stream_listener_test.moc"
