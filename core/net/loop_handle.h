// SPDX-License-Identifier: Apache-2.0
#pragma once
// Shared by the implementations of a loop's handles: the state that the loop keeps for its timers, and a way
// to keep a libuv handle alive after its wrapper until libuv has closed it. One loop's thread.

#include <uv.h>

#include "core/net/virtual_time.h"

namespace adit::net {

/// Lives at uv_loop_t::data.
struct LoopState {
  /// True inside timer callbacks: a timer started there with no delay would be run again by libuv in the same
  /// pass, forever.
  bool inTimers = false;
  VirtualTime* time = nullptr;  ///< Null: the system's.
};

/// Closes the handle inside `owner` (a heap object whose `handle.data` is itself) and deletes it once libuv
/// is done.
template <typename Owner, typename Handle>
void closeAndDelete(Owner* owner, Handle& handle) noexcept {
  auto* generic = reinterpret_cast<uv_handle_t*>(&handle);
  if (uv_is_closing(generic) != 0) {
    delete owner;  // the loop went first and closed it
    return;
  }
  uv_close(generic, [](uv_handle_t* closed) { delete static_cast<Owner*>(closed->data); });
}

}  // namespace adit::net
