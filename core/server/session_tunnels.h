// SPDX-License-Identifier: Apache-2.0
#pragma once
// The tunnels of one session: which name the client's id of each leads to. A sorted vector, because a client
// declares all of its tunnels again and again, mostly unchanged, and whoever looks up a hundred of them in
// scattered nodes waits for memory a hundred times. Owned by a session of the Registry, under its mutex.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/routing/name_book.h"

namespace adit::server {

class SessionTunnels {
 public:
  using Entry = std::pair<std::uint64_t, routing::NameRecord*>;

  /// In the order of the ids.
  [[nodiscard]] auto begin() const noexcept { return m_entries.begin(); }
  [[nodiscard]] auto end() const noexcept { return m_entries.end(); }

  /// Null where the session has no tunnel of that id.
  [[nodiscard]] routing::NameRecord* find(std::uint64_t id) const noexcept {
    const std::size_t at = indexOf(id);
    return at < m_entries.size() && m_entries[at].first == id ? m_entries[at].second : nullptr;
  }
  /// Adds the tunnel or changes its name. Returns the name it had before, or null.
  routing::NameRecord* set(std::uint64_t id, routing::NameRecord& record) {
    const std::size_t at = indexOf(id);
    if (at < m_entries.size() && m_entries[at].first == id)
      return std::exchange(m_entries[at].second, &record);
    m_entries.insert(m_entries.begin() + static_cast<std::ptrdiff_t>(at), Entry{id, &record});
    return nullptr;
  }
  /// Nothing where there is none of that id.
  void erase(std::uint64_t id) {
    const std::size_t at = indexOf(id);
    if (at < m_entries.size() && m_entries[at].first == id)
      m_entries.erase(m_entries.begin() + static_cast<std::ptrdiff_t>(at));
  }
  template <typename Predicate>
  void eraseIf(Predicate&& isOver) {
    std::erase_if(m_entries, std::forward<Predicate>(isOver));
  }

 private:
  [[nodiscard]] std::size_t indexOf(std::uint64_t id) const noexcept {
    const auto at =
        std::lower_bound(m_entries.begin(), m_entries.end(), id,
                         [](const Entry& entry, std::uint64_t wanted) { return entry.first < wanted; });
    return static_cast<std::size_t>(at - m_entries.begin());
  }

  std::vector<Entry> m_entries;
};

}  // namespace adit::server
