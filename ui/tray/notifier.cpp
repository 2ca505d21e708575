// SPDX-License-Identifier: Apache-2.0
#include "ui/tray/notifier.h"

#include <algorithm>
#include <QCoreApplication>
#include <QStringList>

#include "ui/format.h"
#include "ui/messages.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

struct Notices {
  Q_DECLARE_TR_FUNCTIONS(adit::ui::Notices)
};

/// How many names a notification has room for.
QString listed(const QStringList& names) {
  constexpr qsizetype kFew = 3;
  const QString few = names.mid(0, kFew).join(u", "_s);
  const auto more = static_cast<int>(names.size() - kFew);
  return more <= 0 ? few : Notices::tr("%1 and %n more", nullptr, more).arg(few);
}

}  // namespace

std::vector<Notifier::Notice> Notifier::observe(SteadyTime now, const engine::Snapshot& snapshot) {
  if (now - m_last > kSlept) m_quietUntil = now + kQuiet;
  m_last = now;
  const bool quiet = now < m_quietUntil;

  std::vector<Notice> notices;
  QStringList away;
  for (const auto& tunnel : snapshot.tunnels) {
    Memory& memory = m_tunnels[tunnel.id];
    switch (tunnel.state) {
      case engine::TunnelState::Online:
        memory = {.wasOnline = true, .away = false, .awaySince = {}, .told = Told::Nothing};
        break;
      case engine::TunnelState::Stopped:
        memory = {};
        break;
      case engine::TunnelState::Connecting:
      case engine::TunnelState::Reconnecting:
        if (!memory.wasOnline) break;
        if (!memory.away) {
          memory.away = true;
          memory.awaySince = now;
        }
        if (!quiet && memory.told == Told::Nothing && now - memory.awaySince >= kPatience) {
          memory.told = Told::Offline;
          away.append(fromUtf8(tunnel.name));
        }
        break;
      case engine::TunnelState::Failed:
        if (!quiet && memory.told != Told::Refused) {
          memory.told = Told::Refused;
          notices.push_back({.title = Notices::tr("%1 was refused").arg(fromUtf8(tunnel.name)),
                             .text = tunnelProblem(tunnel)});
        }
        break;
    }
  }
  if (!away.isEmpty()) {
    notices.push_back(
        {.title = Notices::tr("%n tunnel(s) went offline", nullptr, static_cast<int>(away.size())),
         .text = Notices::tr("%1: reconnecting…").arg(listed(away))});
  }
  std::erase_if(m_tunnels, [&snapshot](const auto& item) {
    return std::ranges::find(snapshot.tunnels, item.first, &engine::TunnelSnapshot::id) ==
           snapshot.tunnels.end();
  });
  return notices;
}

}  // namespace adit::ui
