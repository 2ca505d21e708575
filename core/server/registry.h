// SPDX-License-Identifier: Apache-2.0
#pragma once
// The server's sessions and names across all workers: who is logged in where, which names their tunnels have,
// and the route snapshot made from that. A session is (device key, instance): several instances of a device
// live side by side, and a newer connection of the same instance takes the older one's place. Names belong to
// the principal (routing::NameBook). Login, declaration and departure are rare, so a mutex guards it; the
// data path only reads the published snapshot. Any thread.

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/access/token_snapshot.h"
#include "core/base/clock.h"
#include "core/base/published.h"
#include "core/base/random.h"
#include "core/http/message.h"
#include "core/routing/name_book.h"
#include "core/routing/reservation_keeper.h"
#include "core/routing/route_table.h"
#include "core/server/server_config.h"
#include "core/server/session_tunnels.h"
#include "core/tls/identity.h"
#include "core/wire/control_messages.h"

namespace adit::server {

using routing::SessionId;

struct RegistryParams {
  std::size_t maxTunnels = 100;                  ///< A session.
  std::size_t maxSessions = 10'000;              ///< Lost ones that may come back included.
  Duration lostFor = std::chrono::seconds(300);  ///< How long a lost session may come back.
  routing::NameBook::Params names = {};
};

/// What is known of tunnels' addresses once the listeners are bound.
struct PublicAddress {
  http::Scheme scheme = http::Scheme::Http;
  std::uint16_t port = 80;
  std::uint16_t plainPort = 0;  ///< With HTTPS: where visitors are served without it; 0: nowhere.
  /// With HTTPS: whether a host's certificate is self-signed. Called from any worker's thread.
  std::function<bool(std::string_view host)> selfSigned = {};
};

class Registry final : private routing::NameBook::Observer, public routing::ReservationKeeper::Source {
 public:
  /// `config` must outlive the registry, which puts tunnels' names below its current domain.
  Registry(RegistryParams params, const ConfigSource& config);

  struct SessionPlace {
    unsigned worker = 0;
    SessionId id = 0;
    friend bool operator==(const SessionPlace&, const SessionPlace&) = default;
  };
  /// Who logs in. The texts are fit for display.
  struct Newcomer {
    tls::Pin device;
    std::string instance;
    access::PrincipalPtr principal;
    unsigned worker = 0;
    wire::NameHolder self;  ///< As others are told of it; ownDevice is of no meaning.
  };
  struct Registered {
    SessionId id = 0;
    /// The older connection of the same instance: close it with TakenOver.
    std::optional<SessionPlace> displaced;
    /// Tunnels that it has already, of that connection or of one that was lost: visitors' requests for them
    /// come from now on.
    std::vector<std::uint64_t> tunnels;
  };
  /// Overloaded where there are as many sessions as there may be.
  Result<Registered> addSession(Newcomer newcomer, Timestamp now);

  /// Tunnels of a session lost their names to another.
  struct Withdrawal {
    SessionPlace from;
    wire::Withdrawn message;
  };
  struct Applied {
    wire::Declared declared;
    /// Sessions that hold names this one asked for. Ask each whether it lives, then settle().
    std::vector<SessionPlace> contested;
    std::vector<Withdrawal> withdrawals;
  };
  /// Gives names to the declared tunnels and publishes their routes. Tunnels that are left out of the answers
  /// wait for settle(). All are refused for a session that was displaced.
  Applied apply(SessionId session, const wire::Declare& declare, Timestamp now);
  /// The holder answered, or did not: answers what the newest declaration of the session left open because
  /// of it.
  Applied settle(SessionId session, SessionId holder, bool answered, Timestamp now);
  /// Gives up a name of the session's principal that no session holds.
  wire::Released release(SessionId session, std::string_view name, Timestamp now);
  /// No new requests go to it (it is draining); its names stay its own until it is gone or another session of
  /// its principal wants them.
  void suspendSession(SessionId session, Timestamp now);
  /// The connection is gone; the names stay reserved for the principal. Lost: it may come back for a while
  /// and finds its tunnels as they were. Left: it said good-bye.
  enum class Departure : std::uint8_t { Lost, Left };
  void removeSession(SessionId session, Departure departure, Timestamp now);
  /// Tokens changed: reservations of principals without a good one end soon.
  void setTokens(std::shared_ptr<const access::TokenSnapshot> tokens, Timestamp now);

  /// For readers on event loops.
  [[nodiscard]] Published<routing::RouteTable>& routes() noexcept { return m_routes; }
  void setPublicAddress(PublicAddress address);
  /// Below which tunnels have their names, now.
  [[nodiscard]] std::string domain() const { return m_config.current()->domain; }
  [[nodiscard]] std::size_t maxTunnels() const noexcept { return m_params.maxTunnels; }
  [[nodiscard]] std::size_t sessionCount() const;

  // For the keeper of reservations.
  /// Names that were kept over a restart. Before there are sessions.
  void restore(const std::vector<routing::Reservation>& reservations, Timestamp now);
  /// Changes are collected for takeChanges() from now on.
  void collectChanges();
  std::vector<routing::ReservationChange> takeChanges() override;
  std::vector<routing::Reservation> reservations() override;

 private:
  struct InstanceKey {
    tls::Pin device;
    std::string instance;
    friend bool operator==(const InstanceKey&, const InstanceKey&) = default;
  };
  struct InstanceHash {
    std::size_t operator()(const InstanceKey& key) const noexcept;
  };
  /// A tunnel whose name another session holds.
  struct Contest {
    wire::TunnelDeclaration tunnel;  ///< Its name is normalized.
    SessionId holder = 0;
  };
  struct Session {
    InstanceKey key;
    access::PrincipalPtr principal;
    unsigned worker = 0;
    wire::NameHolder self;
    SessionTunnels tunnels = {};
    std::uint64_t revision = 0;
    std::vector<Contest> contests = {};
    bool suspended = false;         ///< Draining: no new requests, whatever it declares.
    Timestamp shownUntil = kNever;  ///< Suspended: visitors are told that its tunnels are offline.
  };
  /// A session whose connection is gone and that may come back.
  struct Lost {
    std::string principal;
    std::vector<std::pair<std::uint64_t, std::string>> tunnels;
    Timestamp until;
    std::list<InstanceKey>::iterator place;  ///< In m_lostOrder.
  };
  /// What happens to a name that another live session holds.
  enum class Contested : std::uint8_t { Ask, Refuse, Move };
  struct Work;  ///< One apply() or settle() under way.

  void onNameChanged(const routing::NameRecord& record) override;
  void onNameFreed(const routing::NameRecord& record) override;
  [[nodiscard]] static routing::Reservation reservationOf(const routing::NameRecord& record);
  [[nodiscard]] std::shared_ptr<const routing::RouteEntry> routeOf(const routing::NameRecord& record) const;
  void beginEdit(Timestamp now);
  void endEdit();

  void declareTunnel(Work& work, const wire::TunnelDeclaration& tunnel);
  /// `contested`: what to do where `holder`, or with 0 whoever it is, holds it; any other holder keeps it.
  void giveName(Work& work, const wire::TunnelDeclaration& tunnel, Contested contested, SessionId holder);
  void chooseName(Work& work, const wire::TunnelDeclaration& tunnel);
  void give(Work& work, std::uint64_t tunnel, routing::NameRecord& record);
  /// `about` as the session `to` is told of it.
  [[nodiscard]] static wire::NameHolder introduce(const Session& about, const Session& to);
  void refuseHeld(Work& work, const wire::TunnelDeclaration& tunnel, const Session& holder);
  void takeFromHolder(Work& work, routing::NameRecord& record, Session& holder);
  void nameAddresses(wire::Declared& declared, const PublicAddress& address) const;
  Result<> makeRoomForSession();
  std::optional<Lost> takeLost(const InstanceKey& key);
  void forgetLost(Timestamp now);

  const RegistryParams m_params;
  const ConfigSource& m_config;
  SecureRandom m_random;
  mutable std::mutex m_mutex;  ///< Guards what follows.
  std::shared_ptr<const PublicAddress> m_address;
  std::shared_ptr<const access::TokenSnapshot> m_tokens;  ///< Null: every principal is good.
  routing::NameBook m_names;
  std::unordered_map<SessionId, Session> m_sessions;
  std::unordered_map<InstanceKey, SessionId, InstanceHash> m_byInstance;
  std::unordered_map<InstanceKey, Lost, InstanceHash> m_lost;
  std::list<InstanceKey> m_lostOrder;  ///< Of m_lost, the one that was lost first in front.
  SessionId m_nextSession = 1;
  std::uint64_t m_works = 0;
  std::optional<routing::RouteTable::Editor> m_edit;
  bool m_collects = false;
  std::vector<routing::ReservationChange> m_changes;
  std::shared_ptr<const routing::RouteTable> m_table;
  Published<routing::RouteTable> m_routes;
};

}  // namespace adit::server
