// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who holds which tunnel name. A name belongs to the key that declared it, while its session lives and for a
// grace time after, so that a client that reconnects finds its address again and nobody else can step in.
// Pure logic, time is handed in; the server guards it with a mutex off the data path.

#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/tls/identity.h"

namespace adit::session {

/// A DNS label: 1 to 63 of a-z, 0-9 and inner hyphens, no "xn--", not a reserved word (www, admin, api,
/// adit). Lower-cased.
Result<std::string> normalizeName(std::string_view name);

class NameRegistry {
 public:
  static constexpr std::size_t kMaxNames = 100'000;
  /// Names of one key, kept ones included: a client that comes and goes cannot gather more.
  static constexpr std::size_t kMaxNamesOfOwner = 2'000;

  explicit NameRegistry(Duration grace = std::chrono::seconds(300)) : m_grace(grace) {}
  /// Gives `name` (or a free readable one where it is empty) to `owner`: the normalized name, NameTaken,
  /// NameInvalid, LimitExceeded (of this owner) or Overloaded (of the server).
  Result<std::string> acquire(std::string_view name, const tls::Pin& owner, Timestamp now, Random& random);
  /// The session of `owner` no longer declares it: free at once. Nothing where another owner has it.
  void release(std::string_view name, const tls::Pin& owner);
  /// The session of `owner` is gone: its names are kept for the grace time. Only for its newest session; one
  /// that was taken over has no names to lose.
  void ownerGone(const tls::Pin& owner, Timestamp now);
  [[nodiscard]] std::optional<tls::Pin> ownerOf(std::string_view name, Timestamp now) const;
  /// Names held or kept; expired ones count until they are swept.
  [[nodiscard]] std::size_t size() const noexcept { return m_names.size(); }

 private:
  struct Entry {
    tls::Pin owner;
    Timestamp keptUntil = kNever;
  };
  struct PinHash {
    std::size_t operator()(const tls::Pin& pin) const noexcept {
      std::size_t hash = 0;  // any part of a SHA-256 is as good as a hash
      std::memcpy(&hash, pin.sha256.data(), sizeof hash);
      return hash;
    }
  };
  using Names = std::unordered_map<std::string, Entry>;

  Result<> makeRoom(const tls::Pin& owner, Timestamp now);
  void sweep(Timestamp now);
  void erase(Names::iterator it);
  [[nodiscard]] std::size_t countOf(const tls::Pin& owner) const;

  Duration m_grace;
  Names m_names;
  std::unordered_map<tls::Pin, std::unordered_set<std::string>, PinHash> m_byOwner;  // the same names
  Timestamp m_nextSweep = kNever;  // when the first kept name expires, or earlier
};

}  // namespace adit::session
