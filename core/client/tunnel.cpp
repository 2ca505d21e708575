// SPDX-License-Identifier: Apache-2.0
#include "core/client/tunnel.h"

#include <string_view>

#include <spdlog/fmt/fmt.h>

namespace adit::client {

void Tunnel::makeOrigins(net::EventLoop& loop, AnswerBudget& budget) {
  answerTimeouts = std::make_unique<net::TimeoutQueue>(loop, settings.answerTimeout);
  if (target.protocol == Target::Protocol::Http2) {
    http2 = std::make_unique<Http2Origin>(loop, target, settings, traffic, budget);
  } else {
    origins = std::make_unique<OriginPool>(loop, target, settings);
  }
}

void Tunnel::accept(const wire::TunnelAnswer& answer) {
  forgetAddress();
  assignedName = answer.name;
  takesOver = false;  // not from somebody who takes it over later
  heldElsewhere = false;
  url = answer.url;
  hasError = false;
  constexpr std::string_view kSecure = "https://";
  if (!url.starts_with(kSecure)) return;
  selfSigned = answer.selfSigned;
  if (answer.plainPort == 0) return;
  const std::string_view authority = std::string_view(url).substr(kSecure.size());
  plainUrl = fmt::format("http://{}", authority.substr(0, authority.find_first_of(":/")));
  if (answer.plainPort != 80) plainUrl += fmt::format(":{}", answer.plainPort);
}

void Tunnel::forgetAddress() {
  assignedName.clear();
  url.clear();
  plainUrl.clear();
  selfSigned = false;
}

bool Tunnel::follow(const Tunnel& before) {
  started = before.started;
  const bool renamed = !spec.name.empty() && spec.name != before.name();
  if (!renamed) {
    rememberedName = before.rememberedName;
    assignedName = before.assignedName;
    url = before.url;
    plainUrl = before.plainUrl;
    selfSigned = before.selfSigned;
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
