// SPDX-License-Identifier: Apache-2.0
#include "core/quic/endpoint_driver.h"

#include <utility>

#include "core/base/log.h"

namespace adit::quic {

namespace {

class UdpEndpointDriver final : public EndpointDriver,
                                private net::UdpSocket::Handler,
                                private EndpointHandler,
                                private net::Flushable {
 public:
  UdpEndpointDriver(net::EventLoop& loop, net::UdpParams udp, EndpointDriver::Handler& handler)
      : m_loop(loop), m_udp(std::move(udp)), m_handler(handler), m_timer(loop, [this] { onTimer(); }) {}

  Result<> start(EndpointParams params) {
    if (params.slabs == nullptr) params.slabs = &m_loop.slabs();
    if (params.writer == nullptr) params.writer = &m_loop.writer();
    if (params.random == nullptr) params.random = &m_random;
    m_isClient = params.role == Role::Client;
    m_udp.tellsRefusals = m_isClient;
    auto socket = net::UdpSocket::open(m_loop, m_udp, *this);
    if (!socket) return fail(socket.error());
    m_socket = std::move(*socket);
    params.limits.loopbackBuffer = m_socket->receiveBuffer();
    auto endpoint = Endpoint::create(std::move(params), *m_socket, *this);
    if (!endpoint) return fail(endpoint.error());
    m_endpoint = std::move(*endpoint);
    return {};
  }

  // EndpointDriver
  Result<transport::Link*> connect(ConnectParams params) override {
    params.local = m_socket->localAddress();
    return m_endpoint->connect(params, m_loop.now());
  }
  Result<> rebind() override {
    if (!m_isClient) return fail(ErrorCode::InvalidArgument, "a server's address does not change");
    net::UdpParams udp = m_udp;
    udp.bind.setPort(0);
    auto socket = net::UdpSocket::open(m_loop, udp, *this);
    if (!socket) return fail(socket.error());
    m_endpoint->setSink(**socket);
    m_socket = std::move(*socket);
    m_endpoint->migrateAll(m_socket->localAddress());
    return {};
  }
  void receiveForwarded(const net::ReceivedDatagram& datagram) override {
    m_loop.noteWork();
    m_endpoint->receive({&datagram, 1}, m_loop.now());
  }
  void closeAll(transport::AppErrorCode code, std::string_view reason) override {
    m_endpoint->closeAll(code, reason, m_loop.now());
    armTimer();
  }
  [[nodiscard]] Endpoint& endpoint() noexcept override { return *m_endpoint; }
  [[nodiscard]] net::SocketAddress localAddress() const override { return m_socket->localAddress(); }
  [[nodiscard]] const net::UdpCounters& udpCounters() const noexcept override { return m_socket->counters(); }

 private:
  // net::UdpSocket::Handler
  void onDatagrams(std::span<const net::ReceivedDatagram> datagrams) override {
    m_endpoint->receive(datagrams, m_loop.now());
  }
  void onWritable() override { onFlushNeeded(); }
  void onRefused(const net::SocketAddress& peer) override { m_endpoint->onRefused(peer, m_loop.now()); }
  void onSocketError(const Error& error) override {
    logWarning("quic", "{}", error.describe());
    if (!m_isClient) return;
    // Post it, because the socket must not be destroyed inside its own callback.
    m_loop.post([this, alive = std::weak_ptr<char>(m_alive)] {
      if (alive.expired()) return;
      if (auto moved = rebind(); !moved)
        logWarning("quic", "no new UDP socket: {}", moved.error().describe());
    });
  }
  // EndpointHandler
  void onAccepted(transport::Link& connection) override { m_handler.onAccepted(connection); }
  void onForeignDatagram(std::uint8_t worker, const net::ReceivedDatagram& datagram) override {
    m_handler.onForeignDatagram(worker, datagram);
  }
  void onFlushNeeded() override { m_loop.scheduleFlush(net::FlushPhase::Quic, *this); }
  // net::Flushable
  void flush() override {
    m_endpoint->flush(m_loop.now());
    armTimer();
  }

  void onTimer() {
    m_armedFor = kNever;
    // Write now and not at the end of the turn, which would make the loop poll once more without need.
    m_endpoint->expire(m_loop.now());
    flush();
  }
  // For a later deadline the timer is left as it is: it fires, finds nothing due and is set again. That is
  // cheaper than setting it with every packet.
  void armTimer() {
    const Timestamp deadline = m_endpoint->deadline();
    if (deadline >= m_armedFor) return;
    m_armedFor = deadline;
    m_timer.startAt(deadline);
  }

  net::EventLoop& m_loop;
  net::UdpParams m_udp;
  EndpointDriver::Handler& m_handler;
  SecureRandom m_random;
  bool m_isClient = false;
  Timestamp m_armedFor = kNever;
  std::shared_ptr<char> m_alive = std::make_shared<char>();
  net::Timer m_timer;
  // In this order, because the endpoint writes to the socket until it is destroyed.
  std::unique_ptr<net::UdpSocket> m_socket;
  std::unique_ptr<Endpoint> m_endpoint;
};

}  // namespace

Result<std::unique_ptr<EndpointDriver>> EndpointDriver::open(net::EventLoop& loop, EndpointParams params,
                                                             const net::UdpParams& udp, Handler& handler) {
  auto driver = std::make_unique<UdpEndpointDriver>(loop, udp, handler);
  if (auto started = driver->start(std::move(params)); !started) return fail(started.error());
  return driver;
}

}  // namespace adit::quic
