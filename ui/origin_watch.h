// SPDX-License-Identifier: Apache-2.0
#pragma once
// Notices when nothing answers behind a tunnel: the service was not started, or ended. It looks (connects and
// hangs up) when a tunnel comes up and when its visitors' requests begin to fail, and while nothing answers
// it looks again now and then, so that the window can say so and stop saying so. Owned by the bridge; GUI
// thread.

#include <chrono>
#include <functional>
#include <map>
#include <QObject>

#include "core/engine/types.h"

namespace adit::ui {

enum class Answer { Yes, No, Unknown };

/// Looks whether something listens at a tunnel's target and calls back, once. `context` may go away before.
using OriginProbe =
    std::function<void(const std::string& target, QObject* context, std::function<void(Answer)> done)>;

/// The real one: by TCP or a Unix socket. Unknown where it takes too long.
void probeOrigin(const std::string& target, QObject* context, std::function<void(Answer)> done);

class OriginWatch : public QObject {
  Q_OBJECT
 public:
  static constexpr std::chrono::seconds kFirstPause{2};
  static constexpr std::chrono::seconds kLongestPause{20};

  explicit OriginWatch(QObject* parent = nullptr) : QObject(parent), m_probe(&probeOrigin) {}
  void setProbe(OriginProbe probe) { m_probe = std::move(probe); }

  /// Looks where there is a reason to, and gives online tunnels behind which nothing answers an error,
  /// ConnectionRefused. True where one has or lost it since the last time.
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
    std::uint64_t turn = 0;  ///< Of the look whose answer counts.
  };
  void look(engine::TunnelId id, Origin& origin, Time now);
  void take(engine::TunnelId id, std::uint64_t turn, Answer answer);

  OriginProbe m_probe;
  std::map<engine::TunnelId, Origin> m_origins;
  std::uint64_t m_turns = 0;
};

}  // namespace adit::ui
