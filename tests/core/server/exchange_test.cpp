// SPDX-License-Identifier: Apache-2.0
// An exchange without a visitor's protocol: what its sink is told and what its stream and the tunnel's load
// are left with.
#include <QTest>

#include <optional>
#include <string>
#include <vector>

#include "tests/core/support/visitor_world.h"

using namespace adit;
using namespace adit::test;

namespace {

struct Sink final : server::Exchange::Sink {
  std::optional<wire::AppError> failed;

  Result<> onInterimHead(http::ResponseHead&) override { return {}; }
  Result<> onResponseHead(const server::ResponseStart&) override { return {}; }
  Result<> onResponseBody(ByteView) override { return {}; }
  Result<> onResponseTrailers(const std::vector<http::Field>&) override { return {}; }
  void onResponseEnd() override {}
  void onExchangeFailed(wire::AppError cause) override { failed = cause; }
  void onRequestWritable() override {}
  void onRequestStopped() override {}
};

}  // namespace

class ExchangeTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  /// The origin would take the request for a whole one without them.
  void trailersThatFitNoFrameEndTheRequest() {
    VisitorWorld world;
    Sink sink;
    server::Exchange exchange(world.services, sink);
    http::RequestHead head;
    head.method = "POST";
    head.target = "/";
    head.authority = "shop.localhost";
    const net::SocketAddress visitor = net::SocketAddress::loopback4(9);
    const server::Destination shop = world.routes["shop.localhost"];
    QVERIFY(!exchange.begin(shop, {head, chunked(), false, false, http::Scheme::Http, visitor}));
    exchange.sendBody(world.loop->writer().copy(asBytes("content")));
    const std::string value(1000, 'x');
    std::vector<http::Field> trailers(60, {"X-Large", value});
    exchange.sendTrailers(trailers);
    QVERIFY(exchange.isActive());
    QVERIFY(!sink.failed);

    trailers.resize(70, {"X-Large", value});
    exchange.sendTrailers(trailers);
    QVERIFY(sink.failed == wire::AppError::LimitExceeded);
    QVERIFY(world.stream().resetWith == wire::AppError::LimitExceeded);
    QVERIFY(world.stream().stoppedWith == wire::AppError::LimitExceeded);
    QVERIFY(!world.stream().finished);
    QVERIFY(!exchange.isActive());
    QCOMPARE(world.load->active(), 0U);
  }
};

QTEST_GUILESS_MAIN(ExchangeTest)
#include "exchange_test.moc"
