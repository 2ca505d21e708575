// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tells when the machine's addresses changed or it woke from sleep, so that a client can reconnect or migrate
// at once. Linux listens to rtnetlink; elsewhere the interface list is compared every five seconds. A wall
// clock that jumped ahead of the monotonic one counts as waking. One loop's thread.

#include <functional>
#include <memory>

#include "core/net/event_loop.h"

namespace adit::net {

class NetworkWatch {
 public:
  /// `changed` is called at most once per 500 ms.
  static std::unique_ptr<NetworkWatch> start(EventLoop& loop, std::function<void()> changed);
  virtual ~NetworkWatch() = default;
};

}  // namespace adit::net
