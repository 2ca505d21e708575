// SPDX-License-Identifier: Apache-2.0
#pragma once
// What all implementations of NetworkWatch have in common: they compare the interfaces' addresses, detect a
// sleep, and limit how often they call back. Private to core/net; one loop's thread.

#include <optional>
#include <string>
#include <vector>

#include "core/net/network_watch.h"

namespace adit::net {

/// Limits the rate of calls: the first is made at once, later ones no sooner than `interval` after the one
/// before. Changes in between lead to one call at its end.
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

/// Distinguishes a sleep from a busy moment: the wall clock goes on while the machine sleeps, the monotonic
/// clock does not.
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
/// Compares the addresses every five seconds, without notifications from the system.
std::unique_ptr<NetworkWatch> startPollingNetworkWatch(EventLoop& loop, std::function<void()> changed);

inline constexpr Duration kNetworkPollPeriod = std::chrono::seconds(5);

}  // namespace adit::net
