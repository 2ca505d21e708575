// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/link_client.h"

#include <utility>

#include "core/wire/error_codes.h"

namespace adit::sim {

using namespace std::chrono_literals;

namespace {

/// Every client has an address and a key of its own.
SimWire::Params wireParams(std::size_t number) {
  SimWire::Params params;
  params.pin.sha256[0] = static_cast<std::uint8_t>(number + 1);
  params.address = net::SocketAddress::fromIpv4({203, 0, 113, static_cast<std::uint8_t>(number + 1)}, 40000);
  return params;
}

client::ServerLinkParams linkParams(const SimClient::Params& params) {
  client::ServerLinkParams link;
  link.clientName = "device " + std::to_string(params.number);
  link.instance = params.instance;
  return link;
}

}  // namespace

struct SimClient::Service final : transport::StreamHandler {
  Service(SimClient& client, transport::Stream& opened) : owner(client), stream(&opened) {
    opened.setHandler(this);
  }
  ~Service() {
    if (stream != nullptr) stream->setHandler(nullptr);
  }
  void onStreamData(transport::Stream& from, ByteView data, bool fin) override {
    head += asText(data);
    from.consume(data.size());
    if (fin) decide();
  }
  void onStreamReset(transport::Stream&, transport::AppErrorCode) override {
    if (stream != nullptr) stream->reset(static_cast<transport::AppErrorCode>(wire::AppError::VisitorGone));
  }
  void onStreamStopped(transport::Stream&, transport::AppErrorCode) override {}
  void onStreamWritable(transport::Stream&) override {}
  void onStreamClosed(transport::Stream&) override { stream = nullptr; }

  void decide() {
    wire::StreamHead request;
    const auto used = wire::readStreamHead(asBytes(head), request);
    const auto found =
        used && *used == head.size() ? owner.tunnels.find(request.tunnel) : owner.tunnels.end();
    if (found == owner.tunnels.end() || !found->second.isStarted) {
      stream->reset(static_cast<transport::AppErrorCode>(wire::AppError::TunnelUnknown));
      return;
    }
    answer = std::to_string(owner.m_params.number) + ":" + found->second.name;
    const bool takesLong = owner.m_schedule.chance(20);
    owner.m_schedule.after(takesLong ? owner.m_schedule.upTo(10s) : Duration::zero(),
                           [self = std::weak_ptr(alive)] {
                             if (const auto still = self.lock()) (*still)->reply();
                           });
  }
  void reply() {
    if (stream == nullptr) return;
    stream->sendCopy(asBytes(answer));
    stream->finish();
  }

  SimClient& owner;
  transport::Stream* stream;
  std::string head, answer;
  std::shared_ptr<Service*> alive = std::make_shared<Service*>(this);
};

SimClient::SimClient(SimSchedule& schedule, net::EventLoop& loop, SimPath& path, SimPort& port,
                     std::vector<std::unique_ptr<SimWire>>& wires, Params params)
    : m_schedule(schedule),
      m_params(std::move(params)),
      m_wires(wires),
      m_dialer(schedule, path, port, wireParams(m_params.number), wires),
      m_link(loop, m_dialer, schedule.random(), linkParams(m_params),
             static_cast<client::ServerLink::Handler&>(*this)) {
  m_kinds.add(wire::StreamKind::Http, *this);
}

SimClient::~SimClient() {
  for (auto& wire : m_wires) {
    if (owns(*wire) && !wire->client.isClosing()) wire->client.vanish();
  }
}

void SimClient::connect() {
  session::JoinLink join;
  join.token = m_params.token;
  join.host = "192.0.2.1";
  m_link.connectTo(join);
}

bool SimClient::owns(const SimWire& wire) const noexcept {
  return wire.params().pin == wireParams(m_params.number).pin;
}

SimWire* SimClient::wire() noexcept {
  if (m_link.state() != client::LinkState::Online) return nullptr;
  SimWire* newest = nullptr;
  for (auto& wire : m_wires) {
    if (owns(*wire) && wire->client.isOpen() && wire->oracle.isLoggedIn()) newest = wire.get();
  }
  return newest;
}

void SimClient::onLinkChanged() {
  if (m_link.state() == client::LinkState::Online) return;
  for (auto& [id, tunnel] : tunnels) tunnel.isAnswered = tunnel.isAccepted = false;
}

std::vector<wire::TunnelDeclaration> SimClient::declarations() {
  std::vector<wire::TunnelDeclaration> result;
  for (auto& [id, tunnel] : tunnels) {
    tunnel.isAnswered = tunnel.isAccepted = false;
    if (!tunnel.isStarted || tunnel.isHeldElsewhere) continue;
    wire::TunnelDeclaration each{id, wire::TunnelKind::Http, tunnel.wanted};
    if (each.name.empty() && !tunnel.name.empty()) {
      each.name = tunnel.name;
      each.chosen = true;
    }
    each.takeOver = tunnel.takesOver;
    result.push_back(std::move(each));
  }
  return result;
}

void SimClient::onDeclared(const wire::Declared& declared) {
  for (const wire::TunnelAnswer& answer : declared.answers) {
    const auto found = tunnels.find(answer.id);
    if (found == tunnels.end() || !found->second.isStarted) continue;
    Tunnel& tunnel = found->second;
    tunnel.isAnswered = true;
    tunnel.isAccepted = answer.accepted;
    if (answer.accepted) {
      tunnel.name = answer.name;
      tunnel.takesOver = false;
    } else {
      tunnel.refusal = answer.code;
      if (answer.holder) tunnel.isHeldElsewhere = true;
    }
  }
}

void SimClient::onWithdrawn(const wire::Withdrawn& withdrawn) {
  for (const std::uint64_t id : withdrawn.tunnels) {
    const auto found = tunnels.find(id);
    if (found == tunnels.end()) continue;
    found->second.isHeldElsewhere = true;
    found->second.isAccepted = false;
  }
}

void SimClient::onStreamOpened(transport::Link& link, transport::Stream& stream) {
  m_acceptor.accept(link, stream);
}

void SimClient::onStream(transport::Link&, transport::Stream& stream, ByteView received, bool fin) {
  m_services.push_back(std::make_unique<Service>(*this, stream));
  m_services.back()->onStreamData(stream, received, fin);
}

}  // namespace adit::sim
