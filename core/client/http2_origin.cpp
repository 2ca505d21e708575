// SPDX-License-Identifier: Apache-2.0
#include "core/client/http2_origin.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "core/base/log.h"

namespace adit::client {

namespace {

/// Connections that take requests. If the origin allows a hundred requests on each, that is more than a
/// tunnel's limit.
constexpr std::size_t kMaxConnections = 16;
/// Including connections that only finish their requests.
constexpr std::size_t kMaxWithLeaving = 64;
/// How many connections in a row may end before they took a request.
constexpr unsigned kMaxFruitless = 3;

}  // namespace

Http2Origin::Http2Origin(net::EventLoop& loop, Target target, OriginSettings settings,
                         std::shared_ptr<Traffic> traffic, AnswerBudget& budget)
    : m_loop(loop),
      m_target(std::move(target)),
      m_settings(std::move(settings)),
      m_traffic(std::move(traffic)),
      m_budget(budget),
      m_resolver(loop) {}

Http2Origin::~Http2Origin() {
  if (m_dial != nullptr) m_loop.dispose(std::move(m_dial));
  for (auto& connection : m_connections) {
    connection->abandon();
    m_loop.dispose(std::move(connection));
  }
}

void Http2Origin::submit(Http2Exchange& exchange) {
  if (m_waiting.empty() && tryToPlace(exchange) == Fit::Placed) return;
  m_waiting.pushBack(exchange);
  onRoom();
}

/// Where visitors made us reset many requests, others get another connection: the origin may end that one
/// because of them.
bool Http2Origin::isFit(const Http2Connection& connection) const noexcept {
  if (!connection.hasRoom()) return false;
  return m_takesWornOut || m_connections.size() >= kMaxWithLeaving || !connection.isWornOut();
}

Http2Origin::Fit Http2Origin::tryToPlace(Http2Exchange& exchange) {
  for (const auto& connection : m_connections) {
    if (!isFit(*connection)) continue;
    if (exchange.isWebSocket() && !connection->allowsExtendedConnect()) return Fit::Never;
    if (!exchange.place(*connection)) continue;
    m_fruitless = 0;
    return Fit::Placed;
  }
  return Fit::Later;
}

void Http2Origin::onRoom() {
  placeWaiting();
  dialIfUseful();
}

void Http2Origin::placeWaiting() {
  Http2Exchange* exchange = m_waiting.front();
  while (exchange != nullptr) {
    const bool room = std::any_of(m_connections.begin(), m_connections.end(),
                                  [this](const auto& connection) { return isFit(*connection); });
    if (!room) break;
    Http2Exchange* next = m_waiting.next(*exchange);
    switch (tryToPlace(*exchange)) {
      case Fit::Placed:
        static_cast<ListHook<WaitingTag>&>(*exchange).unlink();
        break;
      case Fit::Never:
        m_unfit.pushBack(*exchange);
        m_loop.scheduleFlush(net::FlushPhase::Late, *this);
        break;
      case Fit::Later:
        break;
    }
    exchange = next;
  }
}

void Http2Origin::flush() {
  failAll(m_unfit, http::Problem::OriginBroken, "it does not accept WebSockets over HTTP/2");
}

void Http2Origin::dialIfUseful() {
  if (m_waiting.empty() || m_dial != nullptr || m_connections.size() >= kMaxWithLeaving) return;
  const auto open = std::count_if(m_connections.begin(), m_connections.end(), [](const auto& connection) {
    return connection->acceptsRequests() && !connection->isWornOut();
  });
  if (static_cast<std::size_t>(open) >= kMaxConnections) return;
  // A connection without SETTINGS so far may yet take all that wait.
  const bool young = std::any_of(m_connections.begin(), m_connections.end(), [](const auto& connection) {
    return connection->acceptsRequests() && !connection->hasSettings();
  });
  if (young) return;
  m_dial = OriginConnector::start(m_loop, m_resolver, m_target, m_settings, *this);
}

void Http2Origin::onConnected(std::unique_ptr<net::StreamSocket> socket) {
  m_loop.dispose(std::move(m_dial));
  auto connection = std::make_unique<Http2Connection>(m_loop, std::move(socket), m_traffic, m_budget,
                                                      static_cast<Http2Connection::Owner&>(*this));
  if (!connection->start()) {
    connection->abandon();
    m_loop.dispose(std::move(connection));
    failWaiting(http::Problem::OriginBroken, {});
    return;
  }
  m_connections.push_back(std::move(connection));
  m_takesWornOut = false;
  onRoom();
}

void Http2Origin::onConnectFailed(const OriginConnector::Failure& failure) {
  m_loop.dispose(std::move(m_dial));
  logDebug("client", "{}: {}", m_target.toString(), failure.error.describe());
  failWaiting(failure.problem(), failure.detail, &failure.error);
}

/// No new connection can be made. If there are others, requests keep waiting for room on them.
void Http2Origin::failWaiting(http::Problem problem, std::string_view detail, const Error* error) {
  const bool others = std::any_of(m_connections.begin(), m_connections.end(),
                                  [](const auto& connection) { return connection->acceptsRequests(); });
  if (others) {
    m_takesWornOut = true;
    placeWaiting();
  } else {
    failAll(m_waiting, problem, detail, error);
  }
}

void Http2Origin::failAll(IntrusiveList<Http2Exchange, WaitingTag>& list, http::Problem problem,
                          std::string_view detail, const Error* error) {
  // Move the list first: the exchange that fails may be the last that keeps this object alive.
  IntrusiveList<Http2Exchange, WaitingTag> failed;
  failed.splice(list);
  while (Http2Exchange* exchange = failed.popFront()) exchange->fail(problem, detail, error);
}

void Http2Origin::onGone(Http2Connection& connection) {
  const auto found = std::find_if(m_connections.begin(), m_connections.end(),
                                  [&connection](const auto& each) { return each.get() == &connection; });
  if (found == m_connections.end()) return;
  m_loop.dispose(std::move(*found));
  m_connections.erase(found);
  // Connecting again would have the same result, so fail what waits.
  if (!connection.hasSettings()) {
    failWaiting(http::Problem::OriginBroken, fmt::format("{} does not speak HTTP/2", m_target.forVisitors()));
  } else if (!connection.wasUsed() && ++m_fruitless >= kMaxFruitless) {
    m_fruitless = 0;
    failWaiting(http::Problem::OriginBroken, fmt::format("{} takes no requests", m_target.forVisitors()));
  } else {
    onRoom();
  }
}

}  // namespace adit::client
