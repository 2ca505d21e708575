// SPDX-License-Identifier: Apache-2.0
#pragma once
// All names, with their owners and how long they keep them. A name belongs to a principal from the moment it
// is given to one of its sessions. When no session holds it any more, it stays reserved for a grace time,
// which is longer for a name that somebody asked for than for one that the server chose. Pure: callers pass
// the time, and no call's duration depends on the number of names. The server's Registry guards it with its
// mutex.

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/access/principal.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/base/text_hash.h"
#include "core/routing/reservation.h"
#include "core/routing/route_table.h"

namespace adit::routing {

/// A principal's names.
struct NameOwner;

struct NameRecord {
  std::string name;
  NameOwner* owner = nullptr;
  bool chosen = false;       ///< Chosen by the server; false: somebody asked for it.
  SessionId holder = 0;      ///< The session that serves it; 0: reserved only.
  std::uint64_t tunnel = 0;  ///< The holder's id of the tunnel.
  /// While nobody holds it:
  Timestamp leftAt = kNever;
  Timestamp shownUntil =
      kNever;  ///< Until then visitors are told that it is offline; kNever: they are not told.
  Timestamp reservedUntil = kNever;  ///< From then on anybody may have it.
  Timestamp nextLook = kNever;       ///< When one of these is due. Only the book uses it.
  // Only the Registry uses these:
  std::uint64_t work = 0;           ///< The piece of work that gave the name last.
  mutable bool keptAsHeld = false;  ///< The file of reservations says that it is held.
};

struct NameOwner {
  access::PrincipalPtr principal;
  bool active = true;  ///< It has a valid token.
  std::unordered_set<NameRecord*> names;
  /// The names that the server chose and nobody holds; the one that was left first is in front.
  std::set<std::pair<Timestamp, NameRecord*>> spare;
};

class NameBook {
 public:
  struct Params {
    Duration grace = std::chrono::hours(7 * 24);  ///< For a name that somebody asked for.
    Duration chosenGrace =
        std::chrono::hours(24);                  ///< For one that the server chose; never more than `grace`.
    Duration shown = std::chrono::seconds(300);  ///< How long visitors are told that a tunnel is offline.
    Duration orphaned =
        std::chrono::seconds(300);   ///< Grace for a principal that no longer has a valid token.
    std::size_t maxNames = 200'000;  ///< Of all principals together.
  };
  /// Is told of every change; must not call the book.
  class Observer {
   public:
    /// The holder changed, or nobody holds the name any more, or visitors are no longer told that it is
    /// offline.
    virtual void onNameChanged(const NameRecord& record) = 0;
    /// Anybody may have the name from now on. The record is destroyed after the call.
    virtual void onNameFreed(const NameRecord& record) = 0;

   protected:
    ~Observer() = default;
  };
  NameBook(Params params, Observer& observer);
  NameBook(const NameBook&) = delete;
  NameBook& operator=(const NameBook&) = delete;

  /// The record of `label`, which must be as normalizeName returns it. Null: the name is free.
  [[nodiscard]] NameRecord* find(std::string_view label, Timestamp now);
  /// Gives the name to the principal if it is free or already the principal's, whichever of its sessions
  /// holds it. NameTaken: it is another principal's. LimitExceeded: the principal has as many names as it
  /// may. Overloaded: the server has.
  Result<NameRecord*> claim(std::string_view label, const access::PrincipalPtr& principal, Timestamp now);
  /// Chooses a free, readable name. LimitExceeded, Overloaded.
  Result<NameRecord*> choose(const access::PrincipalPtr& principal, Random& random);
  /// The session holds the name from now on.
  void hold(NameRecord& record, SessionId session, std::uint64_t tunnel);
  /// Somebody asked for this name: it is reserved as long as such a name from now on.
  void markAsked(NameRecord& record);
  enum class Visitors : std::uint8_t {
    AreTold,  ///< That the tunnel is offline, for a while.
    NotTold,  ///< The name is unknown to them at once.
  };
  /// Nobody holds the name any more.
  void leave(NameRecord& record, Visitors visitors, Timestamp now);
  /// Makes the name free at once.
  void release(NameRecord& record);
  /// Whether the principal has a valid token. Without one, its reserved names are kept only for `orphaned`.
  void setActive(std::string_view principal, bool active, Timestamp now);
  /// The principals that have names.
  [[nodiscard]] std::vector<std::string> principals() const;
  /// Adds a name that was kept over a restart. Nobody holds it; if somebody did, it counts as left now. Does
  /// nothing if its time is over or the name exists already.
  void restore(const Reservation& kept, Timestamp now);
  /// Updates the names whose time has come; a bounded number in each call.
  void expire(Timestamp now);
  [[nodiscard]] std::size_t size() const noexcept { return m_names.size(); }
  /// Every name, in no particular order.
  template <typename Visit>
  void forEach(Visit visit) const {
    for (const auto& [name, record] : m_names) visit(*record);
  }

 private:
  /// How long a name that was left at that time is reserved.
  [[nodiscard]] Timestamp graceOf(const NameRecord& record, Timestamp leftAt) const noexcept;
  NameOwner& ownerOf(const access::PrincipalPtr& principal);
  Result<> makeRoom(NameOwner& owner);
  NameRecord& add(std::string label, NameOwner& owner);
  void erase(NameRecord& record);
  /// Also removes the owner, if this was its last name.
  void free(NameRecord& record);
  /// Puts the record where expire() will find it, and among the names that may have to give way.
  void file(NameRecord& record);
  void unfile(NameRecord& record);
  void forgetOwner(NameOwner& owner);

  Params m_params;
  Observer& m_observer;
  std::unordered_map<std::string, std::unique_ptr<NameRecord>, TextHash, std::equal_to<>> m_names;
  std::unordered_map<std::string, std::unique_ptr<NameOwner>, TextHash, std::equal_to<>> m_owners;
  std::set<std::pair<Timestamp, NameRecord*>> m_due;
};

}  // namespace adit::routing
