// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the server's end of a client's link needs of the worker it lives on, and nothing else of it. Tests put
// a fake in place of the host. Owned by the worker; one loop's thread.

#include <functional>
#include <vector>

#include "core/access/token_snapshot.h"
#include "core/net/event_loop.h"
#include "core/relay/stream_acceptor.h"
#include "core/server/login_guard.h"
#include "core/server/registry.h"

namespace adit::server {

class ClientLink;

/// Who owns clients' links.
class LinkHost {
 public:
  /// No new logins are wanted.
  [[nodiscard]] virtual bool isDraining() const noexcept = 0;
  /// The tokens as this worker knows them.
  [[nodiscard]] virtual const access::TokenSnapshot& tokens() const noexcept = 0;
  /// Has the source of the tokens look for newer ones and calls `done` on this thread afterwards, unless the
  /// worker ends before.
  virtual void refreshTokens(std::function<void()> done) = 0;
  /// Visitors' requests for the session go to `link` until removeSession().
  virtual void addSession(SessionId id, ClientLink& link) = 0;
  virtual void removeSession(SessionId id) = 0;
  /// Closes a session, wherever it lives: a newer connection of its instance has taken its place.
  virtual void takeOver(const Registry::SessionPlace& displaced) = 0;
  /// Tells sessions, wherever they live, that tunnels lost their names.
  virtual void withdraw(const std::vector<Registry::Withdrawal>& withdrawals) = 0;
  /// Asks sessions, wherever they live, whether they do, for the session `asker` of this worker.
  virtual void probe(const std::vector<Registry::SessionPlace>& holders, SessionId asker) = 0;
  /// The link is over: destroys it at the end of the turn.
  virtual void forget(ClientLink& link) = 0;

 protected:
  ~LinkHost() = default;
};

struct LinkServices {
  net::EventLoop& loop;
  unsigned worker;  ///< The number of this worker.
  Registry& registry;
  LoginGuard& loginGuard;
  /// What logged-in clients may open besides their control stream.
  const relay::StreamKinds& streamKinds;
  LinkHost& host;
};

}  // namespace adit::server
