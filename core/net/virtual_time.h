// SPDX-License-Identifier: Apache-2.0
#pragma once
// A time line that is not the system's: simulations let a loop live through hours in milliseconds, and see
// the same events in the same order for the same seed. Implemented by tests; the loop's thread.

#include <cstdint>
#include <functional>

#include "core/base/clock.h"

namespace adit::net {

class VirtualTime {
 public:
  [[nodiscard]] virtual Timestamp now() const noexcept = 0;
  /// Calls `alarm` once when the time is `due`; where that has passed, as the next thing, but not inside this
  /// call. Returns a number for cancel().
  virtual std::uint64_t callAt(Timestamp due, std::function<void()> alarm) = 0;
  /// Nothing happens where the alarm was called already.
  virtual void cancel(std::uint64_t number) noexcept = 0;

 protected:
  ~VirtualTime() = default;
};

}  // namespace adit::net
