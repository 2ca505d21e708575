// SPDX-License-Identifier: Apache-2.0
#include "core/net/network_watch.h"

#include <algorithm>
#include <array>

#include <spdlog/fmt/fmt.h>
#include <uv.h>

#include "core/net/network_watch_base.h"

namespace adit::net {

namespace {

constexpr Duration kCallInterval = std::chrono::milliseconds(500);
/// More than clock drift or the correction of a time server, less than a sleep that breaks connections.
constexpr Duration kSleepThreshold = std::chrono::seconds(5);

}  // namespace

ChangeGate::ChangeGate(EventLoop& loop, Duration interval, std::function<void()> changed)
    : m_interval(interval), m_changed(std::move(changed)), m_quiet(loop, [this] {
        if (std::exchange(m_pending, false)) notice();
      }) {}

void ChangeGate::notice() {
  if (m_quiet.isActive()) {
    m_pending = true;
    return;
  }
  m_quiet.start(m_interval);
  m_changed();  // last: it may destroy this object
}

bool SleepDetector::slept(std::chrono::system_clock::time_point wall, Timestamp monotonic) noexcept {
  const Duration lead = wall.time_since_epoch() - monotonic.time_since_epoch();
  const bool jumped = m_lead && lead - *m_lead > kSleepThreshold;
  m_lead = lead;
  return jumped;
}

NetworkWatchBase::NetworkWatchBase(EventLoop& loop, std::function<void()> changed, AddressList list,
                                   Duration period)
    : m_list(std::move(list)),
      m_known(m_list()),
      m_gate(loop, kCallInterval, std::move(changed)),
      m_period(period),
      m_timer(loop, [this] { tick(); }) {
  m_sleep.slept(std::chrono::system_clock::now(), MonotonicClock::now());
  m_timer.start(m_period);
}

void NetworkWatchBase::check() {
  std::vector<std::string> current = m_list();
  if (current == m_known) return;
  m_known = std::move(current);
  m_gate.notice();
}

void NetworkWatchBase::tick() {
  m_timer.start(m_period);
  if (m_sleep.slept(std::chrono::system_clock::now(), MonotonicClock::now())) {
    m_known = m_list();
    m_gate.notice();
    return;
  }
  check();
}

std::vector<std::string> interfaceAddresses() {
  uv_interface_address_t* list = nullptr;
  int count = 0;
  std::vector<std::string> found;
  if (uv_interface_addresses(&list, &count) != 0) return found;
  for (int i = 0; i < count; ++i) {
    if (list[i].is_internal != 0) continue;
    std::array<char, 64> address{};
    std::array<char, 64> mask{};
    if (list[i].address.address4.sin_family == AF_INET) {
      uv_ip4_name(&list[i].address.address4, address.data(), address.size());
      uv_ip4_name(&list[i].netmask.netmask4, mask.data(), mask.size());
    } else {
      uv_ip6_name(&list[i].address.address6, address.data(), address.size());
      uv_ip6_name(&list[i].netmask.netmask6, mask.data(), mask.size());
    }
    found.push_back(fmt::format("{} {}/{}", list[i].name, address.data(), mask.data()));
  }
  uv_free_interface_addresses(list, count);
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace adit::net
