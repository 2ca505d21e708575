// SPDX-License-Identifier: Apache-2.0
#pragma once
// The server's sessions and names across all workers: who is logged in where, which names they hold, and the
// route snapshot made from that. Login, declaration and departure are rare, so a mutex guards it; the data
// path only reads the atomic version and, when it changed, fetches the new snapshot. Any thread.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/http/message.h"
#include "core/server/route_table.h"
#include "core/session/name_registry.h"
#include "core/tls/identity.h"
#include "core/wire/control_messages.h"

namespace adit::server {

struct RegistryParams {
  std::string domain;            ///< "t.example.com"
  std::size_t maxTunnels = 100;  ///< A session.
  Duration grace = std::chrono::seconds(300);
};

/// What is known of tunnels' addresses once the listeners are bound.
struct PublicAddress {
  http::Scheme scheme = http::Scheme::Http;
  std::uint16_t port = 80;
  std::uint16_t plainPort = 0;  ///< With HTTPS: where visitors are served without it; 0: nowhere.
  /// With HTTPS: whether a host's certificate is self-signed. Called from any worker's thread.
  std::function<bool(std::string_view host)> selfSigned = {};
};

class Registry {
 public:
  explicit Registry(RegistryParams params);

  struct SessionPlace {
    unsigned worker = 0;
    SessionId id = 0;
  };
  struct Registered {
    SessionId id = 0;
    std::optional<SessionPlace> displaced;  ///< The older session of the same key: close it with TakenOver.
  };
  Registered addSession(const tls::Pin& key, unsigned worker);
  /// Gives names to the declared tunnels and publishes their routes; ignored (all refused) for a session that
  /// was displaced.
  wire::Declared apply(SessionId session, const wire::Declare& declare, Timestamp now);
  /// No new requests go to it (it is draining); its names stay reserved.
  void suspendSession(SessionId session, Timestamp now);
  /// The connection is gone. Lost: the names stay reserved for its key. Left: it said good-bye; its addresses
  /// show as offline for the grace time, but any client may take the names.
  enum class Departure : std::uint8_t { Lost, Left };
  void removeSession(SessionId session, Departure departure, Timestamp now);

  /// Changes whenever the routes do.
  [[nodiscard]] std::uint64_t version() const noexcept { return m_version.load(std::memory_order_acquire); }
  [[nodiscard]] std::shared_ptr<const RouteTable> routes() const;
  void setPublicAddress(PublicAddress address);
  [[nodiscard]] const std::string& domain() const noexcept { return m_params.domain; }
  [[nodiscard]] std::size_t maxTunnels() const noexcept { return m_params.maxTunnels; }

 private:
  struct Session {
    tls::Pin key;
    unsigned worker = 0;
    std::unordered_map<std::uint64_t, std::string> names = {};  ///< tunnel id -> name
    bool suspended = false;  ///< Draining: no new requests, whatever it declares.
  };
  void publish(std::shared_ptr<RouteTable> table);
  std::shared_ptr<RouteTable> copyTable(Timestamp now) const;
  void takeOffline(RouteTable& table, const Session& session, Timestamp now) const;
  [[nodiscard]] wire::TunnelAnswer accept(std::uint64_t tunnel, const std::string& name) const;

  RegistryParams m_params;
  PublicAddress m_address;
  SecureRandom m_random;
  mutable std::mutex m_mutex;
  session::NameRegistry m_names;
  std::unordered_map<SessionId, Session> m_sessions;
  SessionId m_nextSession = 1;
  std::shared_ptr<const RouteTable> m_table;
  std::atomic<std::uint64_t> m_version{1};
};

}  // namespace adit::server
