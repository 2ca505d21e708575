// SPDX-License-Identifier: Apache-2.0
#include <array>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "core/net/native_socket.h"
#include "core/net/network_watch_base.h"

namespace adit::net {

namespace {

/// Compares the addresses whenever rtnetlink reports a change of links or addresses. The messages themselves
/// are not parsed: many of them (an address's lifetime, a radio's signal) do not matter here.
class NetlinkWatch final : public NetworkWatchBase, public PollWatcher::Handler {
 public:
  NetlinkWatch(EventLoop& loop, std::function<void()> changed, NativeSocket socket)
      : NetworkWatchBase(loop, std::move(changed), &interfaceAddresses, kNetworkPollPeriod),
        m_socket(std::move(socket)),
        m_watcher(loop, m_socket.get(), *this) {
    m_watcher.watch(Readiness::Readable);
  }

  void onReady(Readiness) override {
    std::array<std::uint8_t, 8192> ignored;
    for (int i = 0; i < 64 && receiveBytes(m_socket, ignored).count > 0; ++i) {
    }
    check();  // last: the callback may destroy this object
  }

 private:
  NativeSocket m_socket;
  PollWatcher m_watcher;  // destroyed before m_socket
};

}  // namespace

std::unique_ptr<NetworkWatch> NetworkWatch::start(EventLoop& loop, std::function<void()> changed) {
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return startPollingNetworkWatch(loop, std::move(changed));
  NativeSocket socket(static_cast<std::uintptr_t>(fd));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return startPollingNetworkWatch(loop, std::move(changed));
  }
  return std::make_unique<NetlinkWatch>(loop, std::move(changed), std::move(socket));
}

}  // namespace adit::net
