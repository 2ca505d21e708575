// SPDX-License-Identifier: Apache-2.0
#pragma once
// The client's end of a session on one connection: login, declaring tunnels by full snapshots with a
// revision, heartbeat, drain. Sans-I/O over the control stream's bytes (those after its stream head); states
// and allowed transitions are a table. Owned by the client's connection; one thread.

#include <array>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/wire/control_messages.h"
#include "core/wire/error_codes.h"

namespace adit::session {

enum class ClientSessionState : std::uint8_t {
  Idle,       ///< Not started.
  LoggingIn,  ///< Login is sent, no answer yet.
  Ready,      ///< Logged in.
  Draining,   ///< Logged in, and one side leaves.
  Failed,     ///< Over.
};
std::string_view toString(ClientSessionState state) noexcept;

/// Whether a session may go from one state to the other.
constexpr bool isAllowed(ClientSessionState from, ClientSessionState to) noexcept {
  // Rows: from. Columns: to Idle, LoggingIn, Ready, Draining, Failed.
  constexpr std::array<std::array<bool, 5>, 5> kAllowed = {{
      {false, true, false, false, true},
      {false, false, true, false, true},
      {false, false, false, true, true},
      {false, false, false, false, true},
      {false, false, false, false, false},
  }};
  return kAllowed[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
}

class ClientSession {
 public:
  /// The callbacks may call any method of the session but not destroy it.
  class Handler {
   public:
    virtual void sendControl(ByteView bytes) = 0;
    virtual void onLoggedIn(const wire::LoginAccepted& accepted) = 0;
    /// Answers to the newest declaration (those to older ones are dropped here): at first those the server
    /// knows at once, the others later. Only ids that were declared; those beyond what a message can carry
    /// are answered here with LimitExceeded. Texts are fit for display.
    virtual void onDeclared(const wire::Declared& declared) = 0;
    /// Tunnels lost their names to another session of the user. Only ids that were declared. The owner
    /// declares without them from now on. The message is fit for display.
    virtual void onWithdrawn(const wire::Withdrawn& withdrawn) = 0;
    /// The answer to a release(). The message is fit for display.
    virtual void onReleased(const wire::Released& released) = 0;
    /// The server asks to leave. The reason is fit for display.
    virtual void onServerDraining(const wire::Drain& drain) = 0;
    /// The session is over; close the connection with `code`. Last callback.
    virtual void onSessionFailed(const Error& error, wire::AppError code) = 0;

   protected:
    ~Handler() = default;
  };
  struct Params {
    wire::Login login;
    Duration loginTimeout = std::chrono::seconds(10);
  };
  ClientSession(Params params, Handler& handler);
  /// Sends the login. Once.
  void start(Timestamp now);
  /// Remembers the set and sends it once logged in; revisions count up inside. While an answer is awaited a
  /// newer set waits for it, so that a user who adds many tunnels at once costs few messages.
  void declare(std::vector<wire::TunnelDeclaration> tunnels, Timestamp now);
  /// Asks the server to give up a name that is reserved for this client's principal; the answer repeats
  /// `request`. False, and nothing is sent, where the session is not logged in.
  bool release(std::uint64_t request, std::string name);
  void receive(ByteView bytes, Timestamp now);
  /// Tells the server that this client leaves; after `deadline` the session fails with Closed where its owner
  /// has not ended it before. Before login it fails with Cancelled at once.
  void drain(Duration deadline, std::string_view reason, Timestamp now);
  /// The server ended its direction of the control stream, or either side's was aborted. Behind a
  /// LoginRefused that is as it should be; otherwise it is a protocol violation.
  void controlEnded();
  [[nodiscard]] Timestamp deadline() const noexcept;
  void expire(Timestamp now);
  [[nodiscard]] ClientSessionState state() const noexcept { return m_state; }

 private:
  void handle(const wire::ControlMessage& message, Timestamp now);
  void onAccepted(wire::LoginAccepted accepted, Timestamp now);
  void onRefused(const wire::LoginRefused& refused);
  void onAnswers(wire::Declared declared);
  void onWithdrawn(wire::Withdrawn withdrawn);
  void onReleased(wire::Released released);
  void onPong(const wire::Pong& pong);
  void onDrain(wire::Drain drain);
  void sendDeclaration();
  void sendPing(Timestamp now);
  void send(const wire::ControlMessage& message);
  void outOfPlace(const wire::ControlMessage& message);
  void fail(Error error, wire::AppError code);
  bool moveTo(ClientSessionState next);
  [[nodiscard]] bool loggedIn() const noexcept {
    return m_state == ClientSessionState::Ready || m_state == ClientSessionState::Draining;
  }

  Params m_params;
  Handler& m_handler;
  wire::ControlReader m_reader;
  ClientSessionState m_state = ClientSessionState::Idle;
  std::vector<wire::TunnelDeclaration> m_tunnels;
  std::uint64_t m_revision = 0;
  bool m_hasDeclaration = false;  // a set that was not sent yet
  bool m_awaitsAnswer = false;
  bool m_graced = false;  // a late wake-up was forgiven since the last Pong
  Duration m_heartbeat{};
  Timestamp m_deadline = kNever;  // login, then a drain of ours
  Timestamp m_nextPing = kNever;
  Timestamp m_lastPing = kNever;
  Timestamp m_pongDue = kNever;
  std::uint64_t m_nonce = 0;
};

}  // namespace adit::session
