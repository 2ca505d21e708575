// SPDX-License-Identifier: Apache-2.0
#pragma once
// The server's end of a session on one connection. Nothing beyond a bounded login message is accepted before login; whether a
// token is good and which tunnels get which names is asked of the handler. Sans-I/O; a table of states; one thread.

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/wire/control_messages.h"
#include "core/wire/error_codes.h"

namespace adit::session {

enum class ServerSessionState : std::uint8_t { AwaitingLogin, Ready, Draining, Failed };

class ServerSession {
 public:
  class Handler {
   public:
    virtual void sendControl(ByteView bytes) = 0;
    /// Token, version and limits; an Error becomes LoginRefused with its code and sentence.
    virtual Result<wire::LoginAccepted> authenticate(const wire::Login& login) = 0;
    virtual wire::Declared apply(const wire::Declare& declare) = 0;
    virtual void onClientDraining(const wire::Drain& drain) = 0;
    /// The session is over; close the connection with `code` (after what was sent). Last callback.
    virtual void onSessionFailed(const Error& error, wire::AppError code) = 0;

   protected:
    ~Handler() = default;
  };
  struct Params {
    Duration loginTimeout = std::chrono::seconds(5);
    Duration heartbeat = std::chrono::seconds(5);  ///< Told to the client; silent for 3 of these: HeartbeatLost.
  };
  ServerSession(Params params, Handler& handler, Timestamp now);
  void receive(ByteView bytes, Timestamp now);
  void drain(Duration deadline, std::string_view reason, Timestamp now);
  [[nodiscard]] Timestamp deadline() const noexcept { return m_deadline; }
  void expire(Timestamp now);
  [[nodiscard]] ServerSessionState state() const noexcept { return m_state; }

 private:
  void handle(const wire::ControlMessage& message, Timestamp now);
  void fail(Error error, wire::AppError code);
  bool moveTo(ServerSessionState next);

  Params m_params;
  Handler& m_handler;
  wire::ControlReader m_reader;
  ServerSessionState m_state = ServerSessionState::AwaitingLogin;
  std::uint64_t m_revision = 0;
  Timestamp m_deadline;
};

}  // namespace adit::session
