// SPDX-License-Identifier: Apache-2.0
#include "core/base/random.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include <gnutls/crypto.h>
#include <spdlog/fmt/fmt.h>

namespace adit {

std::uint64_t Random::next() {
  std::array<std::uint8_t, 8> bytes{};
  fill(bytes);
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), bytes.size());
  return value;
}

std::uint64_t Random::below(std::uint64_t bound) {
  if (bound == 0) return 0;
  // Values below `threshold` would make some results likelier than others: draw again.
  const std::uint64_t threshold = (0 - bound) % bound;
  for (;;) {
    const std::uint64_t value = next();
    if (value >= threshold) return value % bound;
  }
}

void SecureRandom::fill(std::span<std::uint8_t> out) {
  // Without random bytes no key, token or connection ID would be safe.
  if (gnutls_rnd(GNUTLS_RND_RANDOM, out.data(), out.size()) != 0) std::abort();
}

SeededRandom::SeededRandom(std::uint64_t seed) noexcept : m_state(seed) {}

void SeededRandom::fill(std::span<std::uint8_t> out) {
  // splitmix64
  for (std::size_t at = 0; at < out.size();) {
    m_state += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = m_state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    z ^= z >> 31;
    const std::size_t count = std::min<std::size_t>(8, out.size() - at);
    std::memcpy(out.data() + at, &z, count);
    at += count;
  }
}

std::string readableName(Random& random) {
  static constexpr std::array<const char*, 48> kAdjectives = {
      "amber",  "bold",   "brave", "bright", "brisk", "calm",  "clear", "clever", "cosy",   "crisp",
      "daring", "deft",   "eager", "early",  "fair",  "fleet", "fond",  "fresh",  "gentle", "glad",
      "golden", "grand",  "happy", "honest", "jolly", "keen",  "kind",  "light",  "lively", "loyal",
      "lucky",  "mellow", "merry", "mild",   "neat",  "noble", "proud", "quick",  "quiet",  "rapid",
      "ready",  "silver", "smart", "steady", "sunny", "swift", "warm",  "witty"};
  static constexpr std::array<const char*, 48> kNouns = {
      "badger",  "beacon", "birch",  "brook",   "canyon",  "cedar",  "comet",  "coral", "crane",  "delta",
      "ember",   "falcon", "fern",   "finch",   "fjord",   "fox",    "glade",  "grove", "harbor", "hazel",
      "heron",   "island", "ivy",    "kestrel", "lantern", "lark",   "linden", "maple", "marten", "meadow",
      "moss",    "otter",  "pebble", "pine",    "quartz",  "raven",  "reef",   "ridge", "river",  "robin",
      "sparrow", "spruce", "stone",  "summit",  "tide",    "valley", "willow", "wren"};
  return fmt::format("{}-{}-{}", kAdjectives[random.below(kAdjectives.size())],
                     kNouns[random.below(kNouns.size())], 10 + random.below(90));
}

}  // namespace adit
