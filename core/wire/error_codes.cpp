// SPDX-License-Identifier: Apache-2.0
#include "core/wire/error_codes.h"

#include <string>

#include "core/base/display_text.h"

namespace adit::wire {
namespace {

struct Meaning {
  AppError code;
  ErrorCode error;
  std::string_view name;
  std::string_view sentence;
};

constexpr Meaning kMeanings[] = {
    {AppError::NoError, ErrorCode::Closed, "no-error", "the peer closed"},
    {AppError::Internal, ErrorCode::Internal, "internal", "the peer has a defect"},
    {AppError::Malformed, ErrorCode::Malformed, "malformed", "the peer could not read what it was sent"},
    {AppError::Protocol, ErrorCode::ProtocolViolation, "protocol", "the peer says the protocol was broken"},
    {AppError::LimitExceeded, ErrorCode::LimitExceeded, "limit-exceeded",
     "a limit of the protocol was passed"},
    {AppError::LoginTimeout, ErrorCode::TimedOut, "login-timeout", "no login arrived in time"},
    {AppError::LoginRefused, ErrorCode::PermissionDenied, "login-refused", "the login was refused"},
    {AppError::TakenOver, ErrorCode::TakenOver, "taken-over",
     "a newer connection of the same key has the session"},
    {AppError::Draining, ErrorCode::Closed, "draining", "the peer is shutting down"},
    {AppError::VersionMismatch, ErrorCode::VersionMismatch, "version-mismatch",
     "no protocol version in common"},
    {AppError::HeartbeatLost, ErrorCode::TimedOut, "heartbeat-lost", "heartbeats went unanswered"},
    {AppError::VisitorGone, ErrorCode::Cancelled, "visitor-gone", "the visitor went away"},
    {AppError::OriginRefused, ErrorCode::ConnectionRefused, "origin-refused",
     "nothing answers at the target"},
    {AppError::OriginBroken, ErrorCode::ConnectionReset, "origin-broken",
     "the origin broke off or did not speak HTTP"},
    {AppError::OriginSlow, ErrorCode::TimedOut, "origin-slow", "the origin did not answer in time"},
    {AppError::TunnelUnknown, ErrorCode::NotFound, "tunnel-unknown", "the client has no such tunnel"},
    {AppError::Overloaded, ErrorCode::Overloaded, "overloaded", "too many concurrent requests"},
    {AppError::OriginCancelled, ErrorCode::Cancelled, "origin-cancelled", "the origin cancelled the request"},
    {AppError::OriginRefusedStream, ErrorCode::Overloaded, "origin-refused-stream",
     "the origin did not begin to work on the request"},
    {AppError::OriginEnhanceYourCalm, ErrorCode::Overloaded, "origin-enhance-your-calm",
     "the origin asks for fewer requests"},
    {AppError::OriginInadequateSecurity, ErrorCode::PermissionDenied, "origin-inadequate-security",
     "the connection is not secure enough for the origin"},
    {AppError::OriginReset, ErrorCode::ConnectionReset, "origin-reset", "the origin reset the request"},
};

constexpr std::size_t kMaxReason = 256;

}  // namespace

std::string_view toString(AppError code) noexcept {
  for (const Meaning& meaning : kMeanings) {
    if (meaning.code == code) return meaning.name;
  }
  return "unknown";
}

AppError streamErrorOf(const Error& error) noexcept {
  switch (error.code) {
    case ErrorCode::Malformed:
      return AppError::Malformed;
    case ErrorCode::LimitExceeded:
      return AppError::LimitExceeded;
    default:
      return AppError::Protocol;
  }
}

Error toError(std::uint64_t code, std::string_view reason) {
  Error error{ErrorCode::ProtocolViolation, "the peer gave an error code that is not known",
              static_cast<long>(code)};
  for (const Meaning& meaning : kMeanings) {
    if (static_cast<std::uint64_t>(meaning.code) != code) continue;
    error.code = meaning.error;
    error.detail = meaning.sentence;
    break;
  }
  // A stranger's text must not steer a terminal or forge a line of the log.
  if (const std::string shown = displayText(reason, kMaxReason); !shown.empty()) error.detail += ": " + shown;
  return error;
}

}  // namespace adit::wire
