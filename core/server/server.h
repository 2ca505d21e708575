// SPDX-License-Identifier: Apache-2.0
#pragma once
// The public side: workers that accept clients by QUIC and visitors by HTTP. Made on any thread; runs its own
// threads until drained or destroyed. Methods may be called from the thread that owns it.

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/net/address.h"
#include "core/quic/endpoint.h"
#include "core/server/limits.h"
#include "core/server/worker.h"

namespace adit::server {

struct ServerParams {
  std::shared_ptr<const tls::Identity> identity;
  quic::StaticKeys keys;
  std::string domain = "localhost";
  net::SocketAddress quicListen;
  net::SocketAddress httpListen;
  /// With certificates there is HTTPS.
  std::shared_ptr<const tls::CertificateSource> certificates;
  net::SocketAddress httpsListen;
  http::RequestVia requestVia = http::RequestVia::Omitted;
  std::vector<net::Network> trustedProxies;  ///< Believed about the visitors they speak for.
  std::optional<http::Scheme> publicScheme;  ///< In URLs; none: https where the server speaks it.
  /// See ServerConfig. The visitors' ports are listened to on [::1], too, where the system has IPv6:
  /// AddressInUse where another program has one of them there.
  bool loopbackHosts = false;
  bool redirectHttp = false;  ///< Visitors of known names without TLS are sent to HTTPS (308).
  unsigned workers = 1;
  std::uint16_t publicPort = 0;                 ///< In URLs; 0: the HTTPS listener's, else the HTTP one's.
  std::size_t loopbackPayload = 16376;          ///< See quic::TransportLimits.
  std::optional<quic::Congestion> congestion;   ///< See quic::TransportLimits.
  std::shared_ptr<access::TokenSource> tokens;  ///< Outlives the server.
  Duration nameGrace = std::chrono::hours(7 * 24);  ///< How long a name that was asked for stays reserved.
  /// Where reservations are kept over restarts; empty: they are not.
  std::filesystem::path namesFile;
  ServerLimits limits;
  /// Told of every request; called on the workers' threads. Null: nobody wants to know.
  std::shared_ptr<RequestObserver> observer;
};

class Server {
 public:
  /// Binds and starts; errors name the address that failed.
  static Result<std::unique_ptr<Server>> start(ServerParams params);
  ~Server();

  [[nodiscard]] net::SocketAddress quicAddress() const;
  [[nodiscard]] net::SocketAddress httpAddress() const;
  /// Family None: no HTTPS.
  [[nodiscard]] net::SocketAddress httpsAddress() const;
  /// Any thread.
  [[nodiscard]] std::shared_ptr<const ServerConfig> configuration() const;
  /// Replaces the configuration; each worker follows from its next turn on. Limits of waits apply to waits
  /// that begin afterwards, and what visitors and clients were told before stays as it is. Whether there is
  /// HTTPS is decided at the start. Any thread.
  void configure(ServerConfig config);
  /// Stops accepting, lets requests in flight end. `done` comes once, from a worker's thread.
  void drain(Duration deadline, std::function<void()> done);

 private:
  Server(RegistryParams registry, ServerConfig config, http::HopNames names, unsigned workers);
  ServerContext m_context;
  std::unique_ptr<routing::ReservationKeeper> m_keeper;  ///< Of the context's registry.
  std::vector<std::unique_ptr<Worker>> m_workers;
  std::shared_ptr<std::atomic<std::size_t>> m_draining;
};

}  // namespace adit::server
