// SPDX-License-Identifier: Apache-2.0
#pragma once
// A tunnel's connections to an origin that speaks HTTP/2. Requests share a connection up to what the origin
// allows at a time, then there are more connections, up to a bound, and then requests wait in order. Owned by
// its tunnel; the client's thread.

#include <memory>
#include <string_view>
#include <vector>

#include "core/base/intrusive_list.h"
#include "core/client/http2_connection.h"
#include "core/client/http2_exchange.h"
#include "core/client/origin_connector.h"

namespace adit::client {

class Http2Origin final : private net::Flushable,
                          private Http2Connection::Owner,
                          private OriginConnector::Handler {
 public:
  Http2Origin(net::EventLoop& loop, Target target, OriginSettings settings, std::shared_ptr<Traffic> traffic,
              AnswerBudget& budget);
  ~Http2Origin() override;
  Http2Origin(const Http2Origin&) = delete;
  Http2Origin& operator=(const Http2Origin&) = delete;

  /// Gives the exchange a connection: place is called, now or later, or fail, later.
  void submit(Http2Exchange& exchange);
  [[nodiscard]] std::size_t connectionCount() const noexcept { return m_connections.size(); }

 private:
  void flush() override;
  void onRoom() override;
  void onGone(Http2Connection& connection) override;
  void onConnected(std::unique_ptr<net::StreamSocket> socket) override;
  void onConnectFailed(const OriginConnector::Failure& failure) override;

  enum class Fit : std::uint8_t { Placed, Later, Never };
  Fit tryToPlace(Http2Exchange& exchange);
  [[nodiscard]] bool isFit(const Http2Connection& connection) const noexcept;
  void placeWaiting();
  void dialIfUseful();
  void failWaiting(http::Problem problem, std::string_view detail, const Error* error = nullptr);
  static void failAll(IntrusiveList<Http2Exchange, WaitingTag>& list, http::Problem problem,
                      std::string_view detail, const Error* error = nullptr);

  net::EventLoop& m_loop;
  const Target m_target;
  const OriginSettings m_settings;
  std::shared_ptr<Traffic> m_traffic;
  AnswerBudget& m_budget;
  net::Resolver m_resolver;
  std::vector<std::unique_ptr<Http2Connection>> m_connections;
  /// Another connection cannot be had: requests go to those with many resets, too.
  bool m_takesWornOut = false;
  unsigned m_fruitless = 0;  ///< Connections since the last request that ended without one.
  std::unique_ptr<OriginConnector> m_dial;
  IntrusiveList<Http2Exchange, WaitingTag> m_waiting;
  IntrusiveList<Http2Exchange, WaitingTag> m_unfit;  ///< Told at the end of the turn.
};

}  // namespace adit::client
