// SPDX-License-Identifier: Apache-2.0
// What the server's registry costs with 100,000 names in 1,000 sessions: a declaration, a storm in which
// every session comes back, and a look-up. Prints times of this thread; judges nothing.
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/server/registry.h"

using namespace adit;
using namespace adit::server;

namespace {

constexpr std::size_t kSessions = 1000;
constexpr std::size_t kTunnels = 100;

/// Processor time of this thread, so that the machine's other work does not count.
double cpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

std::string nameOf(std::size_t session, std::size_t tunnel) {
  return "name-" + std::to_string(session * kTunnels + tunnel);
}

wire::Declare declarationOf(std::size_t session, std::uint64_t revision) {
  wire::Declare declare{revision, {}};
  for (std::size_t i = 0; i < kTunnels; ++i)
    declare.tunnels.push_back({i, wire::TunnelKind::Http, nameOf(session, i)});
  return declare;
}

struct Bench {
  ConfigSource config{ServerConfig{{}, "t.example.com"}};
  Registry registry{{}, config};
  std::vector<SessionId> sessions = std::vector<SessionId>(kSessions);
  std::vector<access::PrincipalPtr> principals;
  Timestamp now = MonotonicClock::now();
  std::uint64_t revision = 0;
  // Two workers that take each snapshot, as they do at their next event.
  Published<routing::RouteTable>::Reader first{registry.routes()}, second{registry.routes()};

  Bench() {
    for (std::size_t i = 0; i < kSessions; ++i) {
      principals.push_back(
          std::make_shared<access::Principal>(access::Principal{"principal-" + std::to_string(i), "", {}}));
    }
  }
  void login(std::size_t index) {
    Registry::Newcomer newcomer{{}, "instance", principals[index], static_cast<unsigned>(index % 2), {}};
    newcomer.device.sha256[0] = static_cast<std::uint8_t>(index);
    newcomer.device.sha256[1] = static_cast<std::uint8_t>(index >> 8);
    sessions[index] = registry.addSession(std::move(newcomer), now).value().id;
  }
  void declare(std::size_t index, const wire::Declare& declaration) {
    const auto applied = registry.apply(sessions[index], declaration, now);
    if (applied.declared.answers.size() != declaration.tunnels.size()) std::abort();
    first.current();
    second.current();
  }
  /// Everybody logs in and declares; the seconds of processor time that the registry took.
  double storm() {
    double spent = 0;
    for (std::size_t i = 0; i < kSessions; ++i) {
      const wire::Declare declaration = declarationOf(i, ++revision);
      const double begun = cpuSeconds();
      login(i);
      declare(i, declaration);
      spent += cpuSeconds() - begun;
    }
    return spent;
  }
};

void print(const char* what, double value, const char* unit, const char* bar) {
  std::printf("%-66s %9.2f %s  (bar %s)\n", what, value, unit, bar);
}

}  // namespace

int main() {
  Bench bench;
  print("storm: 1,000 new sessions of 100 names each", bench.storm(), "s ", "1");
  print("storm: the same sessions reconnect and take themselves over", bench.storm(), "s ", "1");
  for (const SessionId session : bench.sessions)
    bench.registry.removeSession(session, Registry::Departure::Lost, bench.now);
  print("storm: all were lost and come back", bench.storm(), "s ", "1");

  SeededRandom random(1);
  const auto median = [](std::vector<double>& values) {
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                     values.end());
    return values[values.size() / 2];
  };
  std::vector<double> unchanged, changed;
  for (int round = 0; round < 2000; ++round) {
    const std::size_t index = random.below(kSessions);
    wire::Declare declaration = declarationOf(index, ++bench.revision);
    double begun = cpuSeconds();
    bench.declare(index, declaration);
    unchanged.push_back((cpuSeconds() - begun) * 1e6);
    declaration.revision = ++bench.revision;
    declaration.tunnels.back().name = "other-" + std::to_string(round);
    begun = cpuSeconds();
    bench.declare(index, declaration);
    changed.push_back((cpuSeconds() - begun) * 1e6);
  }
  print("a declaration of 100 tunnels that says the same again, median", median(unchanged), "us", "50");
  print("a declaration of 100 tunnels, one of them renamed, median", median(changed), "us", "50");

  std::vector<std::string> names;
  for (std::size_t i = 0; i < 1 << 16; ++i)
    names.push_back(nameOf(random.below(kSessions), random.below(kTunnels - 1)));
  constexpr int kRounds = 40;
  std::size_t found = 0;
  const double begun = cpuSeconds();
  for (int round = 0; round < kRounds; ++round) {
    for (const std::string& name : names) found += bench.first.current()->find(name) != nullptr ? 1 : 0;
  }
  const double spent = cpuSeconds() - begun;
  if (found != names.size() * kRounds) std::abort();
  print("a look-up among 100,000 names, at random", spent / static_cast<double>(found) * 1e9, "ns", "60");
  return 0;
}
