// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who holds which tunnel name. A name belongs to the key that declared it, while its session lives and for a grace time
// after, so that a client that reconnects finds its address again and nobody else can step in. Pure logic, time is handed
// in; the server guards it with a mutex off the data path.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/tls/identity.h"

namespace adit::session {

/// A DNS label: 1 to 63 of a-z, 0-9 and inner hyphens, no "xn--", not a reserved word (www, admin, api, adit). Lower-cased.
Result<std::string> normalizeName(std::string_view name);

class NameRegistry {
 public:
  explicit NameRegistry(Duration grace = std::chrono::seconds(300)) : m_grace(grace) {}
  /// Gives `name` (or a free readable one where it is empty) to `owner`: the normalized name, NameTaken or NameInvalid.
  Result<std::string> acquire(std::string_view name, const tls::Pin& owner, Timestamp now, Random& random);
  /// The session of `owner` no longer declares it: free at once.
  void release(std::string_view name, const tls::Pin& owner);
  /// The session of `owner` is gone: its names are kept for the grace time.
  void ownerGone(const tls::Pin& owner, Timestamp now);
  [[nodiscard]] std::optional<tls::Pin> ownerOf(std::string_view name, Timestamp now) const;
  [[nodiscard]] std::size_t size() const noexcept { return m_names.size(); }

 private:
  struct Entry {
    tls::Pin owner;
    Timestamp keptUntil = kNever;
  };
  Duration m_grace;
  std::unordered_map<std::string, Entry> m_names;
};

}  // namespace adit::session
