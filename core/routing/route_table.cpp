// SPDX-License-Identifier: Apache-2.0
#include "core/routing/route_table.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace adit::routing {

namespace {

struct Place {
  std::size_t group, shard;
  std::uint32_t tag;
};

/// Different bits of the hash for each.
Place placeOf(std::uint64_t hash) noexcept {
  return {static_cast<std::size_t>(hash >> 57), static_cast<std::size_t>(hash >> 50) & 0x7f,
          static_cast<std::uint32_t>(hash >> 18)};
}

std::uint64_t hashOf(std::string_view name) noexcept {
  // Where size_t has 32 bits, the product has the upper ones that placeOf needs.
  return std::uint64_t{std::hash<std::string_view>{}(name)} * 0x9e3779b97f4a7c15ULL;
}

/// What `node` points to, for writing: a copy where others see it, a new one where there is none.
template <typename T>
T& own(std::shared_ptr<const T>& node) {
  if (node == nullptr || node.use_count() > 1)
    node = node == nullptr ? std::make_shared<T>() : std::make_shared<T>(*node);
  return const_cast<T&>(*node);  // made by this function, not const
}

}  // namespace

const RouteEntry* RouteTable::find(std::string_view name) const noexcept {
  const Place place = placeOf(hashOf(name));
  const Group* group = m_groups[place.group].get();
  const Shard* shard = group == nullptr ? nullptr : group->shards[place.shard].get();
  if (shard == nullptr) return nullptr;
  const std::vector<std::uint32_t>& tags = shard->tags;
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (tags[i] == place.tag && shard->entries[i]->name == name) return shard->entries[i].get();
  }
  return nullptr;
}

RouteTable::Shard& RouteTable::Editor::shardFor(std::uint64_t hash) {
  const Place place = placeOf(hash);
  if (m_next == nullptr) m_next = std::make_shared<RouteTable>(*m_base);
  return own(own(m_next->m_groups[place.group]).shards[place.shard]);
}

void RouteTable::Editor::set(std::shared_ptr<const RouteEntry> entry) {
  const std::uint64_t hash = hashOf(entry->name);
  Shard& shard = shardFor(hash);
  const std::uint32_t tag = placeOf(hash).tag;
  for (std::size_t i = 0; i < shard.tags.size(); ++i) {
    if (shard.tags[i] != tag || shard.entries[i]->name != entry->name) continue;
    shard.entries[i] = std::move(entry);
    return;
  }
  shard.tags.push_back(tag);
  shard.entries.push_back(std::move(entry));
  ++m_next->m_size;
}

void RouteTable::Editor::erase(std::string_view name) {
  if ((m_next == nullptr ? m_base.get() : m_next.get())->find(name) == nullptr) return;
  const std::uint64_t hash = hashOf(name);
  Shard& shard = shardFor(hash);
  const std::uint32_t tag = placeOf(hash).tag;
  for (std::size_t i = 0; i < shard.tags.size(); ++i) {
    if (shard.tags[i] != tag || shard.entries[i]->name != name) continue;
    shard.tags[i] = shard.tags.back();
    shard.tags.pop_back();
    std::swap(shard.entries[i], shard.entries.back());
    shard.entries.pop_back();
    --m_next->m_size;
    return;
  }
}

std::shared_ptr<const RouteTable> RouteTable::Editor::finish() {
  if (m_next == nullptr) return std::move(m_base);
  m_base.reset();
  return std::exchange(m_next, nullptr);
}

}  // namespace adit::routing
