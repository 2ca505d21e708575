// SPDX-License-Identifier: Apache-2.0
#pragma once
// Decides what the user is notified of: a tunnel that was online and has been offline for five seconds, and a
// tunnel that was refused. It reports each case once, puts tunnels that went offline together into one
// notification, and reports nothing right after the start or after the computer slept. Callers pass the time;
// the tray shows what it returns. GUI thread.

#include <map>
#include <QString>
#include <vector>

#include "core/engine/types.h"
#include "ui/models/traffic_history.h"

namespace adit::ui {

class Notifier {
 public:
  static constexpr std::chrono::seconds kQuiet{10};
  static constexpr std::chrono::seconds kPatience{5};
  /// Must be called about once a second: a longer gap means that the computer slept.
  static constexpr std::chrono::seconds kSlept{15};

  struct Notice {
    QString title;
    QString text;
  };

  explicit Notifier(SteadyTime start) : m_quietUntil(start + kQuiet), m_last(start) {}
  std::vector<Notice> observe(SteadyTime now, const engine::Snapshot& snapshot);

 private:
  enum class Told { Nothing, Offline, Refused };
  struct Memory {
    bool wasOnline = false;
    bool away = false;
    SteadyTime awaySince;
    Told told = Told::Nothing;
  };

  SteadyTime m_quietUntil;
  SteadyTime m_last;
  std::map<engine::TunnelId, Memory> m_tunnels;
};

}  // namespace adit::ui
