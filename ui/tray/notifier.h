// SPDX-License-Identifier: Apache-2.0
#pragma once
// Decides what is worth a notification: a tunnel that was online and has been away for five seconds, and one
// that was refused. Says each thing once, gathers tunnels that went together, and holds its tongue right
// after the start and after the computer slept. Time is handed in; what it returns is for the tray to show.
// GUI thread.

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
  /// Observations come about every second; a longer silence means that the computer slept.
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
