// SPDX-License-Identifier: Apache-2.0
#include "core/net/network_watch_base.h"

namespace adit::net {

std::unique_ptr<NetworkWatch> startPollingNetworkWatch(EventLoop& loop, std::function<void()> changed) {
  return std::make_unique<NetworkWatchBase>(loop, std::move(changed), &interfaceAddresses,
                                            kNetworkPollPeriod);
}

#if !defined(__linux__) || defined(ADIT_PORTABLE)
std::unique_ptr<NetworkWatch> NetworkWatch::start(EventLoop& loop, std::function<void()> changed) {
  return startPollingNetworkWatch(loop, std::move(changed));
}
#endif

}  // namespace adit::net
