// SPDX-License-Identifier: Apache-2.0
#pragma once
// Application error codes of adit/1, for CONNECTION_CLOSE, RESET_STREAM and STOP_SENDING. PROTOCOL.md lists
// them. Values.

#include <cstdint>
#include <string_view>

#include "core/base/error.h"

namespace adit::wire {

enum class AppError : std::uint64_t {
  NoError = 0x00,          ///< A graceful end.
  Internal = 0x01,         ///< A defect at the sender.
  Malformed = 0x02,        ///< A frame or message does not parse.
  Protocol = 0x03,         ///< A frame or message where the state does not allow it.
  LimitExceeded = 0x04,    ///< A documented limit was passed.
  LoginTimeout = 0x05,     ///< No valid login in time.
  LoginRefused = 0x06,     ///< Closed after LoginRefused was sent.
  TakenOver = 0x07,        ///< A newer connection of the same key has the session.
  Draining = 0x08,         ///< The sender shuts down; come back.
  VersionMismatch = 0x09,  ///< No version in common.
  HeartbeatLost = 0x0a,    ///< No answer to heartbeats.
  // Streams:
  VisitorGone = 0x20,    ///< The visitor aborted: stop the origin.
  OriginRefused = 0x21,  ///< Nothing answers at the target.
  OriginBroken = 0x22,   ///< The origin broke off or did not speak HTTP.
  OriginSlow = 0x23,     ///< The origin did not answer in time.
  TunnelUnknown = 0x24,  ///< The client has no such tunnel (any more).
  Overloaded = 0x25,     ///< Too many concurrent requests.
  // 0x26 is not used.
  // An HTTP/2 origin reset the request's stream (RFC 9113 section 7), with
  OriginCancelled = 0x27,           ///< CANCEL
  OriginRefusedStream = 0x28,       ///< REFUSED_STREAM: it did not begin to work on the request.
  OriginEnhanceYourCalm = 0x29,     ///< ENHANCE_YOUR_CALM
  OriginInadequateSecurity = 0x2a,  ///< INADEQUATE_SECURITY
  OriginReset = 0x2b,               ///< any other code
};

std::string_view toString(AppError code) noexcept;
/// The code to reset a stream with whose peer sent what `error` speaks of: Malformed and LimitExceeded as
/// they are, Protocol for everything else.
AppError streamErrorOf(const Error& error) noexcept;
/// The typed error with a sentence for a code a peer closed with; unknown codes give ProtocolViolation.
Error toError(std::uint64_t code, std::string_view reason);

}  // namespace adit::wire
