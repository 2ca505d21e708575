// SPDX-License-Identifier: Apache-2.0
#pragma once
// The facade for app and ui: one client with its tunnels, and an embedded server if none was joined. Commands
// go in; events and snapshots come out. Commands are queued and return at once. Three kinds of calls block,
// as their comments say: `start`, the destructor, and `addTunnel` and `changeTunnel` for a target with TLS.
// When there are events, the engine calls `wake` from its own thread, at most ten times a second; the
// receiver then takes them. Every method may be called from any thread.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/engine/types.h"
#include "core/quic/congestion.h"
#include "core/session/join_link.h"

namespace adit::engine {

struct EngineParams {
  /// For the client's key, chosen names and the embedded server's certificate.
  std::filesystem::path stateDirectory;
  std::optional<session::JoinLink> join;  ///< Empty: start an embedded server on loopback.
  /// If something listens on this port or a tunnel leads to it, another one is used. 0: any free port.
  std::uint16_t embeddedHttpPort = kEmbeddedHttpPort;
  /// The same for HTTPS, with a self-signed certificate; empty: no HTTPS.
  std::optional<std::uint16_t> embeddedHttpsPort;
  bool embeddedVia = false;  ///< The embedded server adds Via to requests.
  /// The targets of the tunnels that will be added, as in TunnelSpec::target. The embedded server does not
  /// start on any of their ports. For a tunnel that is missing here it may have to move to another port.
  std::vector<std::string> targets;
  std::string clientName;               ///< The device's name, for people.
  std::string program;                  ///< What hosts the engine, for people: "terminal".
  std::size_t loopbackPayload = 16376;  ///< See quic::TransportLimits.
  /// See quic::TransportLimits; also for the embedded server.
  std::optional<quic::Congestion> congestion;
  std::function<void()> wake;  ///< May be empty.
};

class Engine {
 public:
  /// Blocks until the client and, if there is one, the embedded server are ready: it makes keys and reads
  /// files. AddressInUse, InsecurePermissions, ...
  static Result<std::unique_ptr<Engine>> start(EngineParams params);
  /// Closes all connections, then waits for the engine's threads. Call drain() before for a graceful end.
  virtual ~Engine() = default;

  /// Checks name and target (InvalidArgument, NameInvalid). The tunnel starts at once unless `started` is
  /// false. For a target with TLS it blocks while it reads the file of authorities: `spec.origin.caFile`, or
  /// the system's.
  virtual Result<TunnelId> addTunnel(const TunnelSpec& spec, bool started = true) = 0;
  /// Gives the tunnel another target, other options or another name. Requests in flight end as they began,
  /// and traffic counters continue. An empty name keeps the name it has. A tunnel that failed is declared
  /// again, and with `spec.takeOver` it takes its name from the session that holds it. Errors of addTunnel,
  /// and NotFound.
  virtual Result<> changeTunnel(TunnelId id, const TunnelSpec& spec) = 0;
  virtual void removeTunnel(TunnelId id) = 0;
  virtual void startTunnel(TunnelId id) = 0;
  virtual void stopTunnel(TunnelId id) = 0;
  /// Leaves the current server (or the embedded one) and joins this one, with all tunnels. LinkChanged tells
  /// whether that worked. Closed after drain().
  virtual Result<> join(const session::JoinLink& link) = 0;
  /// Returns to the embedded server. The result is LinkChanged, or ServerChangeFailed if that server could
  /// not be started; the engine then keeps the server it had. Closed after drain().
  virtual Result<> useEmbedded() = 0;
  /// Releases a name that is reserved for the user and that no tunnel holds. NameReleased tells the result
  /// when the server has answered. NameInvalid.
  virtual Result<> releaseName(const std::string& name) = 0;
  /// Reconnects now instead of after the current delay.
  virtual void retryNow() = 0;

  /// A consistent copy of everything; cheap enough for ten calls a second.
  [[nodiscard]] virtual Snapshot snapshot() const = 0;
  /// The events since the last call, oldest first; at most 1,000 are kept.
  virtual std::vector<Event> takeEvents() = 0;
  /// Accepts no new requests from now on. `done` is called from the engine's thread when those in flight have
  /// ended or the deadline has passed.
  virtual void drain(std::chrono::milliseconds deadline, std::function<void()> done) = 0;
};

}  // namespace adit::engine
