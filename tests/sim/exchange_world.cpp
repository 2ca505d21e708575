// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/exchange_world.h"

#include <algorithm>

#include "tests/sim/exchange_actors.h"

namespace adit::sim {

using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kTunnel = 7;
/// Much longer than any script, stalls included.
constexpr Duration kPatience = 30min;
/// A piece of a script's content beyond the high-water mark.
constexpr std::size_t kMostUnsent = transport::kSendHighWater + 64 * 1024;

std::string pattern(SimSchedule& schedule, std::size_t size) {
  std::string text(size, '\0');
  const std::uint64_t salt = schedule.random().next();
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>((salt + i * 0x9e3779b97f4a7c15ULL) >> 56);
  return text;
}

std::size_t drawSize(SimSchedule& schedule) {
  switch (schedule.random().below(4)) {
    case 0:
      return 0;
    case 1:
      return schedule.random().below(100);
    case 2:
      return schedule.random().below(20'000);
    default:
      return schedule.random().below(400'000);
  }
}

http::Framing drawFraming(SimSchedule& schedule, std::string& content, std::string& trailer) {
  content = pattern(schedule, drawSize(schedule));
  if (content.empty() && schedule.chance(50)) return {};
  if (schedule.chance(50)) return {http::BodyFraming::Length, content.size()};
  if (schedule.chance(30)) trailer = schedule.chance(10) ? std::string(66'000, 't') : "checked";
  return {http::BodyFraming::Chunked, 0};
}

}  // namespace

RequestScript RequestScript::draw(SimSchedule& schedule) {
  RequestScript script;
  script.webSocket = schedule.chance(15);
  if (script.webSocket) {
    script.content = pattern(schedule, drawSize(schedule));
  } else if (schedule.chance(60)) {
    script.method = "POST";
    script.framing = drawFraming(schedule, script.content, script.trailer);
  }
  script.pause = schedule.upTo(30ms);
  script.readDelay = schedule.chance(20) ? schedule.upTo(2s) : schedule.upTo(20ms);
  if (schedule.chance(15)) script.abortAfter = schedule.upTo(400ms);
  const unsigned kind = static_cast<unsigned>(schedule.random().below(10));
  if (kind == 0) script.origin = Origin::Refuses;
  if (kind == 1) script.origin = Origin::BreaksOff;
  if (kind == 2) script.origin = Origin::AnswersEarly;
  script.think = schedule.upTo(100ms);
  script.interims = schedule.chance(10) ? 1 + static_cast<int>(schedule.random().below(3)) : 0;
  script.answerFraming = drawFraming(schedule, script.answer, script.answerTrailer);
  if (script.webSocket && schedule.chance(80)) {
    script.status = 101;
    script.answerFraming = {};
    script.answerTrailer.clear();
  } else if (script.webSocket) {
    script.status = 403;
  }
  if (script.method == "GET" && !script.webSocket && schedule.chance(15)) {
    const auto& faults = answerFaults();
    script.fault = &faults[schedule.random().below(faults.size())];
  }
  // An answer that may not be whole needs a framing that says so.
  if (script.origin == Origin::BreaksOff) {
    if (script.status != 101 && script.answerFraming.body == http::BodyFraming::None)
      script.answerFraming = {http::BodyFraming::Chunked, 0};
    script.breaksAt = schedule.random().below(script.answer.size() + 1);
  }
  return script;
}

struct ExchangeWorld::Services final : private server::RouteFinder, private server::VisitorHost {
  Services(net::EventLoop& loop, server::TunnelStreams& streams)
      : config(server::ServerConfig{}),
        reader(config, loop),
        timeouts(loop, {}),
        holdBudget(loop, 1 << 20, 1min),
        turns(loop, 4),
        windowBudget(1 << 20),
        all{loop,          reader, *this,        streams, *this,    timeouts, holdBudget,
            answerWindows, turns,  windowBudget, blocks,  dateText, names} {}
  server::Destination find(const server::RequestOrigin&) override { return {}; }
  std::vector<http::PageLink> listTunnels(http::Scheme, std::string_view) override { return {}; }
  [[nodiscard]] bool isDraining() const noexcept override { return false; }
  void adopt(server::VisitorArrival) override {}
  void move(unsigned, server::VisitorArrival) override {}
  void forget(server::Visitor&) override {}

  server::ConfigSource config;
  server::ConfigReader reader;
  server::VisitorTimeouts timeouts;
  server::HoldBudget holdBudget;
  server::AnswerWindows answerWindows;
  net::TurnLine turns;
  http::H2WindowBudget windowBudget;
  BlockPool blocks;
  http::DateText dateText{[]() noexcept -> std::int64_t { return 0; }};
  http::HopNames names{"sim"};
  server::VisitorServices all;
};

ExchangeWorld::ExchangeWorld(net::EventLoop& loop, std::uint64_t seed)
    : m_loop(loop),
      m_schedule(seed),
      m_path(m_schedule),
      m_budget(loop),
      m_services(std::make_unique<Services>(loop, static_cast<server::TunnelStreams&>(*this))) {
  m_path.params.delay = m_schedule.upTo(80ms);
  m_path.params.jitter = m_schedule.upTo(40ms);
  m_path.params.stallPercent = static_cast<unsigned>(m_schedule.random().below(10));
  m_path.params.window = 1024 << m_schedule.random().below(9);
  m_path.params.mostInPiece = 1 + m_schedule.random().below(30'000);
  m_tunnel->id = kTunnel;
  m_tunnel->answerTimeouts = std::make_unique<net::TimeoutQueue>(loop, 1h);
  const std::size_t count = 1 + m_schedule.random().below(4);
  origins.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    m_visitors.push_back(std::make_unique<SimVisitor>(*this, i, RequestScript::draw(m_schedule)));
    m_schedule.after(m_schedule.upTo(1s), [this, i] {
      m_starting = m_visitors[i].get();
      m_starting->start();
      m_starting = nullptr;
    });
  }
  m_foulScript.think = 1min;
  if (m_schedule.chance(30)) {
    const auto& faults = requestFaults();
    const FrameFault& fault = faults[m_schedule.random().below(faults.size())];
    m_schedule.after(m_schedule.upTo(1s), [this, &fault] { openFoul(fault); });
  }
  if (m_schedule.chance(10)) m_schedule.after(m_schedule.upTo(2s), [this] { cut(); });
}

ExchangeWorld::~ExchangeWorld() { cut(); }

server::VisitorServices& ExchangeWorld::services() noexcept { return m_services->all; }

server::OpenedStream ExchangeWorld::open(const server::Destination&, const server::PlaceRequest& request) {
  if (m_isCut) return {nullptr, nullptr, wire::AppError::Draining};
  Pair& pair = makePair();
  m_load->enter(request.visitor);
  if (m_starting != nullptr && m_starting->script.fault != nullptr) {
    pair.visitor = m_starting;
    pair.foul = std::make_unique<FoulPeer>(FoulPeer::Side::Client, *m_starting->script.fault);
    m_schedule.after(m_schedule.upTo(50ms), [&pair] {
      if (!pair.atClient->isClosed()) pair.foul->begin(*pair.atClient);
    });
  } else {
    // The peer knows of the stream with its first frame, which may be a reset.
    m_schedule.after(Duration::zero(), [this, &pair] { accept(*pair.atClient); });
  }
  return {pair.atServer.get(), m_load, {}};
}

ExchangeWorld::Pair& ExchangeWorld::makePair() {
  m_pairs.push_back(std::make_unique<Pair>());
  Pair& pair = *m_pairs.back();
  std::tie(pair.atServer, pair.atClient) =
      SimStream::makePair(m_schedule, m_path, static_cast<transport::StreamId>(4 * m_pairs.size() - 3));
  pair.client.peer = &pair.server;
  pair.server.peer = &pair.client;
  pair.atServer->tap = &pair.server;
  pair.atClient->tap = &pair.client;
  return pair;
}

void ExchangeWorld::openFoul(const FrameFault& fault) {
  if (m_isCut) return;
  Pair& pair = makePair();
  pair.foul = std::make_unique<FoulPeer>(FoulPeer::Side::Server, fault);
  pair.foul->begin(*pair.atServer);
  m_schedule.after(Duration::zero(), [this, &pair] { accept(*pair.atClient); });
}

void ExchangeWorld::accept(SimStream& stream) {
  if (stream.isClosed()) return;
  client::InboundRequest* request = m_free.popFront();
  if (request == nullptr) {
    m_requests.push_back(std::make_unique<client::InboundRequest>(static_cast<client::RequestOwner&>(*this)));
    request = m_requests.back().get();
  }
  ++m_active;
  request->begin(stream);
}

std::shared_ptr<client::Tunnel> ExchangeWorld::findTunnel(std::uint64_t id) {
  return id == kTunnel ? m_tunnel : nullptr;
}

std::unique_ptr<client::OriginExchange> ExchangeWorld::makeExchange(client::Target::Protocol,
                                                                    client::OriginExchange::User& user) {
  return std::make_unique<SimOrigin>(*this, user);
}

void ExchangeWorld::recycle(client::InboundRequest& request) {
  --m_active;
  m_free.pushBack(request);
}

void ExchangeWorld::cut() {
  m_isCut = true;
  for (auto& pair : m_pairs) {
    pair->atServer->cut();
    pair->atClient->cut();
  }
}

std::string ExchangeWorld::run() {
  if (!m_schedule.runOut(kPatience)) return "something goes on for ever";
  return judge();
}

std::string ExchangeWorld::judge() {
  for (const auto& pair : m_pairs) {
    const FoulPeer* foul = pair->foul.get();
    const bool isServerFoul = foul != nullptr && foul->side() == FoulPeer::Side::Server;
    const bool isClientFoul = foul != nullptr && !isServerFoul;
    if (!isServerFoul && !pair->server.verdict().empty()) return pair->server.verdict();
    if (!isClientFoul && !pair->client.verdict().empty()) return pair->client.verdict();
    const bool isAborted = pair->visitor != nullptr && pair->visitor->outcome == SimVisitor::Outcome::Aborted;
    if (foul != nullptr && !m_isCut && !isAborted) {
      if (std::string wrong = foul->judge(); !wrong.empty()) return wrong;
    }
    for (const SimStream* each : {pair->atServer.get(), pair->atClient.get()}) {
      const std::string end = each == pair->atServer.get() ? "the server's end" : "the client's end";
      if (!each->isClosed()) return end + " of a stream stays open";
      if (each->consumedTooMuch()) return end + " returned more credit than it got bytes";
      if (each->mostUnsent() > kMostUnsent) return end + " queued beyond the high-water mark";
    }
  }
  if (m_load->active() != 0) return "the tunnel's load is not given back";
  if (m_active != 0) return "a request of the client's never ends";
  for (std::size_t i = 0; i < m_visitors.size(); ++i) {
    const SimVisitor& visitor = *m_visitors[i];
    const RequestScript& script = visitor.script;
    using Outcome = SimVisitor::Outcome;
    using Origin = RequestScript::Origin;
    if (!visitor.fault.empty()) return "the visitor got " + visitor.fault;
    if (visitor.outcome == Outcome::Pending) return "a visitor waits for ever";
    if (visitor.outcome == Outcome::NotBegun && !m_isCut) return "a request was not begun";
    if (script.fault != nullptr) {
      if (visitor.outcome == Outcome::Whole)
        return std::string("whole in spite of '") + script.fault->name + "'";
      if (visitor.outcome == Outcome::Failed && !m_isCut && visitor.cause != wire::AppError::OriginBroken)
        return "a visitor is not told that the answer is broken";
      continue;
    }
    const bool page = script.origin == Origin::Refuses;
    if (!page && !script.answer.starts_with(visitor.received)) return "the answer was changed";
    if (visitor.outcome == Outcome::Whole && page && visitor.status != 502)
      return "an origin that refuses is answered with " + std::to_string(visitor.status);
    if (visitor.outcome == Outcome::Whole && !page && script.hasLargeAnswerTrailer())
      return "an answer's large trailers vanished";
    if (visitor.outcome == Outcome::Whole && !page) {
      if (script.origin == Origin::BreaksOff) return "half of an answer is told as whole";
      if (visitor.received != script.answer) return "a whole answer is not whole";
      if (visitor.trailer != script.answerTrailer) return "the answer's trailers are lost";
      if (visitor.status != script.status) return "the status was changed";
    }
    const bool tooLarge = script.hasLargeTrailer() ? visitor.cause == wire::AppError::LimitExceeded
                                                   : script.hasLargeAnswerTrailer();
    if (visitor.outcome == Outcome::Failed && !m_isCut && script.origin != Origin::BreaksOff && !tooLarge)
      return "a request failed without a reason";
    const SimOrigin* origin = origins[i];
    if (origin == nullptr) continue;
    if (!origin->over) return "an origin is never told of the end";
  }
  return {};
}

}  // namespace adit::sim
