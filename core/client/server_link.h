// SPDX-License-Identifier: Apache-2.0
#pragma once
// The client's way to its server: resolves, connects, verifies the pin, logs in, and does so again when the
// connection is lost. An attempt that hears nothing for a second is not waited for: the next one begins
// beside it, and the first that gets through is used. So a link that comes back is found within a second,
// however long it was away (for two minutes; Backoff has the rest), and one of a server's addresses that
// leads nowhere does not hold up the others. A connection that falls silent is first moved to another local
// address, then replaced (SilenceWatch). A refusal that trying again cannot mend (wrong pin, token, version)
// ends in Failed. Allowed transitions are a table. Owned by Client; its thread.

#include <memory>
#include <optional>
#include <vector>

#include "core/base/backoff.h"
#include "core/base/random.h"
#include "core/client/server_path.h"
#include "core/client/silence_watch.h"
#include "core/client/status.h"
#include "core/net/resolver.h"
#include "core/session/client_session.h"
#include "core/session/join_link.h"

namespace adit::client {

struct ServerLinkParams {
  std::string clientName;
  std::string agent;
  std::string instance;           ///< See wire::Login: of this engine, the same at every login.
  std::uint32_t processId = 0;    ///< 0: not told.
  std::uint64_t startedUnix = 0;  ///< 0: not told.
  std::string program;            ///< What hosts the engine, for people.
};

class ServerLink final : private transport::LinkHandler,
                         private transport::StreamHandler,
                         private session::ClientSession::Handler {
 public:
  class Handler {
   public:
    /// The state changed, or, in Waiting, the error or a long delay.
    virtual void onLinkChanged() = 0;
    virtual void onDeclared(const wire::Declared& declared) = 0;
    virtual void onWithdrawn(const wire::Withdrawn& withdrawn) = 0;
    virtual void onReleased(const wire::Released& released) = 0;
    /// The tunnels to declare, asked for after every login and by declare().
    virtual std::vector<wire::TunnelDeclaration> declarations() = 0;
    /// The server opened a stream; a handler must be set inside.
    virtual void onStreamOpened(transport::Link& link, transport::Stream& stream) = 0;

   protected:
    ~Handler() = default;
  };
  /// `dialer` makes its connections; it and `random` (for the delays between attempts) outlive the link.
  ServerLink(net::EventLoop& loop, transport::Dialer& dialer, Random& random, ServerLinkParams params,
             Handler& handler);
  ~ServerLink();

  void connectTo(const session::JoinLink& link);
  /// The set of tunnels changed: tells the server, now or once logged in.
  void declare();
  /// Asks the server to give up a reserved name; false where nobody is logged in. The answer comes by
  /// onReleased with the same number.
  bool release(std::uint64_t request, const std::string& name);
  void retryNow();
  /// The machine's network changed, or it woke: moves the connection, or tries at once where there is none.
  void networkChanged();
  /// Tells the server that no new requests are wanted.
  void announceDrain(Duration deadline);
  /// Says good-bye and stays stopped.
  void close();

  [[nodiscard]] LinkState state() const noexcept { return m_state; }
  [[nodiscard]] const std::optional<Error>& error() const noexcept { return m_error; }
  /// Before the next attempt, while Waiting; zero while one is under way.
  [[nodiscard]] Duration retryIn() const;
  /// Since the server was last heard, or asked for first; zero while Online or stopped.
  [[nodiscard]] Duration awayFor() const;
  [[nodiscard]] Duration roundTrip() const;
  /// The congestion control of the connection; empty without one.
  [[nodiscard]] std::string_view congestion() const;

 private:
  void onConnected(transport::Link& link) override;
  void onStreamOpened(transport::Link& link, transport::Stream& stream) override;
  void onStreamCredit(transport::Link&) override {}
  void onLinkClosed(transport::Link& link, const transport::CloseInfo& info) override;
  void onStreamData(transport::Stream& stream, ByteView data, bool fin) override;
  void onStreamReset(transport::Stream&, transport::AppErrorCode) override { onControlEnded(); }
  void onStreamStopped(transport::Stream&, transport::AppErrorCode) override { onControlEnded(); }
  void onStreamWritable(transport::Stream&) override {}
  void onStreamClosed(transport::Stream& stream) override;
  void onControlEnded();
  void sendControl(ByteView bytes) override;
  void onLoggedIn(const wire::LoginAccepted& accepted) override;
  void onDeclared(const wire::Declared& declared) override;
  void onWithdrawn(const wire::Withdrawn& withdrawn) override;
  void onReleased(const wire::Released& released) override;
  void onServerDraining(const wire::Drain& drain) override;
  void onSessionFailed(const Error& error, wire::AppError code) override;

  // Attempts
  void beginAnew();
  void attempt();
  void resolved(const Result<std::vector<net::SocketAddress>>& addresses);
  void openPath();
  void openPathBeside();
  void keepCandidate(Result<std::unique_ptr<ServerPath>> path);
  [[nodiscard]] std::unique_ptr<ServerPath> takeCandidate(const transport::Link& link);
  [[nodiscard]] bool hasAttempt() const noexcept;
  void onRetryTimer();
  void attemptFailed(Error error);
  void retryAfter(const Error& error, Timestamp unreached);
  void retryAt(Timestamp when);
  void awaitAnswer();
  [[nodiscard]] static Duration timeForLastAnswer(Duration roundTrip) noexcept;

  // The connection in use
  void logIn(std::unique_ptr<ServerPath> path);
  void onWatchTimer();
  [[nodiscard]] bool isServerHeard() const;
  void decideOnSpare();
  void connectionLost(Error error, Timestamp lastHeard);
  void dropConnection();

  void dropAll();
  void retire(std::unique_ptr<ServerPath> path);
  void retireCandidates();
  void noteError(Error error);
  /// For an error that trying again cannot mend: ends in Failed.
  void giveUp(Error error);
  [[nodiscard]] bool isFinal(ErrorCode code) const;
  void armSessionTimer();
  void setState(LinkState next);
  /// Waiting, and the handler hears of it or of another error.
  void wait(Error error);

  net::EventLoop& m_loop;
  transport::Dialer& m_dialer;
  ServerLinkParams m_params;
  Handler& m_handler;
  Backoff m_unreached;  ///< Between attempts to which nobody answers.
  Backoff m_refused;    ///< After a server that answered, and refused or broke the protocol.
  net::Resolver m_resolver;
  net::Timer m_retryTimer;  ///< The next attempt; while Online, the decision on the spare.
  net::Timer m_sessionTimer;
  net::Timer m_watchTimer;
  std::optional<session::JoinLink> m_link;
  LinkState m_state = LinkState::Offline;
  std::optional<Error> m_error;
  Timestamp m_retryAt = kNever;
  Timestamp m_attemptAgainAt = kNever;  ///< Where the last attempt fails at once.
  Timestamp m_awaySince = kNever;
  Timestamp m_onlineSince = kNever;
  std::optional<Timestamp> m_replacedAt;  ///< When a connection of ours last gave way to another of ours.

  std::unique_ptr<net::Resolver::Query> m_query;
  std::vector<net::SocketAddress> m_addresses;  ///< The last answer, for when a look-up fails or hangs.
  std::size_t m_addressTurn = 0;                ///< Which of them is next.

  std::vector<std::unique_ptr<ServerPath>> m_candidates;  ///< Handshakes under way, oldest first.
  std::unique_ptr<ServerPath> m_current;                  ///< Logs in, or is logged in.
  std::unique_ptr<ServerPath> m_spare;  ///< Would replace the current one, which may still answer.
  SilenceWatch m_watch{ServerPath::kKeepAlive};
  transport::Stream* m_control = nullptr;
  std::unique_ptr<session::ClientSession> m_session;
  std::optional<Error> m_sessionError;
};

}  // namespace adit::client
