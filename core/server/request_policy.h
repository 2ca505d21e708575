// SPDX-License-Identifier: Apache-2.0
#pragma once
// What becomes of a visitor's request, whatever protocol the visitor speaks: it is forwarded to a tunnel, its
// connection moves to another worker, it is redirected to HTTPS, or the server answers it with a page of its
// own. Pure: the route was looked up before and is part of the input. Any thread.

#include <cstdint>

#include "core/http/forwarding.h"
#include "core/http/message.h"
#include "core/http/pages.h"
#include "core/server/route_lookup.h"

namespace adit::server {

/// What the policy depends on besides the request.
struct PolicyRules {
  const http::HopNames& names;
  /// The HTTPS port that visitors without TLS are redirected to; 0: they are served without TLS.
  std::uint16_t redirectPort = 0;
};

struct PolicyInput {
  http::RequestHead& head;
  http::Scheme scheme = http::Scheme::Http;
  Destination destination;  ///< Of head.authority.
  /// False where the visitor's connection was made for another host; see net::StreamSocket::speaksFor.
  bool speaksForHost = true;
  /// The connection can be handed to another worker: nothing has been written to the visitor for a request
  /// that is still open.
  bool mayMove = true;
  /// The status that the visitor's protocol refuses the request with, or 0.
  std::uint16_t refusedWith = 0;
};

struct RequestDecision {
  enum class Action : std::uint8_t {
    Forward,   ///< To `destination`, which is Here or Elsewhere. The head has been prepared for it.
    Move,      ///< The connection belongs on worker `destination.worker`.
    Redirect,  ///< To the same host and target with TLS.
    Answer,    ///< With the page for `problem`.
  };
  Action action = Action::Answer;
  http::Problem problem = http::Problem::BadRequest;  ///< For Answer.
  Destination destination;
};

/// Decides about one request. Only for Forward does it change the head: hop-by-hop fields are taken out,
/// CDN-Loop is added and Max-Forwards counted down, in `maxForwards`, which must then outlive the head.
/// Nothing is allocated unless the head's vector of fields grows.
RequestDecision decideRequest(const PolicyRules& rules, const PolicyInput& input,
                              http::MaxForwardsText& maxForwards);

}  // namespace adit::server
