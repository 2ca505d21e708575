// SPDX-License-Identifier: Apache-2.0
#pragma once
// The developer's side: one thread with a link to the server, the tunnels, and the requests in flight.
// Commands may be given from any thread; the observer is called on the client's own thread. Destruction stops
// the thread and waits for it.

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "core/base/peak_pool.h"
#include "core/client/inbound_request.h"
#include "core/client/problem_log.h"
#include "core/client/quic_dialer.h"
#include "core/client/server_link.h"
#include "core/client/status.h"
#include "core/client/tunnel.h"
#include "core/net/event_loop.h"
#include "core/net/network_watch.h"
#include "core/relay/stream_acceptor.h"

namespace adit::client {

/// Called on the client's thread; must return quickly.
class ClientObserver {
 public:
  virtual void onLinkChanged(const LinkSnapshot& link) = 0;
  virtual void onTunnelChanged(const TunnelSnapshot& tunnel) = 0;
  /// The answer to Client::releaseName: the name is anybody's, or why it is not.
  virtual void onNameReleased(const std::string& name, const Result<>& result) = 0;
  /// Visitors got an answer of the client's instead of their origin's; not each is told (ProblemLog).
  virtual void onProblem(const OriginProblem& problem) = 0;

 protected:
  ~ClientObserver() = default;
};

struct ClientParams {
  ServerLinkParams link;
  QuicDialer::Params quic;
};

class Client final : private ServerLink::Handler, private RequestOwner, private relay::StreamKindHandler {
 public:
  static Result<std::unique_ptr<Client>> start(ClientParams params, ClientObserver& observer);
  ~Client();
  /// Ends the thread and waits for it; the observer hears the last changes. Owner's thread; the destructor
  /// does it too.
  void stop();

  // Any thread:
  /// `remembered`: names that this server chose earlier, for tunnels that want none. `switching` is called on
  /// the client's thread: later reports are about the new server, earlier ones about the one before.
  void connectTo(session::JoinLink link, std::map<TunnelId, std::string> remembered = {},
                 net::EventLoop::Task switching = {});
  /// Gives up a reserved name, as soon as somebody is logged in.
  void releaseName(std::string name);
  void retryNow();
  /// The way to its origin is made here; `traffic` is shared with the caller.
  void addTunnel(std::shared_ptr<Tunnel> tunnel);
  /// Takes the place of the tunnel of the same id: new requests go its way, those in flight end as they
  /// began. Whether it is started, its state, and its address where the name stays, go over.
  void replaceTunnel(std::shared_ptr<Tunnel> tunnel);
  void removeTunnel(TunnelId id);
  void startTunnel(TunnelId id);
  void stopTunnel(TunnelId id);
  /// `done` is called on the client's thread, once, when nothing is in flight or the deadline passed; the
  /// link is closed then.
  void drain(Duration deadline, std::function<void()> done);
  /// Runs on the client's thread.
  void post(net::EventLoop::Task task) { m_loop->post(std::move(task)); }
  /// Streams of `kind` that the server opens go to `handler`, which outlives the client's thread. Before the
  /// first connectTo(). Http is the client's own.
  void handleStreams(wire::StreamKind kind, relay::StreamKindHandler& handler) { m_kinds.add(kind, handler); }
  /// For objects of the caller that live on the client's thread.
  [[nodiscard]] net::EventLoop& eventLoop() noexcept { return *m_loop; }

 private:
  Client(ClientParams params, ClientObserver& observer, std::unique_ptr<net::EventLoop> loop);
  void onLinkChanged() override;
  void onDeclared(const wire::Declared& declared) override;
  void onWithdrawn(const wire::Withdrawn& withdrawn) override;
  void onReleased(const wire::Released& released) override;
  std::vector<wire::TunnelDeclaration> declarations() override;
  void onStreamOpened(transport::Link& link, transport::Stream& stream) override;
  void onStream(transport::Link& link, transport::Stream& stream, ByteView received, bool fin) override;
  std::shared_ptr<Tunnel> findTunnel(std::uint64_t id) override;
  net::EventLoop& loop() override { return *m_loop; }
  AnswerBudget& answerBudget() override { return m_budget; }
  void recycle(InboundRequest& request) override;
  void onProblem(OriginProblem problem) override;

  void tell(const Tunnel& tunnel);
  void tellProblem(const OriginProblem& problem);
  void tellDueProblems();
  void setTunnelState(Tunnel& tunnel, TunnelState state);
  void trimRequests();
  void onDrainTimer();
  void finishDrain();
  void shutDown();

  ClientParams m_params;
  ClientObserver& m_observer;
  // The loop outlives everything that lives in it; the link (and with it the streams) goes before the
  // requests.
  std::unique_ptr<net::EventLoop> m_loop;
  AnswerBudget m_budget;
  std::map<TunnelId, std::shared_ptr<Tunnel>> m_tunnels;
  PeakPool<InboundRequest> m_requests;
  std::unique_ptr<net::Timer> m_trimTimer;
  relay::StreamKinds m_kinds;
  relay::StreamAcceptor m_acceptor{m_kinds};
  SecureRandom m_random;
  QuicDialer m_dialer;
  std::unique_ptr<ServerLink> m_link;
  std::unique_ptr<net::NetworkWatch> m_network;
  std::unique_ptr<net::Timer> m_drainTimer;
  ProblemLog m_problems;
  std::unique_ptr<net::Timer> m_problemTimer;
  std::function<void()> m_drained;
  Timestamp m_drainUntil = kNever;
  std::map<std::uint64_t, std::string> m_releases;  ///< Asked for and not answered, by their number.
  std::uint64_t m_nextRelease = 1;
  std::thread m_thread;
};

}  // namespace adit::client
