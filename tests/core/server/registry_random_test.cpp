// SPDX-License-Identifier: Apache-2.0
// A registry through random logins, declarations, probes, departures and restarts, beside a model that
// believes what clients are told: a name that a session was given, and that was not taken from it, leads to
// it.
#include <map>
#include <optional>
#include <set>

#include "tests/core/server/registry_bench.h"

using namespace adit;
using namespace adit::test;

namespace {

/// A client as far as it knows.
struct Client {
  Person who;
  SessionId session = 0;                       ///< 0: not connected.
  std::map<std::uint64_t, std::string> names;  ///< What it was given, by tunnel.
  std::set<SessionId> open;                    ///< Holders that were asked for it.
};

struct Model {
  explicit Model(std::uint64_t seed) : random(seed) {
    for (std::uint8_t i = 0; i < 9; ++i) {
      const std::uint8_t device = i / 2;
      clients.push_back({{.device = device,
                          .instance = std::to_string(i),
                          .principal = i < 6 ? "jane" : "joe",
                          .worker = i % 3U,
                          .maxNames = 12},
                         0,
                         {},
                         {}});
    }
  }

  /// The answer to another tunnel with the id of one before it, which it does not concern.
  static bool isRepeated(const wire::TunnelAnswer& answer) { return answer.code == "invalid-argument"; }

  Client* clientOf(SessionId session) {
    for (Client& client : clients) {
      if (client.session == session) return &client;
    }
    return nullptr;
  }

  void follow(Client& client, const Registry::Applied& applied) {
    for (const wire::TunnelAnswer& answer : applied.declared.answers) {
      if (answer.accepted) {
        client.names[answer.id] = answer.name;
      } else if (!isRepeated(answer)) {
        client.names.erase(answer.id);
      }
    }
    for (const auto& withdrawal : applied.withdrawals) {
      Client* loser = clientOf(withdrawal.from.id);
      QVERIFY(loser != nullptr);
      for (const std::uint64_t tunnel : withdrawal.message.tunnels) loser->names.erase(tunnel);
    }
    for (const auto& holder : applied.contested) client.open.insert(holder.id);
  }

  void login(Client& client) {
    const SessionId before = client.session;
    const auto registered = bench.login(client.who, now);
    QCOMPARE(registered.displaced.has_value(), before != 0);
    client.session = registered.id;
    client.open.clear();
    // Whatever it had and was not told to be gone, it has still.
    std::set<std::uint64_t> resumed(registered.tunnels.begin(), registered.tunnels.end());
    if (before != 0) {
      for (const auto& [tunnel, name] : client.names) QVERIFY(resumed.contains(tunnel));
    }
    std::erase_if(client.names, [&](const auto& entry) { return !resumed.contains(entry.first); });
  }

  void declare(Client& client) {
    std::vector<wire::TunnelDeclaration> tunnels;
    for (std::uint64_t id = 0; id < 3; id += random.below(6) == 0 ? 0 : 1) {  // some are declared twice
      if (random.below(4) == 0) continue;
      auto tunnel = httpTunnel(id, random.below(5) == 0 ? "" : "n" + std::to_string(random.below(14)));
      tunnel.takeOver = random.below(4) == 0;
      tunnel.chosen = random.below(5) == 0;
      tunnels.push_back(std::move(tunnel));
    }
    std::erase_if(client.names, [&](const auto& entry) {
      return std::none_of(tunnels.begin(), tunnels.end(), [&](const auto& t) { return t.id == entry.first; });
    });
    // What is contested is not its own for now, whatever the tunnel had before.
    const auto applied = bench.declareAll(client.session, tunnels, now);
    std::set<std::uint64_t> answered;
    for (const auto& answer : applied.declared.answers) {
      if (!isRepeated(answer)) answered.insert(answer.id);
    }
    std::erase_if(client.names, [&](const auto& entry) { return !answered.contains(entry.first); });
    client.open.clear();
    follow(client, applied);
  }

  void step() {
    now += std::chrono::milliseconds(random.below(20'000));
    Client& client = clients[random.below(clients.size())];
    const bool online = client.session != 0;
    switch (random.below(8)) {
      case 0:
        return login(client);
      case 1:
      case 2:
      case 3:
        if (online) declare(client);
        return;
      case 4:
        if (!online || client.open.empty()) return;
        {
          const SessionId holder = *client.open.begin();
          client.open.erase(holder);
          follow(client, bench.registry.settle(client.session, holder, random.below(2) == 0, at(now)));
        }
        return;
      case 5:
        if (!online) return;
        bench.registry.removeSession(
            client.session, random.below(2) == 0 ? Registry::Departure::Lost : Registry::Departure::Left,
            at(now));
        client.session = 0;
        return;
      case 6:
        if (online) bench.registry.release(client.session, "n" + std::to_string(random.below(14)), at(now));
        return;
      default:
        now += std::chrono::hours(random.below(30));
    }
  }

  void check() {
    const auto table = bench.registry.routes().newest();
    std::map<std::string, SessionId> held;
    for (const Client& client : clients) {
      if (client.session == 0) continue;
      for (const auto& [tunnel, name] : client.names) {
        QVERIFY2(held.emplace(name, client.session).second, name.c_str());
        const routing::RouteEntry* route = table->find(name);
        QVERIFY2(route != nullptr, name.c_str());
        QVERIFY2(
            (route->servers == std::vector{routing::RouteServer{client.session, client.who.worker, tunnel}}),
            name.c_str());
        QCOMPARE(route->principal->id, client.who.principal);
      }
    }
    for (int i = 0; i < 14; ++i) {
      const std::string name = "n" + std::to_string(i);
      const routing::RouteEntry* route = table->find(name);
      if (route != nullptr && route->isOnline()) QVERIFY2(held.contains(name), name.c_str());
    }
  }

  RegistryBench bench;
  SeededRandom random;
  std::vector<Client> clients;
  Duration now = 0s;
};

}  // namespace

class RegistryRandomTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void clientsAreToldTheTruth_data() {
    QTest::addColumn<quint64>("seed");
    for (quint64 seed = 1; seed <= 20; ++seed) QTest::addRow("seed %d", static_cast<int>(seed)) << seed;
  }
  void clientsAreToldTheTruth() {
    QFETCH(quint64, seed);
    Model model(seed);
    for (int i = 0; i < 3000 && !QTest::currentTestFailed(); ++i) {
      model.step();
      model.check();
    }
  }
};

QTEST_APPLESS_MAIN(RegistryRandomTest)
#include "registry_random_test.moc"
