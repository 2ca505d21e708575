// SPDX-License-Identifier: Apache-2.0
#pragma once
// The requests of a tunnel that are in flight: how many there are, how many of them each visitor's address
// has, and which still wait for content that the visitor has not sent. So one address cannot take all of a
// tunnel's places, and requests without their content give way when the tunnel is full. Shared by the objects
// that relay the requests, on the worker where the tunnel's session lives; one loop's thread.

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/base/intrusive_list.h"
#include "core/server/visitor_key.h"

namespace adit::server {

struct ContentTag;

/// Who wants a place in a tunnel, and for what.
struct PlaceRequest {
  std::optional<VisitorKey> visitor = {};  ///< None: no share applies.
  /// The visitor owes content, and an answer is not to be expected before it came. Not said of calls whose
  /// sender may be silent for long (gRPC).
  bool awaitsContent = false;
};

class TunnelLoad {
 public:
  /// How long a request may wait in a full tunnel for the first of its content.
  static constexpr Duration kPatience = std::chrono::seconds(2);
  /// How long its content may pause once some of it came.
  static constexpr Duration kPausePatience = std::chrono::seconds(10);
  /// What an address may have in any case.
  static constexpr std::uint32_t kLeastShare = 16;

  /// A request that waits for content. It leaves the list by itself when the content is whole, the answer
  /// begins, or the object is destroyed (ListHook::unlink).
  class Waiter : public ListHook<ContentTag> {
   public:
    virtual ~Waiter() = default;
    /// The tunnel is full: the request is to end, with Overloaded, and to give its place back (leave()).
    virtual void onGiveWay() = 0;

   private:
    friend class TunnelLoad;
    Timestamp m_since{};
  };

  [[nodiscard]] std::uint32_t active() const noexcept { return m_active; }
  /// Whether the visitor's address may have one more while `free` places are left: it may have `percent` of
  /// what is free, and always kLeastShare.
  [[nodiscard]] bool hasShare(const PlaceRequest& request, std::uint32_t free,
                              std::uint32_t percent) const noexcept;
  /// Takes a place; leave() with the same visitor gives it back.
  void enter(const std::optional<VisitorKey>& visitor);
  void leave(const std::optional<VisitorKey>& visitor) noexcept;
  /// Its content is due from now on, and none of it came yet.
  void awaitContent(Waiter& waiter, Timestamp now) noexcept;
  /// Some came just now (or the client takes more again), and more is due.
  void awaitMore(Waiter& waiter, Timestamp now) noexcept;
  /// Lets one request give way: of those that have waited for the first of their content for kPatience or
  /// more, the one that has waited longest; otherwise of those whose content has paused for kPausePatience.
  bool makeRoom(Timestamp now);

 private:
  void forgetIdle() noexcept;

  std::uint32_t m_active = 0;
  /// Addresses that left stay for a while, so that one that comes again and again costs no allocation.
  std::unordered_map<VisitorKey, std::uint32_t, VisitorKeyHash> m_byVisitor;
  // Who has waited longest comes first.
  IntrusiveList<Waiter, ContentTag> m_waiting;  ///< For the first of their content.
  IntrusiveList<Waiter, ContentTag> m_pausing;  ///< For more.
};

}  // namespace adit::server
