// SPDX-License-Identifier: Apache-2.0
#include "core/client/origin_connector.h"

#include <vector>

#include <spdlog/fmt/fmt.h>

namespace adit::client {

namespace {

class Connector final : public OriginConnector,
                        private net::StreamConnector::Handler,
                        private net::StreamSocket::Handler {
 public:
  Connector(net::EventLoop& loop, const Target& target, const OriginSettings& settings,
            OriginConnector::Handler& handler)
      : m_loop(loop), m_target(target), m_settings(settings), m_handler(handler) {}

  void begin(net::Resolver& resolver) {
    if (m_target.kind == Target::Kind::Unix) {
      auto address = net::SocketAddress::unixPath(m_target.path);
      // Without an address the connector fails, and tells so later as for any other reason.
      connectTo(address ? std::vector{*address} : std::vector<net::SocketAddress>());
      return;
    }
    m_query = resolver.resolve(m_target.host, m_target.port,
                               [this](const Result<std::vector<net::SocketAddress>>& addresses) {
                                 if (addresses) {
                                   connectTo(*addresses);
                                 } else {
                                   onConnectFailed(addresses.error());
                                 }
                               });
  }

 private:
  void connectTo(const std::vector<net::SocketAddress>& addresses) {
    m_connector = net::StreamConnector::start(m_loop, addresses, m_settings.connectTimeout, *this);
  }
  void onConnected(std::uintptr_t nativeSocket) override {
    m_handler.onConnected(net::StreamSocket::adopt(m_loop, nativeSocket, *this));
  }
  void onConnectFailed(const Error& error) override {
    const std::string place = m_target.forVisitors();
    const bool slow = error.code == ErrorCode::TimedOut;
    m_handler.onConnectFailed({error, slow,
                               slow ? fmt::format("{} does not accept the connection", place)
                                    : fmt::format("nothing answers on {}", place)});
  }

  // The socket has another handler before anything can arrive.
  void onData(Slice) override {}
  void onEndOfStream() override {}
  void onSent(std::size_t) override {}
  void onSocketError(const Error&) override {}

  net::EventLoop& m_loop;
  const Target& m_target;
  const OriginSettings& m_settings;
  OriginConnector::Handler& m_handler;
  std::unique_ptr<net::Resolver::Query> m_query;
  std::unique_ptr<net::StreamConnector> m_connector;
};

}  // namespace

std::unique_ptr<OriginConnector> OriginConnector::start(net::EventLoop& loop, net::Resolver& resolver,
                                                        const Target& target, const OriginSettings& settings,
                                                        Handler& handler) {
  auto connector = std::make_unique<Connector>(loop, target, settings, handler);
  connector->begin(resolver);
  return connector;
}

}  // namespace adit::client
