// SPDX-License-Identifier: Apache-2.0
#pragma once
// The server's end of a session on one connection. Nothing beyond a bounded login message is accepted before
// login; whether a token is good and which tunnels get which names is asked of the handler. Sans-I/O over the
// control stream's bytes (those after its stream head); a table of states. Owned by the client's connection
// on the server; one thread.

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/token_bucket.h"
#include "core/wire/control_messages.h"
#include "core/wire/error_codes.h"

namespace adit::session {

enum class ServerSessionState : std::uint8_t {
  AwaitingLogin,   ///< Nothing but a Login is accepted.
  Authenticating,  ///< The handler looks the token up; the client has to wait for the answer.
  Ready,           ///< Logged in.
  Draining,        ///< Logged in, and one side leaves.
  Failed,          ///< Over.
};
std::string_view toString(ServerSessionState state) noexcept;

/// Whether a session may go from one state to the other.
constexpr bool isAllowed(ServerSessionState from, ServerSessionState to) noexcept {
  // Rows: from. Columns: to AwaitingLogin, Authenticating, Ready, Draining, Failed.
  constexpr std::array<std::array<bool, 5>, 5> kAllowed = {{
      {false, true, false, false, true},
      {false, false, true, false, true},
      {false, false, false, true, true},
      {false, false, false, false, true},
      {false, false, false, false, false},
  }};
  return kAllowed[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
}

/// The answer to a login: accepted, or an error that becomes LoginRefused with its code and sentence. Empty:
/// it follows by ServerSession::finishLogin.
using LoginVerdict = std::optional<Result<wire::LoginAccepted>>;

class ServerSession {
 public:
  /// The callbacks may call any method of the session but not destroy it.
  class Handler {
   public:
    virtual void sendControl(ByteView bytes) = 0;
    /// Is the token good? The session fills in version and heartbeat and takes out capabilities that the
    /// client did not offer. clientName, agent and program are fit for display.
    virtual LoginVerdict authenticate(const wire::Login& login) = 0;
    /// The answers known now; the session fills in the revision. Those that are left out follow by
    /// ServerSession::answer. A kind may be one this version does not know: Unsupported.
    virtual wire::Declared apply(const wire::Declare& declare) = 0;
    /// Gives up a reserved name; the session fills in the request's number.
    virtual wire::Released release(const wire::Release& release) = 0;
    /// The client answered the newest probe(): it lives.
    virtual void onProbeAnswered() = 0;
    /// The reason is fit for display.
    virtual void onClientDraining(const wire::Drain& drain) = 0;
    /// The session is over; close the connection with `code` (after what was sent). Last callback.
    virtual void onSessionFailed(const Error& error, wire::AppError code) = 0;

   protected:
    ~Handler() = default;
  };
  struct Params {
    Duration loginTimeout = std::chrono::seconds(5);
    Duration heartbeat =
        std::chrono::seconds(5);    ///< Told to the client; silent for 3 of these: HeartbeatLost.
    double messageBurst = 500;      ///< Control messages in a burst, unknown ones too ...
    double messagesPerSecond = 50;  ///< ... and in the long run; more is LimitExceeded.
  };
  ServerSession(Params params, Handler& handler, Timestamp now);
  void receive(ByteView bytes, Timestamp now);
  /// The verdict that authenticate() left open. Ignored where the session is not Authenticating any more.
  void finishLogin(Result<wire::LoginAccepted> verdict, Timestamp now);
  /// Answers that apply() left out. Ignored where `declared` is not of the newest revision, whose answers
  /// count alone.
  void answer(wire::Declared declared);
  /// Tells the client that it lost the names of these tunnels. Nothing before login.
  void withdraw(const wire::Withdrawn& withdrawn);
  /// Asks the client whether it lives; onProbeAnswered says that it does. Nothing before login.
  void probe();
  /// Asks the client to leave; after `deadline` the session fails with Closed (code Draining) where its owner
  /// has not ended it before. Before login it fails at once: the client comes back elsewhere.
  void drain(Duration deadline, std::string_view reason, Timestamp now);
  /// The client ended its direction of the control stream, or either side's was aborted. Only a client that
  /// has sent Drain may do so (it has left: NoError); otherwise that is a protocol violation.
  void controlEnded();
  [[nodiscard]] Timestamp deadline() const noexcept;
  void expire(Timestamp now);
  [[nodiscard]] ServerSessionState state() const noexcept { return m_state; }
  /// LoginRefused was sent: the connection is closed when the client has had time to read it.
  [[nodiscard]] bool wasRefused() const noexcept { return m_refused; }

 private:
  void handle(const wire::ControlMessage& message, Timestamp now);
  void onLogin(wire::Login login, Timestamp now);
  void onPong(const wire::Pong& pong);
  void onRelease(const wire::Release& release);
  void refuse(const Error& error, wire::AppError code);
  void onDeclare(const wire::Declare& declare);
  void onDrain(wire::Drain drain, Timestamp now);
  bool payForMessages(Timestamp now);
  void heard(Timestamp now);
  void send(const wire::ControlMessage& message);
  void outOfPlace(const wire::ControlMessage& message);
  void fail(Error error, wire::AppError code);
  bool moveTo(ServerSessionState next);
  [[nodiscard]] bool loggedIn() const noexcept {
    return m_state == ServerSessionState::Ready || m_state == ServerSessionState::Draining;
  }

  Params m_params;
  Handler& m_handler;
  wire::ControlReader m_reader;
  TokenBucket m_budget;
  ServerSessionState m_state = ServerSessionState::AwaitingLogin;
  std::vector<std::string> m_offered;  // capabilities of the login
  std::uint32_t m_version = wire::kProtocolVersion;
  std::uint64_t m_revision = 0;
  std::uint64_t m_probe = 0;         // the newest nonce of ours
  std::uint64_t m_counted = 0;       // of m_reader.taken(), already paid for
  bool m_graced = false;             // a late wake-up was forgiven since the client was last heard
  Timestamp m_deadline;              // login, then a drain of ours
  Timestamp m_silentUntil = kNever;  // when a silent client is given up
  bool m_refused = false;
  bool m_clientLeaves = false;   // it sent Drain ...
  Timestamp m_leaveBy = kNever;  // ... and its time, with one heartbeat more, ends here
};

}  // namespace adit::session
