// SPDX-License-Identifier: Apache-2.0
#include "ui/origin_watch.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <QDir>
#include <QLocalSocket>
#include <QNetworkProxy>
#include <QTcpSocket>
#include <QTimer>

#include "core/base/log.h"
#include "ui/format.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

using namespace std::chrono_literals;
constexpr auto kPatience = 3s;

/// Calls `done` once, with whatever the socket reports first.
template <typename Socket>
void await(Socket* socket, std::function<void(Answer)> done) {
  auto once = std::make_shared<std::function<void(Answer)>>(std::move(done));
  const auto answer = [socket, once](Answer value) {
    if (!*once) return;
    std::exchange(*once, {})(value);
    socket->abort();
    socket->deleteLater();
  };
  QObject::connect(socket, &Socket::connected, socket, [answer] { answer(Answer::Yes); });
  QObject::connect(socket, &Socket::errorOccurred, socket, [answer] { answer(Answer::No); });
  QTimer::singleShot(kPatience, socket, [answer] { answer(Answer::Unknown); });
}

}  // namespace

void probeOrigin(const std::string& target, QObject* context, std::function<void(Answer)> done) {
  const auto read = engine::Target::read(target);
  if (!read) {
    done(Answer::Unknown);
    return;
  }
  if (read->kind == engine::Target::Kind::Unix) {
    auto* socket = new QLocalSocket(context);
    await(socket, std::move(done));
    socket->connectToServer(QDir::current().absoluteFilePath(fromUtf8(read->path)));
    return;
  }
  auto* socket = new QTcpSocket(context);
  // The engine uses no proxy either.
  socket->setProxy(QNetworkProxy::NoProxy);
  await(socket, std::move(done));
  socket->connectToHost(fromUtf8(read->host), read->port);
}

bool OriginWatch::mark(engine::Snapshot& snapshot) {
  bool different = false;
  const Time now = snapshot.taken;
  for (engine::TunnelSnapshot& tunnel : snapshot.tunnels) {
    if (tunnel.state != engine::TunnelState::Online) {
      // It is probed again when it comes online again.
      m_origins.erase(tunnel.id);
      continue;
    }
    const auto [found, fresh] = m_origins.try_emplace(tunnel.id);
    Origin& origin = found->second;
    origin.name = tunnel.name;
    const bool moved = origin.target != tunnel.spec.target;
    const bool failed = tunnel.traffic.failures > origin.failures;
    origin.failures = tunnel.traffic.failures;
    if (moved) {
      origin.target = tunnel.spec.target;
      origin.away = false;
      origin.pause = kFirstPause;
    }
    if (fresh || moved || (!origin.looking && (failed || (origin.away && now >= origin.next))))
      look(tunnel.id, origin, now);
    different = different || origin.marked != origin.away;
    origin.marked = origin.away;
    if (!origin.away) continue;
    tunnel.hasError = true;
    tunnel.error = {.code = ErrorCode::ConnectionRefused, .detail = "nothing answers at " + origin.target};
  }
  std::erase_if(m_origins, [&snapshot](const auto& item) {
    return std::ranges::find(snapshot.tunnels, item.first, &engine::TunnelSnapshot::id) ==
           snapshot.tunnels.end();
  });
  return different;
}

void OriginWatch::look(engine::TunnelId id, Origin& origin, Time now) {
  origin.looking = true;
  origin.turn = ++m_turns;
  origin.next = now + origin.pause;
  m_probe(origin.target, this, [this, id, turn = origin.turn](Answer answer) { take(id, turn, answer); });
}

void OriginWatch::take(engine::TunnelId id, std::uint64_t turn, Answer answer) {
  const auto found = m_origins.find(id);
  if (found == m_origins.end() || found->second.turn != turn) return;
  Origin& origin = found->second;
  origin.looking = false;
  if (answer == Answer::Unknown) return;
  const bool away = answer == Answer::No;
  // The longer the service does not answer, the less often it is probed.
  origin.pause = away && origin.away
                     ? std::min<std::chrono::milliseconds>(origin.pause * 3 / 2, kLongestPause)
                     : std::chrono::milliseconds(kFirstPause);
  if (std::exchange(origin.away, away) == away) return;
  const std::string where = displayTarget(origin.target).toStdString();
  if (away) {
    logWarning("ui", "nothing answers at {} behind {}", where, origin.name);
  } else {
    logInfo("ui", "{} answers again behind {}", where, origin.name);
  }
  Q_EMIT changed();
}

}  // namespace adit::ui
