// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an operator configured, as an immutable snapshot. A ConfigSource holds the current one for all
// workers; each worker reads it through a ConfigReader of its own, which looks for a newer one at most once
// per turn of its loop, so that everything that happens in a turn sees the same values.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/net/event_loop.h"
#include "core/net/network.h"
#include "core/server/limits.h"
#include "core/tls/certificate_store.h"

namespace adit::server {

struct ServerConfig {
  ServerLimits limits;
  std::string domain = "localhost";  ///< In lower case; tunnels are names below it.
  /// The HTTPS port that visitors without TLS are redirected to; 0: they are served without TLS.
  std::uint16_t redirectPort = 0;
  /// From there a request's X-Forwarded-* or Forwarded fields are believed (see proxy_fields.h).
  std::vector<net::Network> trustedProxies = {};
  std::shared_ptr<const tls::CertificateSource> certificates = {};  ///< Null: no HTTPS.
  /// For visitors on this machine, localhost, 127.0.0.1 and [::1] with any port lead to the one tunnel there
  /// is; where there are several, a page lists them.
  bool loopbackHosts = false;
};

/// The current configuration. Any thread.
class ConfigSource {
 public:
  explicit ConfigSource(ServerConfig config) : m_config(std::make_shared<ServerConfig>(std::move(config))) {}
  [[nodiscard]] std::shared_ptr<const ServerConfig> current() const {
    const std::lock_guard lock(m_mutex);
    return m_config;
  }
  /// Changes with every publish().
  [[nodiscard]] std::uint64_t version() const noexcept { return m_version.load(std::memory_order_acquire); }
  /// Workers use it from their next turn on.
  void publish(ServerConfig config) {
    const std::lock_guard lock(m_mutex);
    m_config = std::make_shared<ServerConfig>(std::move(config));
    m_version.fetch_add(1, std::memory_order_release);
  }

 private:
  mutable std::mutex m_mutex;
  std::shared_ptr<const ServerConfig> m_config;
  std::atomic<std::uint64_t> m_version{1};
};

/// One worker's view of it. Owned by the worker; its loop's thread.
class ConfigReader {
 public:
  /// `changed` is called with each newer configuration before get() returns it, for what keeps a copy of a
  /// value.
  ConfigReader(const ConfigSource& source, net::EventLoop& loop,
               std::function<void(const ServerConfig&)> changed = {});
  ConfigReader(const ConfigReader&) = delete;
  ConfigReader& operator=(const ConfigReader&) = delete;
  ~ConfigReader() = default;

  /// Valid until the end of the turn.
  [[nodiscard]] const ServerConfig& get() {
    if (m_loop.counters().turns != m_turn) look();
    return *m_config;
  }
  [[nodiscard]] const ServerLimits& limits() { return get().limits; }

 private:
  void look();

  const ConfigSource& m_source;
  net::EventLoop& m_loop;
  std::function<void(const ServerConfig&)> m_changed;
  std::uint64_t m_version;
  std::uint64_t m_turn;
  std::shared_ptr<const ServerConfig> m_config;
};

}  // namespace adit::server
