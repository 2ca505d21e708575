// SPDX-License-Identifier: Apache-2.0
#pragma once
// Connects the engine to the window. Owns the engine, turns its wake-ups into one queued call, takes events
// at most ten times a second, keeps the newest snapshot (with an error on tunnels whose service does not
// answer), and reports changes in one signal each. Traffic is sampled ten times a second while the window is
// visible, once a second otherwise. GUI thread; the engine may call the wake function from any thread.

#include <functional>
#include <memory>
#include <QElapsedTimer>
#include <QList>
#include <QObject>
#include <QTimer>

#include "core/engine/engine.h"
#include "ui/origin_watch.h"

namespace adit::ui {

/// Starts the engine with the given wake function.
using EngineFactory = std::function<Result<std::unique_ptr<engine::Engine>>(std::function<void()> wake)>;

class EngineBridge : public QObject {
  Q_OBJECT
 public:
  enum class Sampling { Watched, Background };

  explicit EngineBridge(QObject* parent = nullptr);
  ~EngineBridge() override;

  /// Returns the factory's error. Call once.
  Result<> start(const EngineFactory& factory);

  [[nodiscard]] engine::Engine& engine() { return *m_engine; }
  [[nodiscard]] const engine::Snapshot& snapshot() const { return m_snapshot; }
  /// Null if there is no such tunnel (any more).
  [[nodiscard]] const engine::TunnelSnapshot* tunnel(engine::TunnelId id) const;
  void setSampling(Sampling sampling);
  /// For tests: replaces the check whether a tunnel's service answers.
  void setProbe(OriginProbe probe) { m_origins.setProbe(std::move(probe)); }
  /// Takes a snapshot now instead of with the timer.
  void sample();
  /// Accepts no new requests, lets those in flight end within `deadline`, then emits drained.
  void drain(std::chrono::milliseconds deadline);

 Q_SIGNALS:
  /// These tunnels were added or removed, or changed in anything but their counters.
  void tunnelsChanged(const QList<adit::engine::TunnelId>& ids);
  void linkChanged();
  /// The embedded server could not be started.
  void serverChangeFailed(const adit::Error& error);
  void logAdded(const QList<adit::LogEntry>& entries);
  void trafficSampled();
  void drained();

 private:
  struct Wake;

  void onWake();
  void takeEvents();

  std::shared_ptr<Wake> m_wake;
  std::unique_ptr<engine::Engine> m_engine;
  engine::Snapshot m_snapshot;
  OriginWatch m_origins;
  QTimer m_sampleTimer;
  QTimer m_eventTimer;
  QElapsedTimer m_sinceEvents;
};

}  // namespace adit::ui
