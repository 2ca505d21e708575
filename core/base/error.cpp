// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"

#include <cerrno>
#include <system_error>

#include <spdlog/fmt/fmt.h>

namespace adit {

std::string_view toString(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::InvalidArgument:
      return "invalid-argument";
    case ErrorCode::Malformed:
      return "malformed";
    case ErrorCode::LimitExceeded:
      return "limit-exceeded";
    case ErrorCode::NotFound:
      return "not-found";
    case ErrorCode::PermissionDenied:
      return "permission-denied";
    case ErrorCode::InsecurePermissions:
      return "insecure-permissions";
    case ErrorCode::AddressInUse:
      return "address-in-use";
    case ErrorCode::AddressUnavailable:
      return "address-unavailable";
    case ErrorCode::ConnectionRefused:
      return "connection-refused";
    case ErrorCode::ConnectionReset:
      return "connection-reset";
    case ErrorCode::Unreachable:
      return "unreachable";
    case ErrorCode::TimedOut:
      return "timed-out";
    case ErrorCode::Closed:
      return "closed";
    case ErrorCode::Cancelled:
      return "cancelled";
    case ErrorCode::IoError:
      return "io-error";
    case ErrorCode::DiskFull:
      return "disk-full";
    case ErrorCode::ResolveFailed:
      return "resolve-failed";
    case ErrorCode::TlsFailure:
      return "tls-failure";
    case ErrorCode::PinMismatch:
      return "pin-mismatch";
    case ErrorCode::ProtocolViolation:
      return "protocol-violation";
    case ErrorCode::VersionMismatch:
      return "version-mismatch";
    case ErrorCode::TokenUnknown:
      return "token-unknown";
    case ErrorCode::TokenRevoked:
      return "token-revoked";
    case ErrorCode::NameTaken:
      return "name-taken";
    case ErrorCode::NameInvalid:
      return "name-invalid";
    case ErrorCode::TakenOver:
      return "taken-over";
    case ErrorCode::Overloaded:
      return "overloaded";
    case ErrorCode::Unsupported:
      return "unsupported";
    case ErrorCode::Internal:
      return "internal";
  }
  return "internal";
}

ErrorCode errorCodeFromString(std::string_view name) noexcept {
  for (auto value = static_cast<int>(ErrorCode::InvalidArgument);
       value <= static_cast<int>(ErrorCode::Internal); ++value) {
    if (toString(static_cast<ErrorCode>(value)) == name) return static_cast<ErrorCode>(value);
  }
  return ErrorCode::Internal;
}

std::string Error::describe() const {
  if (libraryCode == 0) return fmt::format("{} ({})", detail, toString(code));
  return fmt::format("{} ({}, {})", detail, toString(code), libraryCode);
}

namespace {

ErrorCode codeOf(int errnoValue) noexcept {
  switch (errnoValue) {
    case ENOENT:
      return ErrorCode::NotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::PermissionDenied;
    case EADDRINUSE:
      return ErrorCode::AddressInUse;
    case EADDRNOTAVAIL:
      return ErrorCode::AddressUnavailable;
    case ECONNREFUSED:
      return ErrorCode::ConnectionRefused;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
      return ErrorCode::ConnectionReset;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
      return ErrorCode::Unreachable;
    case ETIMEDOUT:
      return ErrorCode::TimedOut;
    case ECANCELED:
      return ErrorCode::Cancelled;
    case ENOSPC:
      return ErrorCode::DiskFull;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return ErrorCode::Overloaded;
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case EINVAL:
      return ErrorCode::InvalidArgument;
    default:
      return ErrorCode::IoError;
  }
}

}  // namespace

Error systemError(int errnoValue, std::string_view what) {
  return Error{codeOf(errnoValue), fmt::format("{}: {}", what, std::generic_category().message(errnoValue)),
               errnoValue};
}

}  // namespace adit
