// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where a server gets its tokens from: the current snapshot, and a call for every later one. TokenWatcher
// follows the file of a TokenStore on a thread of its own, so that no event loop reads a file; FixedTokens
// never change. Owned by whoever starts the server; must outlive it.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/access/token_snapshot.h"
#include "core/access/token_store.h"
#include "core/base/clock.h"

namespace adit::access {

class TokenSource {
 public:
  using Listener = std::function<void(const std::shared_ptr<const TokenSnapshot>&)>;
  virtual ~TokenSource() = default;

  /// Any thread. It can block for a moment, so event loops use the listener instead.
  [[nodiscard]] virtual std::shared_ptr<const TokenSnapshot> current() const = 0;
  /// `listener` gets every later snapshot, from a thread of the source; an empty one ends that. When this
  /// returns, no call of the previous listener is running, and refreshes that were under way are forgotten.
  /// Any thread but the listener's.
  virtual void setListener(Listener listener) = 0;
  /// Looks for a newer snapshot and calls `done` after the listener got it. Does not block: `done` is called
  /// from a thread of the source, or before this returns. Any thread.
  virtual void refresh(std::function<void()> done) = 0;
};

class FixedTokens final : public TokenSource {
 public:
  explicit FixedTokens(std::shared_ptr<const TokenSnapshot> tokens) : m_tokens(std::move(tokens)) {}
  [[nodiscard]] std::shared_ptr<const TokenSnapshot> current() const override { return m_tokens; }
  void setListener(Listener) override {}
  void refresh(std::function<void()> done) override { done(); }

 private:
  std::shared_ptr<const TokenSnapshot> m_tokens;
};

class TokenWatcher final : public TokenSource {
 public:
  /// The time within which a change of the file is noticed.
  static constexpr Duration kInterval = std::chrono::milliseconds(250);
  explicit TokenWatcher(std::shared_ptr<TokenStore> store, Duration interval = kInterval);
  TokenWatcher(const TokenWatcher&) = delete;
  TokenWatcher& operator=(const TokenWatcher&) = delete;
  ~TokenWatcher() override;

  [[nodiscard]] std::shared_ptr<const TokenSnapshot> current() const override;
  void setListener(Listener listener) override;
  void refresh(std::function<void()> done) override;

 private:
  void run();
  void look();

  const std::shared_ptr<TokenStore> m_store;
  const Duration m_interval;
  mutable std::mutex m_mutex;  ///< Guards what follows; never held while the file is read.
  std::condition_variable m_wake;
  std::shared_ptr<const TokenSnapshot> m_current;
  std::vector<std::function<void()>> m_refreshes;
  bool m_stop = false;
  std::mutex m_listening;  ///< Held while the listener or a refresh's `done` runs.
  Listener m_listener;     ///< Guarded by m_listening.
  std::uint64_t m_listeners = 0;
  std::thread m_thread;  // last: it uses the others
};

}  // namespace adit::access
