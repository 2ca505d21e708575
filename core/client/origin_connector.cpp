// SPDX-License-Identifier: Apache-2.0
#include "core/client/origin_connector.h"

#include <vector>

#include <spdlog/fmt/fmt.h>

#include "core/base/log.h"
#include "core/tls/tls_socket.h"

namespace adit::client {

namespace {

class Connector final : public OriginConnector,
                        private net::StreamConnector::Handler,
                        private tls::TlsSocket::Handler {
 public:
  Connector(net::EventLoop& loop, const Target& target, const OriginSettings& settings,
            OriginConnector::Handler& handler)
      : m_loop(loop), m_target(target), m_settings(settings), m_handler(handler), m_tlsTimer(loop, [this] {
          onTlsTimeout();
        }) {}

  void begin(net::Resolver& resolver) {
    if (m_target.kind == Target::Kind::Unix) {
      auto address = net::SocketAddress::unixPath(m_target.path);
      // Without an address the connector fails, and reports that later, as for any other reason.
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
    if (!m_target.tls) {
      auto socket = net::StreamSocket::adopt(m_loop, nativeSocket, *this);
      socket->deferErrorsWhilePaused();
      m_handler.onConnected(std::move(socket));
      return;
    }
    m_tlsTimer.start(m_settings.tlsTimeout);
    m_tls = tls::TlsSocket::connect(m_loop, nativeSocket, m_settings.trust, m_settings.serverName,
                                    m_settings.alpn, *this);
  }
  void onSecured() override {
    m_tlsTimer.stop();
    // Without ALPN in the server's answer the protocol is HTTP/1.1, whatever was offered (RFC 7301
    // section 3.1).
    if (m_target.protocol == Target::Protocol::Http2 && m_tls->alpn() != "h2") {
      m_tls->close();
      tlsFailed({ErrorCode::ProtocolViolation, "it does not offer HTTP/2", 0}, "does not offer HTTP/2");
      return;
    }
    m_handler.onConnected(std::move(m_tls));
  }
  void onSocketError(const Error& error) override {
    m_tlsTimer.stop();
    tlsFailed(error, "could not be talked to securely");
  }
  void onTlsTimeout() {
    m_tls->close();
    m_loop.dispose(std::move(m_tls));
    Failure failure;
    failure.error = Error{ErrorCode::TimedOut, "the TLS handshake took too long", 0};
    failure.slow = true;
    failure.detail = fmt::format("{} does not answer securely", m_target.forVisitors());
    m_handler.onConnectFailed(failure);
  }
  void tlsFailed(const Error& error, std::string_view what) {
    m_loop.dispose(std::move(m_tls));
    logInfo("client", "{}: {}", m_target.toString(), error.describe());
    m_handler.onConnectFailed({error, false, false, fmt::format("{} {}", m_target.forVisitors(), what)});
  }
  void onConnectFailed(const Error& error) override {
    const std::string place = m_target.forVisitors();
    const bool slow = error.code == ErrorCode::TimedOut;
    std::string detail = fmt::format("nothing answers on {}", place);
    if (slow) detail = fmt::format("{} does not accept the connection", place);
    // Do not show the name, which is internal.
    if (error.code == ErrorCode::ResolveFailed) detail = "the host name it leads to has no address";
    m_handler.onConnectFailed({error, slow, true, std::move(detail)});
  }

  // Not called: a plain socket gets another handler before anything arrives, and TLS delivers nothing before
  // the handshake is done.
  void onData(Slice) override {}
  void onEndOfStream() override {}
  void onSent(std::size_t) override {}

  net::EventLoop& m_loop;
  const Target& m_target;
  const OriginSettings& m_settings;
  OriginConnector::Handler& m_handler;
  std::unique_ptr<net::Resolver::Query> m_query;
  std::unique_ptr<net::StreamConnector> m_connector;
  std::unique_ptr<tls::TlsSocket> m_tls;
  net::Timer m_tlsTimer;
};

}  // namespace

http::Problem OriginConnector::Failure::problem() const noexcept {
  if (slow) return http::Problem::OriginSlow;
  return refused ? http::Problem::OriginRefused : http::Problem::OriginBroken;
}

std::unique_ptr<OriginConnector> OriginConnector::start(net::EventLoop& loop, net::Resolver& resolver,
                                                        const Target& target, const OriginSettings& settings,
                                                        Handler& handler) {
  auto connector = std::make_unique<Connector>(loop, target, settings, handler);
  connector->begin(resolver);
  return connector;
}

}  // namespace adit::client
