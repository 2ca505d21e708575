// SPDX-License-Identifier: Apache-2.0
#include "core/routing/route_table.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace adit::routing {

namespace {

struct Place {
  std::size_t group, branch, leaf;
  std::uint32_t tag;
};

/// Each level uses other bits of the hash.
Place placeOf(std::uint64_t hash) noexcept {
  return {static_cast<std::size_t>(hash >> 60), static_cast<std::size_t>(hash >> 56) & 0xf,
          static_cast<std::size_t>(hash >> 52) & 0xf, static_cast<std::uint32_t>(hash >> 20)};
}

std::uint64_t hashOf(std::string_view name) noexcept {
  // If size_t has 32 bits, the multiplication provides the upper bits that placeOf needs.
  return std::uint64_t{std::hash<std::string_view>{}(name)} * 0x9e3779b97f4a7c15ULL;
}

/// The object that `node` points to, for writing: a copy if others share it, a new one if it is null.
template <typename T>
T& own(std::shared_ptr<const T>& node) {
  if (node == nullptr || node.use_count() > 1)
    node = node == nullptr ? std::make_shared<T>() : std::make_shared<T>(*node);
  return const_cast<T&>(*node);  // this function created it as not const
}

}  // namespace

const RouteEntry* RouteTable::find(std::string_view name) const noexcept {
  const Place place = placeOf(hashOf(name));
  const Group* group = m_groups[place.group].get();
  const Branch* branch = group == nullptr ? nullptr : group->branches[place.branch].get();
  if (branch == nullptr) return nullptr;
  const Leaf& leaf = branch->leaves[place.leaf];
  for (std::size_t i = 0; i < leaf.count; ++i) {
    const Slot& slot = leaf.slots[i];
    if (slot.tag == place.tag && slot.entry->name == name) return slot.entry.get();
  }
  return nullptr;
}

RouteTable::Leaf& RouteTable::Editor::leafFor(std::uint64_t hash) {
  const Place place = placeOf(hash);
  if (m_next == nullptr) m_next = std::make_shared<RouteTable>(*m_base);
  return own(own(m_next->m_groups[place.group]).branches[place.branch]).leaves[place.leaf];
}

void RouteTable::Editor::set(std::shared_ptr<const RouteEntry> entry) {
  const std::uint64_t hash = hashOf(entry->name);
  Leaf& leaf = leafFor(hash);
  const std::uint32_t tag = placeOf(hash).tag;
  std::size_t at = 0;
  while (at < leaf.count && (leaf.slots[at].tag != tag || leaf.slots[at].entry->name != entry->name)) ++at;
  const std::size_t count = std::max(leaf.count, at + 1);
  auto slots = std::make_shared<Slot[]>(count);
  for (std::size_t i = 0; i < leaf.count; ++i) {
    if (i != at) slots[i] = leaf.slots[i];
  }
  slots[at] = {tag, std::move(entry)};
  m_next->m_size += count - leaf.count;
  leaf = {std::move(slots), count};
}

void RouteTable::Editor::erase(std::string_view name) {
  if ((m_next == nullptr ? m_base.get() : m_next.get())->find(name) == nullptr) return;
  const std::uint64_t hash = hashOf(name);
  Leaf& leaf = leafFor(hash);
  const std::uint32_t tag = placeOf(hash).tag;
  auto slots = std::make_shared<Slot[]>(leaf.count - 1);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < leaf.count; ++i) {
    const Slot& slot = leaf.slots[i];
    if (slot.tag != tag || slot.entry->name != name) slots[kept++] = slot;
  }
  leaf = {std::move(slots), kept};
  --m_next->m_size;
}

std::shared_ptr<const RouteTable> RouteTable::Editor::finish() {
  if (m_next == nullptr) return std::move(m_base);
  m_base.reset();
  return std::exchange(m_next, nullptr);
}

}  // namespace adit::routing
