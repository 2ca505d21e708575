// SPDX-License-Identifier: Apache-2.0
#pragma once
// The server's end of a session on one connection. Before login it accepts a login message of bounded size
// and nothing else. The handler decides whether a token is valid and which tunnel gets which name. Sans-I/O:
// it works on the bytes of the control stream after its stream head. A table has the states and the allowed
// transitions. Owned by the client's connection on the server; one thread.

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
  Authenticating,  ///< The handler is checking the token; the client has to wait for the answer.
  Ready,           ///< Logged in.
  Draining,        ///< Logged in, and one side is leaving.
  Failed,          ///< Over.
};
std::string_view toString(ServerSessionState state) noexcept;

/// Whether a session may change from one state to the other.
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

/// The answer to a login: accepted, or an error whose code and sentence are sent as LoginRefused. Empty:
/// ServerSession::finishLogin gives it later.
using LoginVerdict = std::optional<Result<wire::LoginAccepted>>;

class ServerSession {
 public:
  /// The callbacks may call any method of the session but not destroy it.
  class Handler {
   public:
    virtual void sendControl(ByteView bytes) = 0;
    /// Checks the token. The session fills in version and heartbeat and removes capabilities that the client
    /// did not offer. clientName, agent and program are fit for display.
    virtual LoginVerdict authenticate(const wire::Login& login) = 0;
    /// Returns the answers that are known now; ServerSession::answer gives the others later. The session
    /// fills in the revision. A tunnel's kind may be one that this version does not know: Unsupported.
    virtual wire::Declared apply(const wire::Declare& declare) = 0;
    /// Releases a reserved name. The session fills in the request's number.
    virtual wire::Released release(const wire::Release& release) = 0;
    /// The client answered the newest probe(), so it is alive.
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
    Duration heartbeat = std::chrono::seconds(
        5);  ///< Told to the client. A client that is silent for 3 of these is lost (HeartbeatLost).
    double messageBurst = 500;      ///< Control messages at once, unknown ones included ...
    double messagesPerSecond = 50;  ///< ... and on average; more are LimitExceeded.
  };
  ServerSession(Params params, Handler& handler, Timestamp now);
  void receive(ByteView bytes, Timestamp now);
  /// The answer to the login that authenticate() left open. Ignored if the session is no longer
  /// Authenticating.
  void finishLogin(Result<wire::LoginAccepted> verdict, Timestamp now);
  /// Answers that apply() left out. Ignored unless `declared` is of the newest revision.
  void answer(wire::Declared declared);
  /// Tells the client that it lost the names of these tunnels. Does nothing before login.
  void withdraw(const wire::Withdrawn& withdrawn);
  /// Asks the client whether it is alive; onProbeAnswered tells when it answered. Does nothing before login.
  void probe();
  /// Asks the client to leave. After `deadline` the session fails with Closed (code Draining), unless its
  /// owner ends it before. Before login it fails at once; the client then connects elsewhere.
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
  std::vector<std::string> m_offered;  // the capabilities in the login
  std::uint32_t m_version = wire::kProtocolVersion;
  std::uint64_t m_revision = 0;
  std::uint64_t m_probe = 0;         // the newest nonce of ours
  std::uint64_t m_counted = 0;       // how much of m_reader.taken() the message budget has paid for
  bool m_graced = false;             // a late wake-up was forgiven since the client was last heard
  Timestamp m_deadline;              // of the login, later of our own drain
  Timestamp m_silentUntil = kNever;  // when a silent client counts as lost
  bool m_refused = false;
  bool m_clientLeaves = false;   // it has sent Drain ...
  Timestamp m_leaveBy = kNever;  // ... and must have left by then: its deadline and one heartbeat
};

}  // namespace adit::session
