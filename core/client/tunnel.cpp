// SPDX-License-Identifier: Apache-2.0
#include "core/client/tunnel.h"

namespace adit::client {

void Tunnel::makeOrigins(net::EventLoop& loop) {
  answerTimeouts = std::make_unique<relay::TimeoutQueue>(loop, settings.answerTimeout);
  if (target.protocol == Target::Protocol::Http2) {
    http2 = std::make_unique<Http2Origin>(loop, target, settings, traffic);
  } else {
    origins = std::make_unique<OriginPool>(loop, target, settings);
  }
}

bool Tunnel::follow(const Tunnel& before) {
  started = before.started;
  const bool renamed = !spec.name.empty() && spec.name != before.name();
  if (!renamed) {
    assignedName = before.assignedName;
    url = before.url;
  }
  state = before.state;
  if (!started) return false;
  if (!renamed && state != TunnelState::Failed) {
    error = before.error;
    hasError = before.hasError;
    return false;
  }
  state = TunnelState::Connecting;
  return true;
}

}  // namespace adit::client
