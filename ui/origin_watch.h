// SPDX-License-Identifier: Apache-2.0
#pragma once
// Notices when a tunnel's service does not answer, because it was not started or has ended. It probes
// (connects and disconnects) when a tunnel comes online and when its visitors' requests begin to fail. While
// the service does not answer, it probes again now and then, so that the window can show the current state.
// Owned by the bridge; GUI thread.

#include <chrono>
#include <functional>
#include <map>
#include <QObject>

#include "core/engine/types.h"

namespace adit::ui {

enum class Answer { Yes, No, Unknown };

/// Probes whether something listens at a tunnel's target and calls back once, unless `context` is destroyed
/// before.
using OriginProbe =
    std::function<void(const std::string& target, QObject* context, std::function<void(Answer)> done)>;

/// The real probe, over TCP or a Unix socket. Unknown if it takes too long.
void probeOrigin(const std::string& target, QObject* context, std::function<void(Answer)> done);

class OriginWatch : public QObject {
  Q_OBJECT
 public:
  static constexpr std::chrono::seconds kFirstPause{2};
  static constexpr std::chrono::seconds kLongestPause{20};

  explicit OriginWatch(QObject* parent = nullptr) : QObject(parent), m_probe(&probeOrigin) {}
  void setProbe(OriginProbe probe) { m_probe = std::move(probe); }

  /// Probes where there is a reason to, and gives online tunnels whose service does not answer the error
  /// ConnectionRefused. Returns true if that changed for a tunnel since the last call.
  bool mark(engine::Snapshot& snapshot);

 Q_SIGNALS:
  void changed();

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Origin {
    std::string target;
    std::string name;
    std::uint64_t failures = 0;
    bool looking = false;
    bool away = false;
    bool marked = false;
    Time next;  ///< While away.
    std::chrono::milliseconds pause{kFirstPause};
    std::uint64_t turn = 0;  ///< The number of the probe whose answer counts.
  };
  void look(engine::TunnelId id, Origin& origin, Time now);
  void take(engine::TunnelId id, std::uint64_t turn, Answer answer);

  OriginProbe m_probe;
  std::map<engine::TunnelId, Origin> m_origins;
  std::uint64_t m_turns = 0;
};

}  // namespace adit::ui
