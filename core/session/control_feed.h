// SPDX-License-Identifier: Apache-2.0
#pragma once
// What both ends of a session have in common: passing the control stream's bytes to the reader in portions
// that it has room for, and choosing the code that a connection is closed with. Pure.

#include <algorithm>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/slab.h"
#include "core/wire/control_messages.h"
#include "core/wire/error_codes.h"

namespace adit::session {

/// Hands each message in `bytes` to `onMessage`, which returns false to stop.
template <typename OnMessage>
Result<> feedControl(wire::ControlReader& reader, ByteView bytes, OnMessage onMessage) {
  wire::ControlMessage message;
  for (;;) {
    const ByteView part = bytes.first(std::min(bytes.size(), reader.room()));
    if (auto fed = reader.feed(part); !fed) return fed;
    bytes = bytes.subspan(part.size());
    for (;;) {
      auto next = reader.next(message);
      if (!next) return fail(std::move(next.error()));
      if (!*next) break;
      if (!onMessage(std::as_const(message))) return {};
    }
    if (bytes.empty()) return {};
  }
}

/// The code to close with when the reader refused the bytes.
inline wire::AppError appErrorOf(const Error& error) noexcept {
  return error.code == ErrorCode::LimitExceeded ? wire::AppError::LimitExceeded : wire::AppError::Malformed;
}

inline wire::Drain drainMessage(Duration deadline, std::string_view reason) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(deadline).count();
  return {static_cast<std::uint32_t>(std::clamp<decltype(ms)>(ms, 0, 0xffff'ffff)), std::string(reason)};
}

}  // namespace adit::session
