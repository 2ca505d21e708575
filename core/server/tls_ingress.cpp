// SPDX-License-Identifier: Apache-2.0
#include "core/server/tls_ingress.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/log.h"
#include "core/server/h2_visitor.h"
#include "core/server/visitor_connection.h"
#include "core/tls/tls_socket.h"

namespace adit::server {

namespace {

/// Of handshakes: a few milliseconds' worth.
constexpr int kStepsPerTurn = 8;
/// How long the peer of a handshake may say nothing while others wait for its place.
constexpr Duration kPatience = std::chrono::milliseconds(500);
/// How often a full door looks for such peers, and the least part of its places that it frees if it can.
constexpr Duration kRoomInterval = std::chrono::milliseconds(50);
constexpr std::size_t kRoomPart = 8;

}  // namespace

/// A connection that is not a visitor yet.
class TlsIngress::Handshake final : public net::Disposable,
                                    private tls::TlsSocket::Handler,
                                    private net::TimeoutItem {
 public:
  Handshake(TlsIngress& ingress, std::uintptr_t nativeSocket, const net::SocketAddress& peer)
      : m_ingress(ingress),
        m_peer(peer),
        m_socket(tls::TlsSocket::accept(ingress.m_loop, nativeSocket, ingress.certificates(), ingress.m_alpn,
                                        *this, &ingress.m_line)) {
    ingress.m_timeouts.restart(*this);
  }

  [[nodiscard]] const net::SocketAddress& peer() const noexcept { return m_peer; }
  [[nodiscard]] std::optional<Timestamp> awaitsPeerSince() const { return m_socket->awaitsPeerSince(); }
  void end() {
    cancelTimeout();
    m_socket->close();
    m_ingress.forget(*this);
  }

 private:
  void onSecured() override {
    m_secured = true;
    m_socket->pauseReading(net::PauseReason::NoHandler);
    m_socket->flushNow();
    if (m_socket->isOpen() && m_socket->queuedBytes() == 0) handOver();
  }

  /// The last of our side of the handshake has left.
  void onSent(std::size_t) override {
    if (m_secured && m_socket->queuedBytes() == 0) handOver();
  }

  void handOver() {
    IngressHost& host = m_ingress.m_host;
    const VisitorFactory& factory =
        m_socket->alpn() == "h2" ? H2Visitor::factory() : VisitorConnection::factory();
    VisitorArrival arrival{m_socket->detach(), &factory, http::Scheme::Https, m_peer};
    end();  // gives its place up first: the visitor takes one
    if (arrival.socket != nullptr) host.accept(std::move(arrival));
  }

  void onData(Slice) override {}
  void onEndOfStream() override { end(); }
  void onSocketError(const Error& error) override {
    logDebug("server", "a visitor's TLS handshake came to nothing: {}", error.describe());
    end();
  }
  void onTimeout() override { end(); }

  TlsIngress& m_ingress;
  net::SocketAddress m_peer;
  std::unique_ptr<tls::TlsSocket> m_socket;
  bool m_secured = false;
};

TlsIngress::TlsIngress(net::EventLoop& loop, ConfigReader& config, IngressHost& host)
    : m_loop(loop),
      m_config(config),
      m_host(host),
      m_alpn{"h2", "http/1.1"},
      m_line(loop, kStepsPerTurn),
      m_timeouts(loop, config.limits().handshakeTimeout),
      m_roomTimer(loop, [this] { makeRoom(); }) {}

TlsIngress::~TlsIngress() { stop(); }

Result<std::unique_ptr<Ingress>> TlsIngress::open(net::EventLoop& loop, ConfigReader& config,
                                                  IngressHost& host,
                                                  const net::StreamListener::Params& params) {
  std::unique_ptr<TlsIngress> ingress(new TlsIngress(loop, config, host));
  auto listener = net::StreamListener::open(loop, params, *ingress);
  if (!listener) return fail(std::move(listener.error()));
  ingress->m_listener = std::move(*listener);
  ingress->m_address = ingress->m_listener->localAddress();
  return ingress;
}

const std::shared_ptr<const tls::CertificateStore>& TlsIngress::certificates() {
  const auto& configured = m_config.get().certificates;
  // Without certificates in a newer configuration the listener goes on with those that it has.
  if (configured != nullptr && configured != m_source) {
    m_source = configured;
    m_certificates = nullptr;
  }
  const std::uint64_t version = m_source->version();
  if (m_certificates == nullptr || version != m_certificatesVersion) {
    m_certificatesVersion = version;
    m_certificates = m_source->current();
  }
  return m_certificates;
}

void TlsIngress::onAccepted(std::uintptr_t nativeSocket, const net::SocketAddress& peer) {
  if (!m_host.admit(peer)) {
    net::closeNativeSocket(nativeSocket);
    return;
  }
  m_timeouts.setTimeout(m_config.limits().handshakeTimeout);
  auto handshake = std::make_unique<Handshake>(*this, nativeSocket, peer);
  Handshake* key = handshake.get();
  m_handshakes.emplace(key, std::move(handshake));
  updateListening();
}

void TlsIngress::forget(Handshake& handshake) {
  const auto found = m_handshakes.find(&handshake);
  if (found == m_handshakes.end()) return;
  m_host.leave(handshake.peer());
  m_loop.dispose(std::move(found->second));
  m_handshakes.erase(found);
  updateListening();
}

void TlsIngress::pause() {
  m_pauseWanted = true;
  updateListening();
}

void TlsIngress::resume() {
  m_pauseWanted = false;
  updateListening();
}

bool TlsIngress::isFull() { return m_handshakes.size() >= m_config.limits().handshakesPerWorker; }

/// The door is full: peers that have not said anything for a while go, those who have been silent longest
/// first.
void TlsIngress::makeRoom() {
  if (!isFull()) return;
  const Timestamp now = m_loop.now();
  std::vector<std::pair<Timestamp, Handshake*>> silent;
  for (const auto& [key, handshake] : m_handshakes) {
    const std::optional<Timestamp> since = handshake->awaitsPeerSince();
    if (since && now - *since >= kPatience) silent.emplace_back(*since, key);
  }
  const std::size_t most = std::max<std::size_t>(1, m_config.limits().handshakesPerWorker / kRoomPart);
  std::sort(silent.begin(), silent.end());
  if (silent.size() > most) silent.resize(most);
  for (const auto& [since, handshake] : silent) handshake->end();
  if (isFull()) m_roomTimer.start(kRoomInterval);
}

void TlsIngress::updateListening() {
  const bool full = isFull();
  if (full && !m_roomTimer.isActive() && m_listener != nullptr) m_roomTimer.start(kRoomInterval);
  const bool wanted = !m_pauseWanted && !full;
  if (wanted == m_listening || m_listener == nullptr) return;
  m_listening = wanted;
  if (wanted) {
    m_listener->resume();
  } else {
    m_listener->pause();
  }
}

void TlsIngress::stop() {
  m_listener.reset();
  while (!m_handshakes.empty()) m_handshakes.begin()->first->end();
}

}  // namespace adit::server
