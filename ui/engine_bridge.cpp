// SPDX-License-Identifier: Apache-2.0
#include "ui/engine_bridge.h"

#include <algorithm>
#include <atomic>
#include <mutex>

namespace adit::ui {
namespace {

using namespace std::chrono_literals;
constexpr auto kEventInterval = 100ms;
constexpr auto kWatchedInterval = 100ms;
constexpr auto kBackgroundInterval = 1000ms;

bool sameButCounters(const engine::TunnelSnapshot& a, const engine::TunnelSnapshot& b) {
  return a.id == b.id && a.state == b.state && a.url == b.url && a.hasError == b.hasError &&
         a.error == b.error && a.name == b.name && a.spec == b.spec && a.plainUrl == b.plainUrl &&
         a.selfSigned == b.selfSigned && a.heldElsewhere == b.heldElsewhere;
}

const engine::TunnelSnapshot* find(const std::vector<engine::TunnelSnapshot>& tunnels, engine::TunnelId id) {
  const auto it = std::ranges::find(tunnels, id, &engine::TunnelSnapshot::id);
  return it == tunnels.end() ? nullptr : &*it;
}

}  // namespace

/// Shared with the engine's thread and with queued calls, because both can outlive the bridge for a moment.
struct EngineBridge::Wake {
  std::mutex mutex;
  EngineBridge* bridge = nullptr;
  std::atomic<bool> posted = false;

  template <typename Function>
  void post(Function function) {
    const std::lock_guard lock(mutex);
    if (bridge != nullptr) QMetaObject::invokeMethod(bridge, std::move(function), Qt::QueuedConnection);
  }
};

EngineBridge::EngineBridge(QObject* parent) : QObject(parent), m_wake(std::make_shared<Wake>()) {
  m_wake->bridge = this;
  m_eventTimer.setSingleShot(true);
  connect(&m_eventTimer, &QTimer::timeout, this, &EngineBridge::takeEvents);
  m_sampleTimer.setInterval(kBackgroundInterval);
  connect(&m_sampleTimer, &QTimer::timeout, this, &EngineBridge::sample);
  // Queued, because it can be emitted while a sample is being taken.
  connect(&m_origins, &OriginWatch::changed, this, &EngineBridge::sample, Qt::QueuedConnection);
}

EngineBridge::~EngineBridge() {
  {
    const std::lock_guard lock(m_wake->mutex);
    m_wake->bridge = nullptr;
  }
  m_engine.reset();
}

Result<> EngineBridge::start(const EngineFactory& factory) {
  auto engine = factory([wake = m_wake] {
    if (!wake->posted.exchange(true))
      wake->post([wake] {
        // Cleared before events are taken, so that an event that comes later posts again.
        wake->posted = false;
        if (wake->bridge != nullptr) wake->bridge->onWake();
      });
  });
  if (!engine) return tl::unexpected(engine.error());
  m_engine = std::move(*engine);
  m_sampleTimer.start();
  takeEvents();
  return {};
}

const engine::TunnelSnapshot* EngineBridge::tunnel(engine::TunnelId id) const {
  return find(m_snapshot.tunnels, id);
}

void EngineBridge::setSampling(Sampling sampling) {
  m_sampleTimer.setInterval(sampling == Sampling::Watched ? kWatchedInterval : kBackgroundInterval);
}

void EngineBridge::drain(std::chrono::milliseconds deadline) {
  m_engine->drain(deadline, [wake = m_wake] {
    wake->post([wake] {
      if (wake->bridge != nullptr) Q_EMIT wake->bridge->drained();
    });
  });
}

void EngineBridge::onWake() {
  if (m_eventTimer.isActive() || m_engine == nullptr) return;
  const std::chrono::milliseconds passed(m_sinceEvents.isValid() ? m_sinceEvents.elapsed()
                                                                 : kEventInterval.count());
  if (passed >= kEventInterval) {
    takeEvents();
  } else {
    m_eventTimer.start(kEventInterval - passed);
  }
}

void EngineBridge::takeEvents() {
  m_sinceEvents.start();
  QList<LogEntry> entries;
  std::vector<Error> failures;
  for (engine::Event& event : m_engine->takeEvents()) {
    if (auto* log = std::get_if<engine::LogAdded>(&event)) entries.append(std::move(log->entry));
    if (auto* failed = std::get_if<engine::ServerChangeFailed>(&event))
      failures.push_back(std::move(failed->error));
  }
  sample();
  for (const Error& failure : failures) Q_EMIT serverChangeFailed(failure);
  if (!entries.isEmpty()) Q_EMIT logAdded(entries);
}

void EngineBridge::sample() {
  engine::Snapshot next = m_engine->snapshot();
  const bool marks = m_origins.mark(next);
  const engine::Snapshot previous = std::exchange(m_snapshot, std::move(next));
  // The engine keeps a bounded number of events, so changes are found by comparing snapshots.
  QList<engine::TunnelId> changed;
  bool link = false;
  if (marks || previous.revision != m_snapshot.revision) {
    for (const auto& tunnel : m_snapshot.tunnels) {
      const auto* before = find(previous.tunnels, tunnel.id);
      if (before == nullptr || !sameButCounters(*before, tunnel)) changed.append(tunnel.id);
    }
    for (const auto& tunnel : previous.tunnels) {
      if (find(m_snapshot.tunnels, tunnel.id) == nullptr) changed.append(tunnel.id);
    }
  }
  const engine::LinkSnapshot& a = previous.link;
  const engine::LinkSnapshot& b = m_snapshot.link;
  link = a.state != b.state || a.server != b.server || a.embedded != b.embedded || a.hasError != b.hasError ||
         !(a.error == b.error) || a.retryIn != b.retryIn || a.roundTripMs != b.roundTripMs;
  if (!changed.isEmpty()) Q_EMIT tunnelsChanged(changed);
  if (link) Q_EMIT linkChanged();
  Q_EMIT trafficSampled();
}

}  // namespace adit::ui
