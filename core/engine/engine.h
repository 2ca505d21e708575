// SPDX-License-Identifier: Apache-2.0
#pragma once
// The facade that app and ui see: one client with its tunnels, and an embedded server where none was joined.
// Commands go in; events and snapshots come out. Commands are queued and return at once, with three
// exceptions that block, each as long as it says: `start`, the destructor, and `addTunnel` and `changeTunnel`
// of a target with TLS. The engine calls `wake` from its own thread, at most ten times a second, when there
// are events; the receiver then takes them. Every method may be called from any thread.

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
  std::filesystem::path stateDirectory;   ///< Client key, embedded server's key.
  std::optional<session::JoinLink> join;  ///< Empty: start an embedded server on loopback.
  /// Another port is chosen where something listens on this one or a tunnel leads to it. 0: any.
  std::uint16_t embeddedHttpPort = kEmbeddedHttpPort;
  std::optional<std::uint16_t> embeddedHttpsPort;  ///< Its HTTPS, with a self-signed certificate; likewise.
  bool embeddedVia = false;                        ///< It adds Via to requests.
  /// What the tunnels that will be added lead to, as TunnelSpec::target. The embedded server starts on none
  /// of their ports; for a tunnel that is not named here it may have to move to another port.
  std::vector<std::string> targets;
  std::string clientName;               ///< The device's name, for people.
  std::string program;                  ///< What hosts the engine, for people: "terminal".
  std::size_t loopbackPayload = 16376;  ///< See quic::TransportLimits.
  /// See quic::TransportLimits; of both ends where a server is embedded.
  std::optional<quic::Congestion> congestion;
  std::function<void()> wake;  ///< May be empty.
};

class Engine {
 public:
  /// Blocks until the client, and the embedded server where there is one, are ready: keys are made, files are
  /// read. AddressInUse, InsecurePermissions, ...
  static Result<std::unique_ptr<Engine>> start(EngineParams params);
  /// Ends all connections, then waits for the engine's threads. `drain` first for a graceful end.
  virtual ~Engine() = default;

  /// Checks name and target (InvalidArgument, NameInvalid); the tunnel starts at once unless `started` is
  /// false. A target with TLS blocks while the file of authorities is read, the system's unless
  /// `spec.origin.caFile` names one.
  virtual Result<TunnelId> addTunnel(const TunnelSpec& spec, bool started = true) = 0;
  /// The tunnel leads elsewhere, by other options or under another name from now on; requests in flight end
  /// as they began, the traffic counts on. An empty name keeps the one it has. Errors as addTunnel's, and
  /// NotFound.
  virtual Result<> changeTunnel(TunnelId id, const TunnelSpec& spec) = 0;
  virtual void removeTunnel(TunnelId id) = 0;
  virtual void startTunnel(TunnelId id) = 0;
  virtual void stopTunnel(TunnelId id) = 0;
  /// Leaves the current server (or the embedded one) and joins this one; tunnels move along. Whether that
  /// works is told by LinkChanged. Closed after drain().
  virtual Result<> join(const session::JoinLink& link) = 0;
  /// Goes back to the embedded server: LinkChanged, or ServerChangeFailed where it could not be started, and
  /// then the engine stays with the server it had. Closed after drain().
  virtual Result<> useEmbedded() = 0;
  /// Gives up a name that is reserved for the user and that no tunnel has; NameReleased tells what came of it
  /// once the server was reached. NameInvalid.
  virtual Result<> releaseName(const std::string& name) = 0;
  /// Tries to reconnect now instead of after the delay.
  virtual void retryNow() = 0;

  /// A consistent copy of everything; cheap enough for ten a second.
  [[nodiscard]] virtual Snapshot snapshot() const = 0;
  /// The events since the last call, oldest first; at most 1,000 are kept.
  virtual std::vector<Event> takeEvents() = 0;
  /// No new requests; `done` is called from the engine's thread when those in flight ended or the deadline
  /// passed.
  virtual void drain(std::chrono::milliseconds deadline, std::function<void()> done) = 0;
};

}  // namespace adit::engine
