// SPDX-License-Identifier: Apache-2.0
#include "core/routing/name_book.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

namespace adit::routing {

namespace {

// When tens of thousands of names are in use, readable ones are often taken; then digits are added.
constexpr int kReadableAttempts = 8;
constexpr int kLongAttempts = 64;
/// How many names a call of expire(), which is made under a mutex, looks at.
constexpr int kLooksPerCall = 64;

}  // namespace

NameBook::NameBook(Params params, Observer& observer) : m_params(params), m_observer(observer) {
  m_params.chosenGrace = std::min(m_params.chosenGrace, m_params.grace);
}

NameRecord* NameBook::find(std::string_view label, Timestamp now) {
  const auto found = m_names.find(label);
  if (found == m_names.end()) return nullptr;
  NameRecord& record = *found->second;
  if (record.holder != 0 || record.reservedUntil > now) return &record;
  free(record);  // expire() has not reached it yet
  return nullptr;
}

Result<NameRecord*> NameBook::claim(std::string_view label, const access::PrincipalPtr& principal,
                                    Timestamp now) {
  if (NameRecord* record = find(label, now)) {
    if (record->owner->principal->id == principal->id) return record;
    return fail(ErrorCode::NameTaken, fmt::format("the name '{}' belongs to somebody else", label));
  }
  NameOwner& owner = ownerOf(principal);
  if (auto room = makeRoom(owner); !room) return fail(std::move(room.error()));
  return &add(std::string(label), owner);
}

Result<NameRecord*> NameBook::choose(const access::PrincipalPtr& principal, Random& random) {
  NameOwner& owner = ownerOf(principal);
  if (auto room = makeRoom(owner); !room) return fail(std::move(room.error()));
  for (int attempt = 0; attempt < kLongAttempts; ++attempt) {
    std::string candidate = readableName(random);
    if (attempt >= kReadableAttempts)
      candidate += fmt::format("-{:08x}", random.below(std::uint64_t{1} << 32));
    if (m_names.contains(candidate)) continue;
    NameRecord& record = add(std::move(candidate), owner);
    record.chosen = true;
    return &record;
  }
  forgetOwner(owner);
  return fail(ErrorCode::Overloaded, "the server found no free name");
}

Result<> NameBook::makeRoom(NameOwner& owner) {
  const std::size_t most = owner.principal->rights.maxNames;
  if (owner.names.size() >= most && !owner.spare.empty()) erase(*owner.spare.begin()->second);
  if (owner.names.size() >= most) {
    forgetOwner(owner);
    return fail(ErrorCode::LimitExceeded,
                fmt::format("you have {} names, reserved ones included, and may have no more: 'adit release "
                            "NAME' gives one up",
                            most));
  }
  if (m_names.size() < m_params.maxNames) return {};
  forgetOwner(owner);
  return fail(ErrorCode::Overloaded, "the server holds as many names as it can");
}

void NameBook::hold(NameRecord& record, SessionId session, std::uint64_t tunnel) {
  if (record.holder == session && record.tunnel == tunnel) return;
  unfile(record);
  record.holder = session;
  record.tunnel = tunnel;
  record.leftAt = record.shownUntil = record.reservedUntil = kNever;
  m_observer.onNameChanged(record);
}

void NameBook::markAsked(NameRecord& record) {
  if (!record.chosen) return;
  unfile(record);
  record.chosen = false;
  record.keptAsHeld = false;
  file(record);
  m_observer.onNameChanged(record);
}

void NameBook::leave(NameRecord& record, Visitors visitors, Timestamp now) {
  unfile(record);
  record.holder = 0;
  record.tunnel = 0;
  record.leftAt = now;
  record.shownUntil = visitors == Visitors::AreTold ? now + m_params.shown : kNever;
  record.reservedUntil = graceOf(record, now);
  if (record.reservedUntil <= now && visitors == Visitors::NotTold) return free(record);
  file(record);
  m_observer.onNameChanged(record);
}

Timestamp NameBook::graceOf(const NameRecord& record, Timestamp leftAt) const noexcept {
  const Duration grace = record.chosen ? m_params.chosenGrace : m_params.grace;
  return leftAt + (record.owner->active ? grace : std::min(grace, m_params.orphaned));
}

void NameBook::release(NameRecord& record) { free(record); }

void NameBook::setActive(std::string_view principal, bool active, Timestamp now) {
  const auto found = m_owners.find(principal);
  if (found == m_owners.end() || found->second->active == active) return;
  found->second->active = active;
  for (NameRecord* record : found->second->names) {
    if (record->holder != 0) continue;
    unfile(*record);
    const Timestamp full = graceOf(*record, active ? record->leftAt : now);
    record->reservedUntil = active ? full : std::min(record->reservedUntil, full);
    file(*record);
    m_observer.onNameChanged(*record);
  }
}

std::vector<std::string> NameBook::principals() const {
  std::vector<std::string> result;
  result.reserve(m_owners.size());
  for (const auto& [id, owner] : m_owners) result.push_back(id);
  return result;
}

void NameBook::restore(const Reservation& kept, Timestamp now) {
  if (m_names.size() >= m_params.maxNames || m_names.contains(kept.name)) return;
  if (!kept.held && kept.reservedUntil <= now) return;
  const auto owner = m_owners.find(kept.principal);
  // Its label and rights are filled in by its next login.
  NameRecord& record =
      add(kept.name,
          owner != m_owners.end()
              ? *owner->second
              : ownerOf(std::make_shared<access::Principal>(access::Principal{kept.principal, {}, {}})));
  record.chosen = kept.chosen;
  if (kept.held) return leave(record, Visitors::AreTold, now);
  record.leftAt = kept.leftAt;
  record.reservedUntil = kept.reservedUntil;
  if (kept.leftAt + m_params.shown > now) record.shownUntil = kept.leftAt + m_params.shown;
  file(record);
  m_observer.onNameChanged(record);
}

void NameBook::expire(Timestamp now) {
  for (int looks = 0; looks < kLooksPerCall && !m_due.empty() && m_due.begin()->first <= now; ++looks) {
    NameRecord& record = *m_due.begin()->second;
    if (record.reservedUntil <= now) {
      free(record);
      continue;
    }
    unfile(record);
    record.shownUntil = kNever;
    file(record);
    m_observer.onNameChanged(record);
  }
}

NameOwner& NameBook::ownerOf(const access::PrincipalPtr& principal) {
  auto& owner = m_owners[principal->id];
  if (owner == nullptr) owner = std::make_unique<NameOwner>();
  owner->principal = principal;  // the newest rights
  return *owner;
}

void NameBook::forgetOwner(NameOwner& owner) {
  if (owner.names.empty()) m_owners.erase(owner.principal->id);
}

NameRecord& NameBook::add(std::string label, NameOwner& owner) {
  auto record = std::make_unique<NameRecord>();
  record->name = label;
  record->owner = &owner;
  NameRecord& added = *record;
  owner.names.insert(&added);
  m_names.emplace(std::move(label), std::move(record));
  return added;
}

void NameBook::erase(NameRecord& record) {
  unfile(record);
  m_observer.onNameFreed(record);
  record.owner->names.erase(&record);
  m_names.erase(m_names.find(record.name));
}

void NameBook::free(NameRecord& record) {
  NameOwner& owner = *record.owner;
  erase(record);
  forgetOwner(owner);
}

void NameBook::file(NameRecord& record) {
  if (record.holder != 0) return;
  record.nextLook = record.shownUntil != kNever ? record.shownUntil : record.reservedUntil;
  if (record.nextLook != kNever) m_due.emplace(record.nextLook, &record);
  if (record.chosen && record.leftAt != kNever) record.owner->spare.emplace(record.leftAt, &record);
}

void NameBook::unfile(NameRecord& record) {
  if (record.nextLook != kNever) m_due.erase({record.nextLook, &record});
  record.nextLook = kNever;
  if (record.leftAt != kNever) record.owner->spare.erase({record.leftAt, &record});
}

}  // namespace adit::routing
