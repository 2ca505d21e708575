// SPDX-License-Identifier: Apache-2.0
#pragma once
// Maps connection IDs to connections: a flat open-addressing table (linear probing, removal by shifting
// back). Clients choose some of the keys, so the hash is keyed. Owned by an Endpoint; one thread.

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "core/base/random.h"
#include "core/base/slab.h"

namespace adit::quic {

/// A connection ID as a value: at most 20 bytes (RFC 9000 section 17.2).
struct ConnectionId {
  static constexpr std::size_t kMaxLength = 20;
  std::uint8_t length = 0;
  std::array<std::uint8_t, kMaxLength> data{};

  ConnectionId() = default;
  /// `bytes` must not be longer than kMaxLength.
  explicit ConnectionId(ByteView bytes) noexcept : length(static_cast<std::uint8_t>(bytes.size())) {
    if (!bytes.empty()) std::memcpy(data.data(), bytes.data(), bytes.size());
  }
  [[nodiscard]] ByteView bytes() const noexcept { return {data.data(), length}; }
  friend bool operator==(const ConnectionId&, const ConnectionId&) = default;
};

template <typename T>
class CidMap {
 public:
  explicit CidMap(Random& random) : m_seed1(random.next() | 1U), m_seed2(random.next()), m_slots(64) {}

  [[nodiscard]] T* find(ByteView cid) const noexcept {
    if (cid.size() > ConnectionId::kMaxLength) return nullptr;
    const ConnectionId key(cid);
    for (std::size_t at = home(key); m_slots[at].value != nullptr; at = next(at)) {
      if (m_slots[at].key == key) return m_slots[at].value;
    }
    return nullptr;
  }
  /// False where another connection has that ID.
  bool insert(const ConnectionId& key, T& value) {
    if ((m_size + 1) * 2 > m_slots.size()) grow();
    std::size_t at = home(key);
    for (; m_slots[at].value != nullptr; at = next(at)) {
      if (m_slots[at].key == key) return m_slots[at].value == &value;
    }
    m_slots[at] = {key, &value};
    ++m_size;
    return true;
  }
  void erase(const ConnectionId& key) noexcept {
    std::size_t hole = home(key);
    for (;; hole = next(hole)) {
      if (m_slots[hole].value == nullptr) return;
      if (m_slots[hole].key == key) break;
    }
    m_slots[hole].value = nullptr;
    --m_size;
    // Entries behind the hole move into it, unless that would put them before their home slot.
    for (std::size_t at = next(hole); m_slots[at].value != nullptr; at = next(at)) {
      const std::size_t wanted = home(m_slots[at].key);
      if (((at - wanted) & mask()) < ((at - hole) & mask())) continue;
      m_slots[hole] = m_slots[at];
      m_slots[at].value = nullptr;
      hole = at;
    }
  }
  [[nodiscard]] std::size_t size() const noexcept { return m_size; }

 private:
  struct Slot {
    ConnectionId key;
    T* value = nullptr;
  };
  [[nodiscard]] std::size_t mask() const noexcept { return m_slots.size() - 1; }
  [[nodiscard]] std::size_t next(std::size_t at) const noexcept { return (at + 1) & mask(); }
  [[nodiscard]] std::size_t home(const ConnectionId& key) const noexcept {
    std::uint64_t a = 0, b = 0, c = 0;
    std::memcpy(&a, key.data.data(), 8);
    std::memcpy(&b, key.data.data() + 8, 8);
    std::memcpy(&c, key.data.data() + 16, 4);
    std::uint64_t hash = mix(mix(m_seed2 ^ key.length, a), b);
    return static_cast<std::size_t>(mix(hash, c) >> 17) & mask();
  }
  [[nodiscard]] std::uint64_t mix(std::uint64_t state, std::uint64_t word) const noexcept {
    state = (state ^ word) * m_seed1;
    state ^= state >> 32;
    state *= 0x9e3779b97f4a7c15ULL;
    return state ^ (state >> 29);
  }
  void grow() {
    std::vector<Slot> old(m_slots.size() * 2);
    old.swap(m_slots);
    m_size = 0;
    for (const Slot& slot : old) {
      if (slot.value != nullptr) insert(slot.key, *slot.value);
    }
  }

  std::uint64_t m_seed1;
  std::uint64_t m_seed2;
  std::vector<Slot> m_slots;
  std::size_t m_size = 0;
};

}  // namespace adit::quic
