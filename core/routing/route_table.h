// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which tunnel answers for which name: an immutable snapshot that every worker reads without a lock. Names
// are spread by their hash over 4,096 leaves of a tree of three levels, so that a change copies one small
// path and shares everything else with the snapshot before. Made by the server's Registry with a
// RouteTable::Editor.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/access/principal.h"
#include "core/base/clock.h"
#include "core/wire/control_messages.h"

namespace adit::routing {

/// Of one connection of a client; unique in a process.
using SessionId = std::uint64_t;

/// A session that serves a name.
struct RouteServer {
  SessionId session = 0;
  unsigned worker = 0;       ///< Where the session's connection lives.
  std::uint64_t tunnel = 0;  ///< The id the client declared.
  friend bool operator==(const RouteServer&, const RouteServer&) = default;
};

/// What a name leads to. Immutable and shared by snapshots: a change makes a new one.
struct RouteEntry {
  std::string name;
  access::PrincipalPtr principal;  ///< Whose name it is.
  wire::TunnelKind kind = wire::TunnelKind::Http;
  std::vector<RouteServer> servers;  ///< Empty: offline.
  Timestamp offlineUntil =
      kNever;  ///< Offline: until then visitors are told so, afterwards the name is unknown.

  [[nodiscard]] bool isOnline() const noexcept { return !servers.empty(); }
};

class RouteTable {
  /// Copying a node counts a reference to each of its children, which is what a change costs.
  static constexpr std::size_t kFanOut = 16;
  struct Slot {
    std::uint32_t tag = 0;  ///< Of the hash: most names are told apart by it.
    std::shared_ptr<const RouteEntry> entry;
  };
  /// Two dozen names where there are a hundred thousand, in one block of memory.
  struct Leaf {
    std::shared_ptr<const Slot[]> slots;
    std::size_t count = 0;
  };
  struct Branch {
    std::array<Leaf, kFanOut> leaves;
  };
  struct Group {
    std::array<std::shared_ptr<const Branch>, kFanOut> branches;
  };

 public:
  class Editor;

  /// `name` in lower case. Null: nobody has it. Good as long as the snapshot is held.
  [[nodiscard]] const RouteEntry* find(std::string_view name) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return m_size; }
  /// Calls `visit` with each entry (const RouteEntry&), in no particular order.
  template <typename Visit>
  void forEach(Visit&& visit) const {
    for (const auto& group : m_groups) {
      if (group == nullptr) continue;
      for (const auto& branch : group->branches) {
        if (branch == nullptr) continue;
        for (const Leaf& leaf : branch->leaves) {
          for (std::size_t i = 0; i < leaf.count; ++i) visit(*leaf.slots[i].entry);
        }
      }
    }
  }

 private:
  std::array<std::shared_ptr<const Group>, kFanOut> m_groups;
  std::size_t m_size = 0;
};

/// Collects changes to a snapshot and makes the next one. Short-lived; one thread.
class RouteTable::Editor {
 public:
  explicit Editor(std::shared_ptr<const RouteTable> base) : m_base(std::move(base)) {}
  /// Puts the entry in the place of one of the same name.
  void set(std::shared_ptr<const RouteEntry> entry);
  /// Nothing where nobody has the name.
  void erase(std::string_view name);
  [[nodiscard]] bool hasChanges() const noexcept { return m_next != nullptr; }
  /// The changed snapshot; the one it began with where nothing changed. The editor is done.
  [[nodiscard]] std::shared_ptr<const RouteTable> finish();

 private:
  /// The leaf of the next snapshot that the hash leads to; the nodes above it are copied where this editor
  /// has not done so yet. A copy of ours has one owner; whatever the base has, too, has more.
  Leaf& leafFor(std::uint64_t hash);

  std::shared_ptr<const RouteTable> m_base;
  std::shared_ptr<RouteTable> m_next;
};

}  // namespace adit::routing
