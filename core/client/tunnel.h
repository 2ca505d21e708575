// SPDX-License-Identifier: Apache-2.0
#pragma once
// A tunnel on the client: what it exposes, how it stands with the server, its traffic, and its origin
// connections. Owned by the Client and shared with the requests in flight; the client's thread.

#include <memory>
#include <string>

#include "core/client/http2_origin.h"
#include "core/client/origin_pool.h"
#include "core/client/status.h"
#include "core/client/target.h"
#include "core/client/traffic.h"
#include "core/net/timeout_queue.h"
#include "core/wire/control_messages.h"

namespace adit::client {

struct Tunnel {
  TunnelId id = 0;
  TunnelSpec spec;
  Target target;
  OriginSettings settings;
  bool started = true;
  /// Another session of the user has its name: it is not declared until the user starts or changes it.
  bool heldElsewhere = false;
  bool takesOver = false;  ///< The next declaration takes the name over: as the spec says, until it has it.
  TunnelState state = TunnelState::Connecting;
  std::string assignedName;  ///< What the server gave; asked for again after a reconnection.
  std::string
      rememberedName;  ///< What this server chose at an earlier start; asked for where none is wanted.
  std::string url;
  std::string plainUrl;
  bool selfSigned = false;
  Error error;
  bool hasError = false;
  std::shared_ptr<Traffic> traffic = std::make_shared<Traffic>();
  std::unique_ptr<OriginPool> origins;  ///< One of the two, by the target's protocol; see makeOrigins.
  std::unique_ptr<Http2Origin> http2;

  std::unique_ptr<net::TimeoutQueue> answerTimeouts;  ///< Time the wait for a head.

  /// In the loop that the requests will run in. `budget` outlives the tunnel.
  void makeOrigins(net::EventLoop& loop, AnswerBudget& budget);
  /// What the server gave, else what is wanted, else what is remembered; empty where the server is to choose.
  [[nodiscard]] const std::string& name() const noexcept {
    if (!assignedName.empty()) return assignedName;
    return spec.name.empty() ? rememberedName : spec.name;
  }
  /// The server gave it a public address.
  void accept(const wire::TunnelAnswer& answer);
  /// No public address any more: another server gives another.
  void forgetAddress();
  /// Takes over how the tunnel whose place this takes stands with the server. True where the server has to
  /// be told: of another name, or once more after a refusal.
  bool follow(const Tunnel& before);
};

}  // namespace adit::client
