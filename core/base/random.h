// SPDX-License-Identifier: Apache-2.0
#pragma once
// Randomness as a seam: the real one is the cryptographic generator, tests and the simulator hand in a seeded
// one.

#include <cstdint>
#include <span>
#include <string>

namespace adit {

class Random {
 public:
  virtual ~Random() = default;
  /// Fills `out` with random bytes. Cannot fail: a generator that cannot deliver ends the process.
  virtual void fill(std::span<std::uint8_t> out) = 0;
  std::uint64_t next();
  /// Uniform in [0, bound); bound 0 gives 0. No modulo bias.
  std::uint64_t below(std::uint64_t bound);
};

/// The system's cryptographic generator (getrandom, BCryptGenRandom, arc4random). Any thread.
class SecureRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

/// A repeatable generator for tests and simulations. Never for secrets. One thread.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) noexcept;
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::uint64_t m_state;
};

/// A readable name such as "brave-otter-42": a DNS label of at most 24 characters.
std::string readableName(Random& random);

}  // namespace adit
