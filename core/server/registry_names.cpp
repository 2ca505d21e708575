// SPDX-License-Identifier: Apache-2.0
// Which names the tunnels of a session get.
#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "core/base/process.h"
#include "core/server/registry.h"
#include "core/session/holder_text.h"
#include "core/session/tunnel_name.h"

namespace adit::server {

using routing::NameBook;
using routing::NameRecord;

struct Registry::Work {
  SessionId id;
  Session& session;
  Applied& out;
  Timestamp now;
  std::uint64_t number;   ///< Of this work: names it gave are marked with it.
  std::size_t given = 0;  ///< Names it gave.
  /// Names whose tunnels have others now; the session's still, where they are given to other tunnels of it.
  std::vector<NameRecord*> displaced = {};

  void refuse(std::uint64_t tunnel, ErrorCode code, std::string message) const {
    wire::TunnelAnswer answer;
    answer.id = tunnel;
    answer.code = toString(code);
    answer.message = std::move(message);
    out.declared.answers.push_back(std::move(answer));
  }
};

Registry::Applied Registry::apply(SessionId id, const wire::Declare& declare, Timestamp now) {
  Applied result;
  result.declared.revision = declare.revision;
  result.declared.answers.reserve(declare.tunnels.size());
  std::unique_lock lock(m_mutex);
  const std::shared_ptr<const PublicAddress> address = m_address;
  const auto found = m_sessions.find(id);
  if (found == m_sessions.end()) {
    for (const auto& tunnel : declare.tunnels) {
      result.declared.answers.push_back({tunnel.id,
                                         false,
                                         {},
                                         {},
                                         std::string(toString(ErrorCode::TakenOver)),
                                         "a newer connection has this session"});
    }
    return result;
  }
  beginEdit(now);
  Session& session = found->second;
  session.revision = declare.revision;
  session.contests.clear();
  Work work{id, session, result, now, ++m_works};
  for (const auto& tunnel : declare.tunnels) declareTunnel(work, tunnel);
  // What it declares no more goes. A name that another of its tunnels has now is that one's.
  session.tunnels.eraseIf([&work](const auto& entry) {
    const auto& [tunnel, record] = entry;
    if (record->work == work.number) return record->tunnel != tunnel;
    work.displaced.push_back(record);
    return true;
  });
  for (NameRecord* record : work.displaced) {
    if (record->work != work.number) m_names.leave(*record, NameBook::Visitors::NotTold, now);
  }
  // Its last token may have been revoked before it had its first name.
  if (m_tokens != nullptr && !m_tokens->hasPrincipal(session.principal->id))
    m_names.setActive(session.principal->id, false, now);
  endEdit();
  lock.unlock();
  nameAddresses(result.declared, *address);
  return result;
}

Registry::Applied Registry::settle(SessionId id, SessionId holder, bool answered, Timestamp now) {
  Applied result;
  std::unique_lock lock(m_mutex);
  const std::shared_ptr<const PublicAddress> address = m_address;
  const auto found = m_sessions.find(id);
  if (found == m_sessions.end()) return result;
  beginEdit(now);
  Session& session = found->second;
  result.declared.revision = session.revision;
  Work work{id, session, result, now, ++m_works};
  const auto settled =
      std::stable_partition(session.contests.begin(), session.contests.end(),
                            [holder](const Contest& contest) { return contest.holder != holder; });
  const std::vector<Contest> contests(std::make_move_iterator(settled),
                                      std::make_move_iterator(session.contests.end()));
  session.contests.erase(settled, session.contests.end());
  for (const Contest& contest : contests)
    giveName(work, contest.tunnel, answered ? Contested::Refuse : Contested::Move, holder);
  endEdit();
  lock.unlock();
  nameAddresses(result.declared, *address);
  return result;
}

void Registry::declareTunnel(Work& work, const wire::TunnelDeclaration& tunnel) {
  if (tunnel.kind != wire::TunnelKind::Http)
    return work.refuse(tunnel.id, ErrorCode::Unsupported, "this server carries HTTP tunnels only");
  NameRecord* const own = work.session.tunnels.find(tunnel.id);
  const bool ownIsGiven = own != nullptr && own->work == work.number;
  const bool isContested =
      std::any_of(work.session.contests.begin(), work.session.contests.end(),
                  [&tunnel](const Contest& contest) { return contest.tunnel.id == tunnel.id; });
  if (isContested || (ownIsGiven && own->tunnel == tunnel.id))
    return work.refuse(tunnel.id, ErrorCode::InvalidArgument, "this tunnel id is declared twice");
  if (work.given + work.session.contests.size() >= m_params.maxTunnels) {
    return work.refuse(tunnel.id, ErrorCode::LimitExceeded,
                       fmt::format("at most {} tunnels a client", m_params.maxTunnels));
  }
  // Most often nothing changed, and the name need not be looked up.
  if (own != nullptr && !ownIsGiven && (tunnel.name.empty() || tunnel.name == own->name)) {
    if (!tunnel.name.empty() && !tunnel.chosen) m_names.markAsked(*own);
    return give(work, tunnel.id, *own);
  }
  if (tunnel.name.empty()) return chooseName(work, tunnel);
  auto name = session::normalizeName(tunnel.name);
  if (!name) return work.refuse(tunnel.id, name.error().code, std::move(name.error().detail));
  wire::TunnelDeclaration normalized = tunnel;
  normalized.name = std::move(*name);
  giveName(work, normalized, tunnel.takeOver ? Contested::Move : Contested::Ask, 0);
}

void Registry::chooseName(Work& work, const wire::TunnelDeclaration& tunnel) {
  auto chosen = m_names.choose(work.session.principal, m_random);
  if (!chosen) return work.refuse(tunnel.id, chosen.error().code, std::move(chosen.error().detail));
  give(work, tunnel.id, **chosen);
}

void Registry::giveName(Work& work, const wire::TunnelDeclaration& tunnel, Contested contested,
                        SessionId holder) {
  auto claimed = m_names.claim(tunnel.name, work.session.principal, work.now);
  if (!claimed) {
    if (tunnel.chosen && claimed.error().code == ErrorCode::NameTaken) return chooseName(work, tunnel);
    return work.refuse(tunnel.id, claimed.error().code, std::move(claimed.error().detail));
  }
  NameRecord& record = **claimed;
  if (record.work == work.number) {
    return work.refuse(tunnel.id, ErrorCode::NameTaken,
                       fmt::format("another of your tunnels is named '{}' already", tunnel.name));
  }
  const bool isNew = record.holder == 0 && record.leftAt == kNever;
  if (record.holder != 0 && record.holder != work.id) {
    Session& other = m_sessions.find(record.holder)->second;
    if (holder != 0 && holder != record.holder) contested = Contested::Refuse;  // nobody asked this one
    if (contested == Contested::Move || other.suspended) {
      takeFromHolder(work, record, other);
    } else if (contested == Contested::Ask) {
      record.work = work.number;
      work.session.contests.push_back({tunnel, record.holder});
      const SessionPlace place{other.worker, record.holder};
      if (std::find(work.out.contested.begin(), work.out.contested.end(), place) == work.out.contested.end())
        work.out.contested.push_back(place);
      return;
    } else if (tunnel.chosen) {
      return chooseName(work, tunnel);
    } else {
      return refuseHeld(work, tunnel, other);
    }
  }
  if (isNew) {
    record.chosen = tunnel.chosen;
  } else if (!tunnel.chosen) {
    m_names.markAsked(record);
  }
  give(work, tunnel.id, record);
}

void Registry::give(Work& work, std::uint64_t tunnel, NameRecord& record) {
  record.work = work.number;
  m_names.hold(record, work.id, tunnel);
  NameRecord* const before = work.session.tunnels.set(tunnel, record);
  if (before != nullptr && before != &record) work.displaced.push_back(before);
  ++work.given;
  wire::TunnelAnswer answer;
  answer.id = tunnel;
  answer.accepted = true;
  answer.name = record.name;
  work.out.declared.answers.push_back(std::move(answer));
}

wire::NameHolder Registry::introduce(const Session& about, const Session& to) {
  wire::NameHolder told = about.self;
  told.ownDevice = about.key.device == to.key.device;
  return told;
}

void Registry::refuseHeld(Work& work, const wire::TunnelDeclaration& tunnel, const Session& holder) {
  wire::NameHolder told = introduce(holder, work.session);
  work.refuse(tunnel.id, ErrorCode::NameTaken,
              session::describeHolder(tunnel.name, told, session::TimeZone::Utc, unixSeconds()));
  work.out.declared.answers.back().holder = std::move(told);
}

void Registry::takeFromHolder(Work& work, NameRecord& record, Session& holder) {
  if (holder.tunnels.find(record.tunnel) == &record) holder.tunnels.erase(record.tunnel);
  if (holder.suspended) return;  // it leaves by itself
  Withdrawal withdrawal;
  withdrawal.from = {holder.worker, record.holder};
  withdrawal.message = {{record.tunnel},
                        std::string(toString(ErrorCode::TakenOver)),
                        session::describeTaker(record.name, introduce(work.session, holder))};
  work.out.withdrawals.push_back(std::move(withdrawal));
}

wire::Released Registry::release(SessionId id, std::string_view name, Timestamp now) {
  const std::lock_guard lock(m_mutex);
  const auto refusal = [](ErrorCode code, std::string message) {
    return wire::Released{0, false, std::string(toString(code)), std::move(message)};
  };
  const auto asker = m_sessions.find(id);
  if (asker == m_sessions.end()) return refusal(ErrorCode::TakenOver, "a newer connection has this session");
  auto label = session::normalizeName(name);
  if (!label) return refusal(label.error().code, std::move(label.error().detail));
  beginEdit(now);
  NameRecord* record = m_names.find(*label, now);
  wire::Released result{0, true, {}, {}};
  if (record == nullptr || record->owner->principal->id != asker->second.principal->id) {
    result = refusal(ErrorCode::NotFound, fmt::format("you have no name '{}'", *label));
  } else if (record->holder != 0) {
    const wire::NameHolder told = introduce(m_sessions.find(record->holder)->second, asker->second);
    result = refusal(ErrorCode::NameTaken,
                     session::describeHolder(*label, told, session::TimeZone::Utc, unixSeconds()) +
                         "; stop that tunnel first");
  } else {
    m_names.release(*record);
  }
  endEdit();
  return result;
}

void Registry::nameAddresses(wire::Declared& declared, const PublicAddress& address) const {
  const std::string domain = this->domain();
  const bool secure = address.scheme == http::Scheme::Https;
  const std::string_view scheme = secure ? "https://" : "http://";
  const std::string port =
      address.port == (secure ? 443 : 80) ? std::string() : fmt::format(":{}", address.port);
  for (wire::TunnelAnswer& answer : declared.answers) {
    if (!answer.accepted) continue;
    const std::size_t hostSize = answer.name.size() + 1 + domain.size();
    answer.url.reserve(scheme.size() + hostSize + port.size());
    answer.url.append(scheme).append(answer.name).append(1, '.').append(domain).append(port);
    if (secure) {
      answer.plainPort = address.plainPort;
      answer.selfSigned = address.selfSigned &&
                          address.selfSigned(std::string_view(answer.url).substr(scheme.size(), hostSize));
    }
  }
}

}  // namespace adit::server
