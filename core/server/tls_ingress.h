// SPDX-License-Identifier: Apache-2.0
#pragma once
// A worker's HTTPS listener: accepts connections, does their TLS handshakes within a time and a number, and
// hands those that succeeded to its host as visitors of the protocol that was negotiated. A peer that does
// not speak TLS costs nobody else anything. Owned by its worker; one loop's thread.

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/net/timeout_queue.h"
#include "core/net/turn_line.h"
#include "core/server/ingress.h"
#include "core/server/server_config.h"
#include "core/tls/certificate_store.h"

namespace adit::server {

class TlsIngress final : public Ingress, private net::StreamListener::Handler {
 public:
  /// The configuration must have certificates.
  static Result<std::unique_ptr<Ingress>> open(net::EventLoop& loop, ConfigReader& config, IngressHost& host,
                                               const net::StreamListener::Params& params);
  TlsIngress(const TlsIngress&) = delete;
  TlsIngress& operator=(const TlsIngress&) = delete;
  ~TlsIngress() override;

  [[nodiscard]] const net::SocketAddress& address() const noexcept override { return m_address; }
  /// Handshakes in progress.
  [[nodiscard]] std::size_t pending() const noexcept { return m_handshakes.size(); }
  void pause() override;
  void resume() override;
  /// Ends handshakes in progress, too.
  void stop() override;

 private:
  class Handshake;
  TlsIngress(net::EventLoop& loop, ConfigReader& config, IngressHost& host);
  void onAccepted(std::uintptr_t nativeSocket, const net::SocketAddress& peer) override;
  const std::shared_ptr<const tls::CertificateStore>& certificates();
  void forget(Handshake& handshake);
  void updateListening();
  [[nodiscard]] bool isFull();
  void makeRoom();

  net::EventLoop& m_loop;
  ConfigReader& m_config;
  IngressHost& m_host;
  std::shared_ptr<const tls::CertificateSource> m_source;  ///< The configured one, as of the last handshake.
  std::shared_ptr<const tls::CertificateStore> m_certificates;
  std::uint64_t m_certificatesVersion = 0;
  std::vector<std::string> m_alpn;
  net::TurnLine m_line;  ///< Steps of handshakes.
  net::SocketAddress m_address;
  net::TimeoutQueue m_timeouts;
  std::unordered_map<Handshake*, std::unique_ptr<Handshake>> m_handshakes;
  std::unique_ptr<net::StreamListener> m_listener;
  net::Timer m_roomTimer;  ///< While it is full.
  bool m_pauseWanted = false;
  bool m_listening = true;
};

}  // namespace adit::server
