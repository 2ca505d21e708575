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
  Draining,   ///< Logged in, and one side is leaving.
  Failed,     ///< Over.
};
std::string_view toString(ClientSessionState state) noexcept;

/// Whether a session may change from one state to the other.
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
    /// Answers to the newest declaration; answers to older ones are dropped. Those that the server knows at
    /// once come first, the others later. Contains only ids that were declared. Tunnels beyond what a message
    /// can carry are answered here with LimitExceeded. Texts are fit for display.
    virtual void onDeclared(const wire::Declared& declared) = 0;
    /// Tunnels lost their names to another session of the user. Contains only ids that were declared. The
    /// owner must leave them out of later declarations. The message is fit for display.
    virtual void onWithdrawn(const wire::Withdrawn& withdrawn) = 0;
    /// The answer to a release(). The message is fit for display.
    virtual void onReleased(const wire::Released& released) = 0;
    /// The server asks this client to leave. The reason is fit for display.
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
  /// Sends the login. Call once.
  void start(Timestamp now);
  /// Stores the set of tunnels and sends it when logged in, with the next revision. While an answer is
  /// awaited, a newer set waits for it, so that adding many tunnels at once costs few messages.
  void declare(std::vector<wire::TunnelDeclaration> tunnels, Timestamp now);
  /// Asks the server to release a name that is reserved for this client's principal; the answer repeats
  /// `request`. Returns false, and sends nothing, if the session is not logged in.
  bool release(std::uint64_t request, std::string name);
  void receive(ByteView bytes, Timestamp now);
  /// Tells the server that this client leaves. After `deadline` the session fails with Closed, unless its
  /// owner ends it before. Before login it fails with Cancelled at once.
  void drain(Duration deadline, std::string_view reason, Timestamp now);
  /// The server ended its direction of the control stream, or either direction was aborted. After a
  /// LoginRefused that is expected; otherwise it is a protocol violation.
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
  bool m_hasDeclaration = false;  // a set of tunnels that was not sent yet
  bool m_awaitsAnswer = false;
  bool m_graced = false;  // a late wake-up was forgiven since the last Pong
  Duration m_heartbeat{};
  Timestamp m_deadline = kNever;  // of the login, later of our own drain
  Timestamp m_nextPing = kNever;
  Timestamp m_lastPing = kNever;
  Timestamp m_pongDue = kNever;
  std::uint64_t m_nonce = 0;
};

}  // namespace adit::session
