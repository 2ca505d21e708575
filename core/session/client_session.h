// SPDX-License-Identifier: Apache-2.0
#pragma once
// The client's end of a session on one connection: login, declaring tunnels by full snapshots with a revision, heartbeat,
// drain. Sans-I/O over the control stream's bytes; states and allowed transitions are a table. Owned by the client's
// connection; one thread.

#include <vector>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/wire/control_messages.h"
#include "core/wire/error_codes.h"

namespace adit::session {

enum class ClientSessionState : std::uint8_t { Idle, LoggingIn, Ready, Draining, Failed };

class ClientSession {
 public:
  class Handler {
   public:
    virtual void sendControl(ByteView bytes) = 0;
    virtual void onLoggedIn(const wire::LoginAccepted& accepted) = 0;
    /// The server's answer to the newest declaration (older ones are dropped here).
    virtual void onDeclared(const wire::Declared& declared) = 0;
    /// The server asks to leave.
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
  void start(Timestamp now);
  /// Remembers the set and sends it once logged in; revisions count up inside.
  void declare(std::vector<wire::TunnelDeclaration> tunnels, Timestamp now);
  void receive(ByteView bytes, Timestamp now);
  /// Tells the server that this client leaves.
  void drain(Duration deadline, std::string_view reason, Timestamp now);
  [[nodiscard]] Timestamp deadline() const noexcept;
  void expire(Timestamp now);
  [[nodiscard]] ClientSessionState state() const noexcept { return m_state; }

 private:
  void handle(const wire::ControlMessage& message, Timestamp now);
  void sendDeclaration();
  void fail(Error error, wire::AppError code);
  bool moveTo(ClientSessionState next);

  Params m_params;
  Handler& m_handler;
  wire::ControlReader m_reader;
  ClientSessionState m_state = ClientSessionState::Idle;
  std::vector<wire::TunnelDeclaration> m_tunnels;
  std::uint64_t m_revision = 0;
  bool m_hasDeclaration = false;
  Duration m_heartbeat{};
  Timestamp m_deadline = kNever;
  Timestamp m_nextPing = kNever;
  Timestamp m_pongDue = kNever;
  std::uint64_t m_nonce = 0;
};

}  // namespace adit::session
