// SPDX-License-Identifier: Apache-2.0
#pragma once
// The server's end of a session on one connection. Nothing beyond a bounded login message is accepted before
// login; whether a token is good and which tunnels get which names is asked of the handler. Sans-I/O over the
// control stream's bytes (those after its stream head); a table of states. Owned by the client's connection
// on the server; one thread.

#include <array>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/token_bucket.h"
#include "core/wire/control_messages.h"
#include "core/wire/error_codes.h"

namespace adit::session {

enum class ServerSessionState : std::uint8_t {
  AwaitingLogin,  ///< Nothing but a Login is accepted.
  Ready,          ///< Logged in.
  Draining,       ///< Logged in, and one side leaves.
  Failed,         ///< Over.
};
std::string_view toString(ServerSessionState state) noexcept;

/// Whether a session may go from one state to the other.
constexpr bool isAllowed(ServerSessionState from, ServerSessionState to) noexcept {
  // Rows: from. Columns: to AwaitingLogin, Ready, Draining, Failed.
  constexpr std::array<std::array<bool, 4>, 4> kAllowed = {{
      {false, true, false, true},
      {false, false, true, true},
      {false, false, false, true},
      {false, false, false, false},
  }};
  return kAllowed[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
}

class ServerSession {
 public:
  /// The callbacks may call any method of the session but not destroy it.
  class Handler {
   public:
    virtual void sendControl(ByteView bytes) = 0;
    /// Is the token good? An Error becomes LoginRefused with its code and sentence. The session fills in
    /// version and heartbeat and takes out capabilities that the client did not offer. clientName and agent
    /// are fit for display.
    virtual Result<wire::LoginAccepted> authenticate(const wire::Login& login) = 0;
    /// An answer for each tunnel; the session fills in the revision. A kind may be one this version does not
    /// know: Unsupported.
    virtual wire::Declared apply(const wire::Declare& declare) = 0;
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
  /// Asks the client to leave; after `deadline` the session fails with Closed (code Draining) where its owner
  /// has not ended it before. Before login it fails at once: the client comes back elsewhere.
  void drain(Duration deadline, std::string_view reason, Timestamp now);
  [[nodiscard]] Timestamp deadline() const noexcept;
  void expire(Timestamp now);
  [[nodiscard]] ServerSessionState state() const noexcept { return m_state; }

 private:
  void handle(const wire::ControlMessage& message, Timestamp now);
  void onLogin(wire::Login login, Timestamp now);
  void refuse(const Error& error, wire::AppError code);
  void onDeclare(const wire::Declare& declare);
  void onDrain(wire::Drain drain);
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
  std::uint64_t m_revision = 0;
  std::uint64_t m_counted = 0;       // of m_reader.taken(), already paid for
  bool m_graced = false;             // a late wake-up was forgiven since the client was last heard
  Timestamp m_deadline;              // login, then a drain of ours
  Timestamp m_silentUntil = kNever;  // when a silent client is given up
};

}  // namespace adit::session
