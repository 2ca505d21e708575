// SPDX-License-Identifier: Apache-2.0
#pragma once
// What every NetworkWatch does, whatever tells it to look: compare the interfaces' addresses, notice a sleep,
// and call back no more often than allowed. Private to core/net; one loop's thread.

#include <optional>
#include <string>
#include <vector>

#include "core/net/network_watch.h"

namespace adit::net {

/// Calls back at once, then no sooner than `interval` after the last call: what comes in between is one call
/// at its end.
class ChangeGate {
 public:
  ChangeGate(EventLoop& loop, Duration interval, std::function<void()> changed);
  void notice();

 private:
  Duration m_interval;
  std::function<void()> m_changed;
  bool m_pending = false;
  Timer m_quiet;
};

/// Tells a sleep from a busy moment: the wall clock goes on while the machine sleeps, the monotonic one does
/// not.
class SleepDetector {
 public:
  /// True when since the last call the wall clock gained more than five seconds on the monotonic one.
  bool slept(std::chrono::system_clock::time_point wall, Timestamp monotonic) noexcept;

 private:
  std::optional<Duration> m_lead;
};

class NetworkWatchBase : public NetworkWatch {
 public:
  using AddressList = std::function<std::vector<std::string>()>;
  NetworkWatchBase(EventLoop& loop, std::function<void()> changed, AddressList list, Duration period);

  /// Compares with what was there before.
  void check();

 private:
  void tick();

  AddressList m_list;
  std::vector<std::string> m_known;
  SleepDetector m_sleep;
  ChangeGate m_gate;
  Duration m_period;
  Timer m_timer;
};

/// "name address/mask" of every running interface but loopback, sorted.
std::vector<std::string> interfaceAddresses();
/// Looks every five seconds and is told nothing by the system.
std::unique_ptr<NetworkWatch> startPollingNetworkWatch(EventLoop& loop, std::function<void()> changed);

inline constexpr Duration kNetworkPollPeriod = std::chrono::seconds(5);

}  // namespace adit::net
