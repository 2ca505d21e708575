// SPDX-License-Identifier: Apache-2.0
#pragma once
// What can go wrong, as a value. A fallible function returns Result<T>; no exception crosses a module's
// border. An Error carries three things: a code to branch on, a sentence for a person (never a secret), and
// the code of the library or system call that failed, so that nothing is lost on the way up. Values only; any
// thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace adit {

enum class ErrorCode : std::uint16_t {
  InvalidArgument = 1,  ///< A caller's or user's value is not acceptable; the detail names it.
  Malformed,            ///< Bytes from outside do not parse.
  LimitExceeded,        ///< A documented limit would be passed.
  NotFound,             ///< A named thing does not exist.
  PermissionDenied,     ///< The system refused access.
  InsecurePermissions,  ///< A secret file can be read or written by others.
  AddressInUse,         ///< A listening address is taken.
  AddressUnavailable,   ///< A listening address is not ours.
  ConnectionRefused,    ///< Nothing listens there.
  ConnectionReset,      ///< The peer cut the connection.
  Unreachable,          ///< No route to the peer.
  TimedOut,             ///< No answer in the time allowed.
  Closed,               ///< The object is closed already.
  Cancelled,            ///< Given up on purpose.
  IoError,              ///< Another failure of the system; see libraryCode (errno).
  DiskFull,             ///< No space left to write.
  ResolveFailed,        ///< A host name has no address.
  TlsFailure,           ///< The TLS handshake or a certificate failed.
  PinMismatch,          ///< The server's key is not the one in the join link.
  ProtocolViolation,    ///< The peer broke the protocol.
  VersionMismatch,      ///< No protocol version in common.
  TokenUnknown,         ///< The token is not one of the server's.
  TokenRevoked,         ///< The token was one of the server's once.
  NameTaken,            ///< Another key holds the name.
  NameInvalid,          ///< The name is not a DNS label the server accepts.
  TakenOver,            ///< A newer connection of the same key has the session now.
  Overloaded,           ///< Refused for now; try again later.
  Unsupported,          ///< Not on this system or not by this peer.
  Internal,             ///< A defect of ours.
};

/// The code's stable name in kebab-case ("pin-mismatch"), for JSON and logs.
std::string_view toString(ErrorCode code) noexcept;
/// The code of such a name; Internal for a name this version does not know.
ErrorCode errorCodeFromString(std::string_view name) noexcept;

/// One failure. `detail` is a sentence for people that names the thing; `libraryCode` is errno, a GnuTLS,
/// ngtcp2 or libuv code, or 0.
struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string detail;
  long libraryCode = 0;

  /// "detail (code, library code n)" in one line, for logs.
  [[nodiscard]] std::string describe() const;
  friend bool operator==(const Error&, const Error&) = default;
};

template <typename T = void>
using Result = tl::expected<T, Error>;

/// Shorthand for returning a failure: `return fail(ErrorCode::NotFound, "no profile named 'x'");`
inline tl::unexpected<Error> fail(ErrorCode code, std::string detail, long libraryCode = 0) {
  return tl::unexpected<Error>(Error{code, std::move(detail), libraryCode});
}
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

/// Translates errno (or a positive value of it from libuv) to the code that fits; `what` opens the detail.
Error systemError(int errnoValue, std::string_view what);

}  // namespace adit
