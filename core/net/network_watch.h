// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reports that the machine's addresses changed or that it woke from sleep, so that a client can reconnect or
// migrate at once. On Linux it listens to rtnetlink; elsewhere it compares the interface list every five
// seconds. A wall clock that jumped ahead of the monotonic one counts as a wake-up. One loop's thread.

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
