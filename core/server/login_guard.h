// SPDX-License-Identifier: Apache-2.0
#pragma once
// Slows guessing of tokens: after five wrong ones in a minute an address is refused for a minute. Bounded in
// size; the oldest entries go first. Any thread.

#include <mutex>
#include <string>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/net/address.h"

namespace adit::server {

class LoginGuard {
 public:
  /// False while the address is shut out.
  bool allows(const net::SocketAddress& peer, Timestamp now);
  void noteFailure(const net::SocketAddress& peer, Timestamp now);

 private:
  struct Entry {
    unsigned failures = 0;
    Timestamp windowEnds{};
    Timestamp shutUntil{};
  };
  static std::string keyFor(const net::SocketAddress& peer);
  void makeRoom(Timestamp now);

  std::mutex m_mutex;
  std::unordered_map<std::string, Entry> m_entries;
};

}  // namespace adit::server
