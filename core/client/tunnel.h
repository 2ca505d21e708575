// SPDX-License-Identifier: Apache-2.0
#pragma once
// A tunnel on the client: what it exposes, its state at the server, its traffic, and its origin connections.
// Owned by the Client and shared with the requests in flight; the client's thread.

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
  bool takesOver = false;  ///< Declarations take the name over (TunnelSpec::takeOver), until it is given.
  TunnelState state = TunnelState::Connecting;
  std::string assignedName;  ///< The name that the server gave; asked for again after a reconnection.
  /// The name that this server chose at an earlier start; asked for if the spec has none.
  std::string rememberedName;
  std::string url;
  std::string plainUrl;
  bool selfSigned = false;
  Error error;
  bool hasError = false;
  std::shared_ptr<Traffic> traffic = std::make_shared<Traffic>();
  std::unique_ptr<OriginPool> origins;  ///< For HTTP/1.1 targets; http2 for the others. See makeOrigins.
  std::unique_ptr<Http2Origin> http2;

  std::unique_ptr<net::TimeoutQueue> answerTimeouts;  ///< For requests that wait for the head of an answer.

  /// Creates the origin connections' pool, in the loop of the requests. `budget` must outlive the tunnel.
  void makeOrigins(net::EventLoop& loop, AnswerBudget& budget);
  /// The name that the server gave, else the wanted one, else the remembered one; empty if the server is to
  /// choose.
  [[nodiscard]] const std::string& name() const noexcept {
    if (!assignedName.empty()) return assignedName;
    return spec.name.empty() ? rememberedName : spec.name;
  }
  /// The server gave the tunnel a public address; a session that held its name before does so no longer.
  void accept(const wire::TunnelAnswer& answer);
  /// The tunnel has no public address any more; another server gives it another one.
  void forgetAddress();
  /// Takes over the state of the tunnel that this one replaces. True if the tunnel has to be declared to the
  /// server: for another name, or again after a refusal.
  bool follow(const Tunnel& before);
};

}  // namespace adit::client
