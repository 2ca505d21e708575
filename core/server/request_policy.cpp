// SPDX-License-Identifier: Apache-2.0
#include "core/server/request_policy.h"

#include <optional>

#include "core/http/semantics.h"

namespace adit::server {

namespace {

using Action = RequestDecision::Action;

RequestDecision answer(http::Problem problem) noexcept { return {Action::Answer, problem, {}}; }

/// For the host that stands for every tunnel: a list is what its root has, and nothing else is there.
http::Problem listFor(const http::RequestHead& head) noexcept {
  const bool reads = head.method == "GET" || head.method == "HEAD";
  const bool isRoot = head.target == "/" || head.target.starts_with("/?");
  return reads && isRoot ? http::Problem::TunnelList : http::Problem::WhichTunnel;
}

std::optional<http::Problem> problemOf(http::Passage passage) noexcept {
  switch (passage) {
    case http::Passage::Onward:
      return std::nullopt;
    case http::Passage::EndsHere:
      return http::Problem::EndsHere;
    case http::Passage::Refused:
      return http::Problem::NotImplemented;
    case http::Passage::Looping:
      return http::Problem::LoopDetected;
    case http::Passage::Malformed:
      break;
  }
  return http::Problem::BadRequest;
}

}  // namespace

RequestDecision decideRequest(const PolicyRules& rules, const PolicyInput& input,
                              http::MaxForwardsText& maxForwards) {
  if (input.refusedWith != 0) return answer(http::problemOf(input.refusedWith));
  const Destination& destination = input.destination;
  // Redirects and 421 are for names that exist: others learn nothing about which names the server has.
  if (destination.kind == Destination::Kind::Unknown) return answer(http::Problem::UnknownHost);
  if (destination.kind == Destination::Kind::Several) return answer(listFor(input.head));
  if (input.scheme == http::Scheme::Http && rules.redirectPort != 0)
    return {Action::Redirect, {}, destination};
  if (!input.speaksForHost) return answer(http::Problem::Misdirected);
  if (destination.kind == Destination::Kind::Offline) return answer(http::Problem::TunnelOffline);
  if (destination.kind == Destination::Kind::Elsewhere && input.mayMove)
    return {Action::Move, {}, destination};

  http::removeHopByHop(input.head.fields, http::Direction::Request);
  if (const auto problem = problemOf(http::passRequest(input.head, rules.names, maxForwards)))
    return answer(*problem);
  return {Action::Forward, {}, destination};
}

}  // namespace adit::server
