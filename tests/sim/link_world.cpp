// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/link_world.h"

#include <cstdio>
#include <utility>

#include "core/access/token_snapshot.h"

namespace adit::sim {

using namespace std::chrono_literals;

namespace {

/// Longer than any path of a world takes for what a rogue's judgment needs: a few ways and a lost close.
constexpr Duration kSlack = 9s;
/// How long it may take until everybody is back: attempts at most 20 s apart, handshakes, logins.
constexpr Duration kSettleTime = 150s;
constexpr Duration kHeldAnswers = 12s;
constexpr std::size_t kMostDevices = 200;
constexpr auto& kNames = SimServer::kNames;

std::string tokenOf(std::size_t seat) { return "token-" + std::to_string(seat); }

}  // namespace

LinkWorld::LinkWorld(std::uint64_t seed) : m_schedule(seed), m_roguePath(m_schedule) {
  net::LoopParams params;
  params.time = &m_schedule;
  m_loop = std::move(net::EventLoop::create(params).value());
  m_schedule.turn = [this] { m_loop->runOnce(); };
  m_port.refuses = m_schedule.chance(30);
  m_roguePath.params.delay = m_schedule.upTo(50ms);
  m_roguePath.params.jitter = m_schedule.upTo(20ms);
  m_serverActs = rogueServerActs();
  m_clientActs = rogueClientActs(tokenOf(99));
}

LinkWorld::~LinkWorld() {
  m_seats.clear();
  killServer();
  m_loop->runOnce();
}

void LinkWorld::tell(const std::string& what) {
  if (!isTold) return;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(m_schedule.now().time_since_epoch());
  std::fprintf(stderr, "%9.3f %s\n", static_cast<double>(ms.count()) / 1000 - 3600, what.c_str());
}

SimServer::Tokens LinkWorld::tokens() const {
  std::vector<access::TokenSnapshot::Token> list;
  const auto add = [&list](std::size_t seat, std::string principal, bool revoked) {
    access::TokenSnapshot::Token token;
    token.id = tokenOf(seat);
    token.principal = std::move(principal);
    token.sha256 = access::hashToken(tokenOf(seat)).value();
    token.revoked = revoked;
    list.push_back(std::move(token));
  };
  // The first two share a principal.
  for (std::size_t i = 0; i < m_seats.size(); ++i) add(i, i < 2 ? "alice" : "bob", m_seats[i].isRevoked);
  add(99, "rogue", false);
  return std::make_shared<const access::TokenSnapshot>(std::move(list));
}

void LinkWorld::startServer() {
  if (m_server != nullptr) return;
  tell("a server starts");
  m_server = std::make_unique<SimServer>(m_schedule, *m_loop, tokens());
  m_server->restore(m_kept);
  m_server->interceptor = [this](SimLink& link) { return intercept(link); };
  m_port.server = m_server.get();
}

void LinkWorld::killServer() {
  excuseAll();
  m_port.server = nullptr;
  if (m_server == nullptr) return;
  m_kept = m_server->reservations();
  if (m_fault.empty()) m_fault = m_server->fault();
  for (Rogue* rogue : std::exchange(m_rogueClients, {})) rogue->isExcused = true;
  m_server.reset();
}

void LinkWorld::startClient(Seat& seat, std::size_t number) {
  SimClient::Params params;
  params.token = tokenOf(number);
  params.instance = "instance-" + std::to_string(m_nextInstance++);
  params.number = number;
  seat.client =
      std::make_unique<SimClient>(m_schedule, *m_loop, *seat.path, m_port, m_wires, std::move(params));
}

void LinkWorld::seatClients() {
  m_seats.resize(1 + m_schedule.random().below(3));
  m_nextDevice = m_seats.size();
  for (std::size_t i = 0; i < m_seats.size(); ++i) {
    Seat& seat = m_seats[i];
    seat.path = std::make_unique<SimPath>(m_schedule);
    PathParams& path = seat.path->params;
    path.delay = m_schedule.upTo(150ms);
    path.jitter = m_schedule.upTo(50ms);
    path.stallPercent = static_cast<unsigned>(m_schedule.random().below(6));
    path.window = 4096 << m_schedule.random().below(5);
    path.mostInPiece = 200 + m_schedule.random().below(4000);
    startClient(seat, i);
    const std::size_t count = 1 + m_schedule.random().below(3);
    for (std::size_t id = 1; id <= count; ++id) {
      SimClient::Tunnel& tunnel = seat.client->tunnels[id];
      if (m_schedule.chance(70)) tunnel.wanted = kNames[m_schedule.random().below(std::size(kNames))];
      tunnel.isStarted = m_schedule.chance(80);
    }
    m_schedule.after(m_schedule.upTo(2s), [this, i] {
      if (m_seats[i].client != nullptr) m_seats[i].client->connect();
    });
  }
}

void LinkWorld::plan() {
  const Duration length = 5s + m_schedule.upTo(35s);
  m_actionsEnd = m_schedule.now() + length;
  const std::size_t count = 1 + m_schedule.random().below(9);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t number = m_schedule.random().below(m_seats.size());
    const unsigned kind = static_cast<unsigned>(m_schedule.random().below(14));
    m_schedule.after(m_schedule.upTo(length), [this, number, kind] {
      Seat& seat = m_seats[number];
      switch (kind) {
        case 0:
          return cutPath(seat);
        case 1:
        case 2:
          return changeTunnels(seat);
        case 3:
          return changeNetwork(seat);
        case 4:
          return restartClient(number);
        case 5:
          return drainClient(number);
        case 6:
          return drainServer();
        case 7:
          return crashServer();
        case 8:
          return m_schedule.chance(30) ? revoke(seat) : changeTunnels(seat);
        case 9:
        case 10:
          return letRogueIn();
        case 11:
          return playServer(number);
        case 12:
          return breakControl(seat, LinkOracle::Side::Client);
        default:
          return breakControl(seat, LinkOracle::Side::Server);
      }
    });
  }
}

void LinkWorld::excuse(Seat& seat) {
  for (Rogue* rogue : std::exchange(seat.rogues, {})) rogue->isExcused = true;
}

void LinkWorld::excuseAll() {
  for (Seat& seat : m_seats) excuse(seat);
}

void LinkWorld::cutPath(Seat& seat) {
  const Duration time = m_schedule.chance(20) ? m_schedule.upTo(50s) : m_schedule.upTo(8s);
  tell("a path is cut for " + std::to_string(std::chrono::duration<double>(time).count()) + " s");
  excuse(seat);
  seat.path->cutUntil(m_schedule.now() + time);
}

void LinkWorld::changeTunnels(Seat& seat) {
  if (seat.client == nullptr) return;
  const std::uint64_t id = 1 + m_schedule.random().below(3);
  SimClient::Tunnel& tunnel = seat.client->tunnels[id];
  tell("client " + std::to_string(seat.client->params().number) + " changes tunnel " + std::to_string(id));
  if (m_schedule.chance(50)) {
    tunnel.isStarted = !tunnel.isStarted;
  } else {
    tunnel.isStarted = true;
    tunnel.wanted = kNames[m_schedule.random().below(std::size(kNames))];
    tunnel.takesOver = m_schedule.chance(50);
  }
  tunnel.isHeldElsewhere = false;
  seat.client->declare();
}

void LinkWorld::changeNetwork(Seat& seat) {
  if (seat.client == nullptr) return;
  excuse(seat);
  seat.client->link().networkChanged();
}

void LinkWorld::restartClient(std::size_t number) {
  Seat& seat = m_seats[number];
  if (seat.client == nullptr) return;
  tell("client " + std::to_string(number) + " is killed");
  excuse(seat);
  auto tunnels = seat.client->tunnels;
  seat.client.reset();
  startClient(seat, number);
  for (auto& [id, tunnel] : tunnels) {
    tunnel.isAnswered = tunnel.isAccepted = tunnel.isHeldElsewhere = false;
  }
  seat.client->tunnels = std::move(tunnels);
  m_schedule.after(m_schedule.upTo(3s), [this, number] {
    if (m_seats[number].client != nullptr &&
        m_seats[number].client->link().state() == client::LinkState::Offline)
      m_seats[number].client->connect();
  });
}

void LinkWorld::drainClient(std::size_t number) {
  Seat& seat = m_seats[number];
  if (seat.client == nullptr) return;
  tell("client " + std::to_string(number) + " drains");
  excuse(seat);
  seat.client->link().announceDrain(m_schedule.upTo(3s));
  m_schedule.after(m_schedule.upTo(5s), [this, number] {
    SimClient* client = m_seats[number].client.get();
    if (client == nullptr) return;
    excuse(m_seats[number]);
    client->link().close();
    m_schedule.after(m_schedule.upTo(2s), [this, number] {
      SimClient* again = m_seats[number].client.get();
      if (again != nullptr && again->link().state() == client::LinkState::Stopped) again->connect();
    });
  });
}

void LinkWorld::drainServer() {
  if (m_server == nullptr || m_server->isDraining()) return;
  const Duration deadline = m_schedule.upTo(4s);
  tell("the server drains");
  excuseAll();
  for (Rogue* rogue : std::exchange(m_rogueClients, {})) rogue->isExcused = true;
  m_server->drain(deadline);
  m_schedule.after(deadline, [this, server = m_server.get()] {
    if (m_server.get() != server) return;
    m_server->closeAll();
    m_loop->runOnce();
    m_schedule.after(1ms, [this, server] {
      if (m_server.get() != server) return;
      killServer();
      m_schedule.after(m_schedule.upTo(3s), [this] { startServer(); });
    });
  });
}

void LinkWorld::crashServer() {
  if (m_server == nullptr) return;
  tell("the server is killed");
  killServer();
  m_schedule.after(m_schedule.upTo(6s), [this] { startServer(); });
}

void LinkWorld::revoke(Seat& seat) {
  tell("a token is revoked");
  excuse(seat);
  seat.isRevoked = true;
  for (auto& wire : m_wires) {
    if (seat.client != nullptr && seat.client->owns(*wire)) wire->oracle.isRevoked = true;
  }
  if (m_server == nullptr) return;
  m_server->setTokens(tokens());
  for (auto& wire : m_wires) {
    if (seat.client == nullptr || !seat.client->owns(*wire) || !wire->oracle.isServersSession() ||
        wire->oracle.isExcused(LinkOracle::Side::Server))
      continue;
    if (wire->server.isOpen()) m_fault = "section 2.5: a session goes on with a revoked token";
  }
}

void LinkWorld::letRogueIn() {
  if (m_server == nullptr || m_server->isDraining() || m_nextDevice >= kMostDevices) return;
  const RogueAct& act = m_clientActs[m_schedule.random().below(m_clientActs.size())];
  tell(std::string("a rogue client: ") + act.name);
  SimWire::Params params;
  params.pin.sha256[0] = static_cast<std::uint8_t>(++m_nextDevice);
  params.address = net::SocketAddress::fromIpv4({198, 51, 100, static_cast<std::uint8_t>(m_nextDevice)}, 4);
  m_rogues.push_back(std::make_unique<Rogue>(m_schedule, act));
  m_rogueClients.push_back(m_rogues.back().get());
  SimDialer dialer(m_schedule, m_roguePath, m_port, params, m_wires);
  SimWire& wire = dialer.dialWire(m_rogues.back()->handler());
  m_rogues.back()->play(wire.client);
}

void LinkWorld::playServer(std::size_t number) {
  const RogueAct& act = m_serverActs[m_schedule.random().below(m_serverActs.size())];
  if (m_seats[number].client == nullptr) return;
  tell(std::string("a rogue server: ") + act.name);
  excuse(m_seats[number]);
  m_waitingRogues.emplace_back(number, &act);
  // So that there is a next connection soon.
  if (SimWire* wire = m_seats[number].client->wire()) {
    wire->oracle.isStopped = true;
    wire->server.close(static_cast<transport::AppErrorCode>(wire::AppError::Draining), "");
  }
}

bool LinkWorld::intercept(SimLink& link) {
  for (auto waiting = m_waitingRogues.begin(); waiting != m_waitingRogues.end(); ++waiting) {
    Seat& seat = m_seats[waiting->first];
    if (seat.client == nullptr || !seat.client->owns(link.wire())) continue;
    m_rogues.push_back(std::make_unique<Rogue>(m_schedule, *waiting->second));
    Rogue* rogue = m_rogues.back().get();
    seat.rogues.push_back(rogue);
    rogue->isExcused = seat.path->cutUntil() > m_schedule.now();
    rogue->play(link);
    m_waitingRogues.erase(waiting);
    const std::size_t number = static_cast<std::size_t>(&seat - m_seats.data());
    // It goes on by itself, but where the server is of another version, and where nobody closes.
    m_schedule.after(rogue->act.within + kSlack, [this, rogue, number, &link] {
      const std::string wrong = rogue->judge(kSlack);
      if (m_fault.empty()) m_fault = wrong;
      std::erase(m_seats[number].rogues, rogue);
      if (link.isOpen()) link.close(0, "");
      if (m_seats[number].client != nullptr) m_seats[number].client->link().retryNow();
    });
    return true;
  }
  return false;
}

void LinkWorld::breakControl(Seat& seat, LinkOracle::Side side) {
  SimWire* wire = seat.client == nullptr ? nullptr : seat.client->wire();
  if (wire == nullptr) return;
  SimLink& link = side == LinkOracle::Side::Client ? wire->client : wire->server;
  if (!link.isOpen() || link.control() == nullptr) return;
  excuse(seat);
  wire->oracle.excuse(side);
  tell(std::string(side == LinkOracle::Side::Client ? "a client" : "the server") + " ends a control stream");
  switch (m_schedule.random().below(3)) {
    case 0:
      return link.control()->finish();
    case 1:
      return link.control()->reset(0);
    default:
      return link.control()->stopSending(0);
  }
}

void LinkWorld::visitAll() {
  if (m_server != nullptr) {
    for (const char* name : kNames) m_server->visit(name);
  }
  m_schedule.after(100ms + m_schedule.upTo(400ms), [this] { visitAll(); });
}

std::string LinkWorld::notSettled(Seat& seat, std::size_t number) {
  if (seat.client == nullptr) return {};
  client::ServerLink& link = seat.client->link();
  const std::string who = "client " + std::to_string(number);
  if (seat.isRevoked)
    return link.state() == client::LinkState::Failed ? "" : who + " goes on without a token";
  if (link.state() != client::LinkState::Online) {
    return who + " is not online: " + std::string(toString(link.state())) +
           (link.error() ? ", " + link.error()->detail : "");
  }
  SimWire* wire = seat.client->wire();
  if (wire == nullptr) return who + " has no connection";
  for (const auto& [id, tunnel] : seat.client->tunnels) {
    if (!tunnel.isStarted || tunnel.isHeldElsewhere) continue;
    const std::string what = who + "'s tunnel " + std::to_string(id);
    if (!tunnel.isAnswered) return what + " has no answer";
    if (!tunnel.isAccepted) continue;
    const server::Destination destination = m_server->lookUp(tunnel.name);
    if (destination.kind != server::Destination::Kind::Here) return what + " has no route";
    if (destination.tunnel != id || m_server->wireOf(destination.session) != wire)
      return what + " has a route to somebody else";
  }
  return {};
}

std::string LinkWorld::notSettled() {
  if (m_server == nullptr) return "there is no server";
  for (const Seat& seat : m_seats) {
    if (seat.path->cutUntil() > m_schedule.now()) return "a path is cut";
  }
  for (std::size_t i = 0; i < m_seats.size(); ++i) {
    if (std::string wrong = notSettled(m_seats[i], i); !wrong.empty()) return wrong;
  }
  return {};
}

std::string LinkWorld::faults() {
  if (!m_fault.empty()) return m_fault;
  if (m_server != nullptr && !m_server->fault().empty()) return m_server->fault();
  for (const auto& wire : m_wires) {
    if (!wire->oracle.verdict().empty()) return wire->oracle.verdict();
  }
  return {};
}

std::string LinkWorld::run() {
  seatClients();
  startServer();
  plan();
  visitAll();
  m_schedule.runUntil(m_actionsEnd);
  m_waitingRogues.clear();  // those for whom no connection came
  std::string open;
  for (const Timestamp last = m_schedule.now() + kSettleTime; m_schedule.now() < last;) {
    m_schedule.runUntil(m_schedule.now() + 5s);
    if (std::string wrong = faults(); !wrong.empty()) return wrong;
    open = notSettled();
    if (open.empty()) break;
  }
  if (!open.empty())
    return open + ", after " + std::to_string(kSettleTime / 1s) + " s in which nothing happened";
  m_schedule.runUntil(m_schedule.now() + kHeldAnswers + 17s);
  if (std::string wrong = faults(); !wrong.empty()) return wrong;
  if (std::string wrong = notSettled(); !wrong.empty()) return wrong + ", though it was well before";
  for (const Rogue* rogue : m_rogueClients) {
    if (std::string wrong = rogue->judge(kSlack); !wrong.empty()) return wrong;
  }
  return {};
}

}  // namespace adit::sim
