// SPDX-License-Identifier: Apache-2.0
#pragma once
// The window's side of the engine. Owns the engine, turns its wake-ups into one queued call, takes events at
// most ten times a second, keeps the newest snapshot (with a mark on tunnels behind which nothing answers),
// and says what changed in compound signals. Traffic is sampled on a timer: ten times a second while somebody
// looks, once a second otherwise. GUI thread, except for the wake function it hands out.

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

  /// Fails as the factory fails. Call once.
  Result<> start(const EngineFactory& factory);

  [[nodiscard]] engine::Engine& engine() { return *m_engine; }
  [[nodiscard]] const engine::Snapshot& snapshot() const { return m_snapshot; }
  /// Null where there is no such tunnel (any more).
  [[nodiscard]] const engine::TunnelSnapshot* tunnel(engine::TunnelId id) const;
  void setSampling(Sampling sampling);
  /// For tests: who looks whether something answers behind a tunnel.
  void setProbe(OriginProbe probe) { m_origins.setProbe(std::move(probe)); }
  /// Takes a snapshot now, between two of the timer's.
  void sample();
  /// Stops taking requests, ends those in flight within `deadline`, then emits drained.
  void drain(std::chrono::milliseconds deadline);

 Q_SIGNALS:
  /// Added, removed or different in anything but counters.
  void tunnelsChanged(const QList<adit::engine::TunnelId>& ids);
  void linkChanged();
  /// The embedded server was asked for and could not be started.
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
