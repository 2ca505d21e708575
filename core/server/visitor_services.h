// SPDX-License-Identifier: Apache-2.0
#pragma once
// What visitors' connections and their requests need of the worker they live on, and nothing else of it:
// routes, streams to tunnels' clients, times, budgets, the date, the configuration, an observer, and a host
// that moves and forgets them. Tests put fakes in place of the interfaces. Owned by the worker; one loop's
// thread.

#include <string_view>

#include "core/base/block_pool.h"
#include "core/http/forwarding.h"
#include "core/http/h2_window.h"
#include "core/net/event_loop.h"
#include "core/net/turn_line.h"
#include "core/server/answer_windows.h"
#include "core/server/hold_budget.h"
#include "core/server/proxy_fields.h"
#include "core/server/request_observer.h"
#include "core/server/request_policy.h"
#include "core/server/server_config.h"
#include "core/server/tunnel_streams.h"
#include "core/server/visitor.h"
#include "core/server/visitor_timeouts.h"

namespace adit::server {

class RouteFinder {
 public:
  /// Where a request of `origin`, for its authority (host[:port]), goes now. Asked once a request.
  virtual Destination find(const RequestOrigin& origin) = 0;
  /// What the page for Destination::Kind::Several lists; see linksToTunnels().
  virtual std::vector<http::PageLink> listTunnels(http::Scheme scheme, std::string_view authority) = 0;

 protected:
  ~RouteFinder() = default;
};

/// Who owns visitors.
class VisitorHost {
 public:
  /// No new requests are wanted on connections that exist.
  [[nodiscard]] virtual bool isDraining() const noexcept = 0;
  /// Makes another object for a connection on this worker, in another protocol. The visitor that gives it up
  /// calls forget() afterwards.
  virtual void adopt(VisitorArrival arrival) = 0;
  /// Sends a connection to worker `index`. The visitor that gives it up calls forget() afterwards.
  virtual void move(unsigned index, VisitorArrival arrival) = 0;
  /// The visitor is over: destroys it at the end of the turn.
  virtual void forget(Visitor& visitor) = 0;

 protected:
  ~VisitorHost() = default;
};

struct VisitorServices {
  net::EventLoop& loop;
  ConfigReader& config;
  RouteFinder& routes;
  TunnelStreams& streams;
  VisitorHost& host;
  VisitorTimeouts& timeouts;
  HoldBudget& holdBudget;
  AnswerWindows& answerWindows;
  net::TurnLine& turns;  ///< For connections whose bytes cost much.
  http::H2WindowBudget& windowBudget;
  BlockPool& blocks;  ///< Memory for libraries that take some for every request.
  http::DateText& dateText;
  const http::HopNames& names;
  RequestObserver* observer = nullptr;  ///< Null: nobody wants to know.
  RequestId nextRequest = 1;            ///< For the next request of this worker.

  /// The value of a Date field written now; valid during the event.
  [[nodiscard]] std::string_view date() { return dateText.at(loop.now()); }
  /// Who asks: the connection's peer, or the visitor that a trusted proxy speaks for.
  [[nodiscard]] RequestOrigin originOf(const http::RequestHead& head, http::Scheme scheme,
                                       const net::SocketAddress& peer) {
    return requestOrigin({peer, scheme, head.authority}, head.fields, config.get().trustedProxies);
  }
  [[nodiscard]] PolicyRules policyRules() { return {names, config.get().redirectPort}; }
};

}  // namespace adit::server
