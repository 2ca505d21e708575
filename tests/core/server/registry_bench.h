// SPDX-License-Identifier: Apache-2.0
#pragma once
// A Registry with people who log in, on a time line of the test's own.

#include <QTest>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/server/registry.h"

namespace adit::test {

using namespace adit::server;
using namespace std::chrono_literals;

inline Timestamp at(Duration sinceStart) { return Timestamp(1h) + sinceStart; }

inline tls::Pin key(std::uint8_t number) {
  tls::Pin pin;
  pin.sha256[0] = number;
  return pin;
}
inline access::PrincipalPtr principal(const std::string& id, std::size_t maxNames = 1000) {
  return std::make_shared<access::Principal>(access::Principal{id, id, {maxNames}});
}
inline wire::Declare declare(std::vector<wire::TunnelDeclaration> tunnels, std::uint64_t revision = 1) {
  return {revision, std::move(tunnels)};
}
inline wire::TunnelDeclaration httpTunnel(std::uint64_t id, std::string name) {
  return {id, wire::TunnelKind::Http, std::move(name)};
}

/// Who logs in: by default Jane's terminal on her laptop.
struct Person {
  std::uint8_t device = 1;
  std::string instance = "one";
  std::string principal = "jane";
  unsigned worker = 0;
  std::string deviceName = "laptop";
  std::size_t maxNames = 1000;
};

inline RegistryParams threeTunnels() {
  RegistryParams params;
  params.maxTunnels = 3;
  return params;
}

struct RegistryBench {
  explicit RegistryBench(RegistryParams params = threeTunnels()) : registry(std::move(params), config) {}

  Result<Registry::Registered> tryLogin(const Person& who, Duration now = 0s) {
    return registry.addSession({key(who.device),
                                who.instance,
                                principal(who.principal, who.maxNames),
                                who.worker,
                                {who.deviceName, "terminal", 4711, 1'700'000'000}},
                               at(now));
  }
  Registry::Registered login(const Person& who = {}, Duration now = 0s) { return tryLogin(who, now).value(); }
  /// Declares with a revision larger than the one before.
  Registry::Applied declareAll(SessionId session, std::vector<wire::TunnelDeclaration> tunnels,
                               Duration now = 0s) {
    return registry.apply(session, declare(std::move(tunnels), ++m_revision), at(now));
  }
  /// One tunnel of that name, and what becomes of it: "ok", an error code, or "contested".
  std::string ask(SessionId session, const std::string& name, Duration now = 0s) {
    return verdict(declareAll(session, {httpTunnel(1, name)}, now));
  }
  static std::string verdict(const Registry::Applied& applied) {
    if (applied.declared.answers.empty()) return applied.contested.empty() ? "nothing" : "contested";
    const wire::TunnelAnswer& answer = applied.declared.answers.at(0);
    return answer.accepted ? std::string("ok") : answer.code;
  }
  void lose(SessionId session, Duration now = 0s) {
    registry.removeSession(session, Registry::Departure::Lost, at(now));
  }
  void leave(SessionId session, Duration now = 0s) {
    registry.removeSession(session, Registry::Departure::Left, at(now));
  }
  /// As visitors find it: "offline", "unknown", or the session's id and tunnel as "7/1".
  std::string route(std::string_view name, Duration now = 0s) const {
    const auto table = registry.routes().newest();
    const routing::RouteEntry* found = table->find(name);
    if (found == nullptr) return "unknown";
    if (!found->isOnline()) return found->offlineUntil > at(now) ? "offline" : "unknown";
    return std::to_string(found->servers.at(0).session) + "/" + std::to_string(found->servers.at(0).tunnel);
  }
  static std::string to(const Registry::Registered& session, std::uint64_t tunnel = 1) {
    return std::to_string(session.id) + "/" + std::to_string(tunnel);
  }

  ConfigSource config{ServerConfig{{}, "t.example.com"}};
  mutable Registry registry;

 private:
  std::uint64_t m_revision = 0;
};

}  // namespace adit::test
