// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which tunnel serves which name: an immutable snapshot that every worker reads without a lock. Names are
// distributed by their hash over the 4,096 leaves of a tree with three levels, so that a change copies one
// short path and shares everything else with the previous snapshot. Made by the server's Registry with a
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

/// Identifies one client connection; unique within a process.
using SessionId = std::uint64_t;

/// A session that holds a name.
struct RouteServer {
  SessionId session = 0;
  unsigned worker = 0;       ///< The worker that has the session's connection.
  std::uint64_t tunnel = 0;  ///< The tunnel's id, as the client declared it.
  friend bool operator==(const RouteServer&, const RouteServer&) = default;
};

/// What a name leads to. Immutable and shared among snapshots; a change creates a new one.
struct RouteEntry {
  std::string name;
  access::PrincipalPtr principal;  ///< Whose name it is.
  wire::TunnelKind kind = wire::TunnelKind::Http;
  std::vector<RouteServer> servers;  ///< Empty: offline.
  Timestamp offlineUntil =
      kNever;  ///< While offline: visitors are told so until then; later the name is unknown.

  [[nodiscard]] bool isOnline() const noexcept { return !servers.empty(); }
};

class RouteTable {
  /// The cost of a change: copying a node adds a reference to each of its children.
  static constexpr std::size_t kFanOut = 16;
  struct Slot {
    std::uint32_t tag = 0;  ///< Part of the hash, compared before the name itself.
    std::shared_ptr<const RouteEntry> entry;
  };
  /// About two dozen names if there are a hundred thousand, in one block of memory.
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

  /// The entry of `name` (lower case). Null: nobody has it. Valid as long as the caller keeps the snapshot.
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
  /// Adds the entry, or replaces the one with the same name.
  void set(std::shared_ptr<const RouteEntry> entry);
  /// Does nothing if nobody has the name.
  void erase(std::string_view name);
  [[nodiscard]] bool hasChanges() const noexcept { return m_next != nullptr; }
  /// The changed snapshot; if nothing changed, the one it started with. The editor cannot be used afterwards.
  [[nodiscard]] std::shared_ptr<const RouteTable> finish();

 private:
  /// The leaf for the hash in the next snapshot. Copies the nodes above it unless this editor has done so
  /// already. A node with one owner is this editor's copy; the base's nodes have more owners.
  Leaf& leafFor(std::uint64_t hash);

  std::shared_ptr<const RouteTable> m_base;
  std::shared_ptr<RouteTable> m_next;
};

}  // namespace adit::routing
