// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which names there are, whose they are and until when. A name belongs to a principal from the moment it is
// given to one of its sessions; when no session holds it any more it stays reserved for a grace time, longer
// where somebody asked for it than where the server chose it. Pure: time is handed in, and every step takes
// time that does not depend on how many names there are. The server's Registry guards it with its mutex.

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
  bool chosen = false;       ///< By the server; false: somebody asked for it.
  SessionId holder = 0;      ///< The session that serves it; 0: reserved only.
  std::uint64_t tunnel = 0;  ///< The holder's id of the tunnel.
  /// While nobody holds it:
  Timestamp leftAt = kNever;
  Timestamp shownUntil = kNever;     ///< Visitors are told that it is offline; kNever: they are not.
  Timestamp reservedUntil = kNever;  ///< Then anybody may have it.
  Timestamp nextLook = kNever;       ///< When one of these is due. The book's own.
  // The Registry's own:
  std::uint64_t work = 0;           ///< The piece of work that gave it last.
  mutable bool keptAsHeld = false;  ///< Its file says that it is held.
};

struct NameOwner {
  access::PrincipalPtr principal;
  bool active = true;  ///< Has a good token.
  std::unordered_set<NameRecord*> names;
  /// Those of the server's choice that nobody holds, the one that was left first in front.
  std::set<std::pair<Timestamp, NameRecord*>> spare;
};

class NameBook {
 public:
  struct Params {
    Duration grace = std::chrono::hours(7 * 24);  ///< For a name that somebody asked for.
    Duration chosenGrace =
        std::chrono::hours(24);                  ///< For one that the server chose; never more than `grace`.
    Duration shown = std::chrono::seconds(300);  ///< How long visitors are told that a tunnel is offline.
    Duration orphaned = std::chrono::seconds(300);  ///< Grace where the principal has no good token any more.
    std::size_t maxNames = 200'000;                 ///< Of all principals.
  };
  /// Told of every change; must not call the book.
  class Observer {
   public:
    /// It has another holder, or nobody holds it any more, or visitors are no longer told of it.
    virtual void onNameChanged(const NameRecord& record) = 0;
    /// It is anybody's from now on. The record goes after the call.
    virtual void onNameFreed(const NameRecord& record) = 0;

   protected:
    ~Observer() = default;
  };
  NameBook(Params params, Observer& observer);
  NameBook(const NameBook&) = delete;
  NameBook& operator=(const NameBook&) = delete;

  /// `label` as normalizeName gives it. Null: it is free.
  [[nodiscard]] NameRecord* find(std::string_view label, Timestamp now);
  /// Gives the name to the principal where it is free or reserved for it already, whoever of its sessions
  /// holds it. NameTaken: it is another principal's. LimitExceeded: the principal holds as many as it may.
  /// Overloaded: the server does.
  Result<NameRecord*> claim(std::string_view label, const access::PrincipalPtr& principal, Timestamp now);
  /// A free readable name of the server's choice. LimitExceeded, Overloaded.
  Result<NameRecord*> choose(const access::PrincipalPtr& principal, Random& random);
  /// The session serves it from now on.
  void hold(NameRecord& record, SessionId session, std::uint64_t tunnel);
  /// Somebody asked for it by name: it is kept as such.
  void markAsked(NameRecord& record);
  enum class Visitors : std::uint8_t {
    AreTold,  ///< That the tunnel is offline, for a while.
    NotTold,  ///< The name is unknown to them at once.
  };
  /// Nobody holds it any more.
  void leave(NameRecord& record, Visitors visitors, Timestamp now);
  /// Free at once.
  void release(NameRecord& record);
  /// Whether the principal has a good token. Without one, its reserved names are kept for `orphaned` only.
  void setActive(std::string_view principal, bool active, Timestamp now);
  /// The principals that have names.
  [[nodiscard]] std::vector<std::string> principals() const;
  /// A name that was kept over a restart, which nobody holds; one that was held is left now. Nothing where
  /// its time is over already or the name is there.
  void restore(const Reservation& kept, Timestamp now);
  /// Looks after what is due, a bounded number of names at a time.
  void expire(Timestamp now);
  [[nodiscard]] std::size_t size() const noexcept { return m_names.size(); }
  /// Every name, in no order.
  template <typename Visit>
  void forEach(Visit visit) const {
    for (const auto& [name, record] : m_names) visit(*record);
  }

 private:
  /// Until when a name that was left then is reserved.
  [[nodiscard]] Timestamp graceOf(const NameRecord& record, Timestamp leftAt) const noexcept;
  NameOwner& ownerOf(const access::PrincipalPtr& principal);
  Result<> makeRoom(NameOwner& owner);
  NameRecord& add(std::string label, NameOwner& owner);
  void erase(NameRecord& record);
  /// And its owner, where it was the last name.
  void free(NameRecord& record);
  /// Files the record by when to look at it next, and among what gives way.
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
