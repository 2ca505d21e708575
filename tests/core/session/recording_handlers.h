// SPDX-License-Identifier: Apache-2.0
#pragma once
// Handlers that write down what a session tells them, and what every session test needs: a time line, one of
// each message.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/session/client_session.h"
#include "core/session/server_session.h"

namespace adit::session::test {

using namespace std::chrono_literals;

inline Timestamp at(Duration sinceStart) { return Timestamp(std::chrono::hours(1)) + sinceStart; }

/// What both handlers record.
struct Record {
  std::vector<wire::ControlMessage> sent;
  std::optional<Error> error;
  std::optional<wire::AppError> code;
  int failures = 0;
  std::vector<wire::Drain> drains;

  void take(ByteView bytes) {
    if (!reader.feed(bytes)) std::abort();
    wire::ControlMessage message;
    while (reader.next(message).value()) sent.push_back(message);
  }
  template <typename Message>
  [[nodiscard]] std::vector<Message> sentOf() const {
    std::vector<Message> result;
    for (const auto& message : sent) {
      if (const auto* found = std::get_if<Message>(&message)) result.push_back(*found);
    }
    return result;
  }
  void failed(const Error& e, wire::AppError c) {
    error = e;
    code = c;
    ++failures;
  }
  wire::ControlReader reader;
};

struct ClientRecord final : Record, ClientSession::Handler {
  std::vector<wire::LoginAccepted> accepted;
  std::vector<wire::Declared> declared;
  std::vector<wire::Withdrawn> withdrawn;
  std::vector<wire::Released> released;
  std::function<void()> onEvent;  ///< Runs inside every callback.

  void sendControl(ByteView bytes) override { take(bytes), event(); }
  void onLoggedIn(const wire::LoginAccepted& message) override { accepted.push_back(message), event(); }
  void onDeclared(const wire::Declared& message) override { declared.push_back(message), event(); }
  void onWithdrawn(const wire::Withdrawn& message) override { withdrawn.push_back(message), event(); }
  void onReleased(const wire::Released& message) override { released.push_back(message), event(); }
  void onServerDraining(const wire::Drain& drain) override { drains.push_back(drain), event(); }
  void onSessionFailed(const Error& e, wire::AppError c) override { failed(e, c), event(); }
  void event() {
    if (onEvent) onEvent();
  }
};

struct ServerRecord final : Record, ServerSession::Handler {
  std::vector<wire::Login> logins;
  std::vector<wire::Declare> declares;
  std::vector<wire::Release> releases;
  int probesAnswered = 0;
  std::optional<Error> refusal;
  bool waits = false;  ///< Verdicts and answers are left open.
  wire::LoginAccepted answer{9, "s-1", "t.example.com", 100, 0, {"push", "unasked"}};
  std::function<void()> onEvent;

  void sendControl(ByteView bytes) override { take(bytes), event(); }
  LoginVerdict authenticate(const wire::Login& login) override {
    logins.push_back(login);
    event();
    if (waits) return std::nullopt;
    if (refusal) return fail(*refusal);
    return answer;
  }
  wire::Declared apply(const wire::Declare& declare) override {
    declares.push_back(declare);
    event();
    wire::Declared declared;
    if (waits) return declared;
    for (const auto& tunnel : declare.tunnels) {
      declared.answers.push_back({tunnel.id, true, "shop", "http://shop.t.example.com", "", ""});
    }
    return declared;
  }
  wire::Released release(const wire::Release& release) override {
    releases.push_back(release);
    event();
    return {0, true, "", ""};
  }
  void onProbeAnswered() override { ++probesAnswered, event(); }
  void onClientDraining(const wire::Drain& drain) override { drains.push_back(drain), event(); }
  void onSessionFailed(const Error& e, wire::AppError c) override { failed(e, c), event(); }
  void event() {
    if (onEvent) onEvent();
  }
};

/// One valid message of each type, in their order.
inline std::vector<wire::ControlMessage> oneOfEach() {
  return {wire::Login{1, 1, "token", "laptop", "adit/0.1.0", {"push"}},
          wire::LoginAccepted{1, "s-1", "t.example.com", 100, 5000, {"push"}},
          wire::LoginRefused{"token-unknown", "no such token"},
          wire::Declare{1, {{1, wire::TunnelKind::Http, "shop"}}},
          wire::Declared{1, {{1, true, "shop", "http://shop.t.example.com", "", ""}}},
          wire::Ping{5},
          wire::Pong{0},
          wire::Drain{1000, "restart"},
          wire::Withdrawn{{1}, "taken-over", "it moved"},
          wire::Release{1, "shop"},
          wire::Released{1, true, "", ""}};
}

template <typename Session>
void give(Session& session, const wire::ControlMessage& message, Timestamp now) {
  const std::string bytes = wire::encode(message);
  session.receive(asBytes(bytes), now);
}

}  // namespace adit::session::test
