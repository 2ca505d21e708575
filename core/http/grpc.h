// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a proxy has to know of gRPC: which requests are calls, and how to report a failure by a gRPC status,
// since a gRPC library does not read pages (the gRPC-over-HTTP/2 specification, "HTTP2 Transport Mapping",
// and gRPC's table of HTTP statuses). Pure; any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/h2_error.h"
#include "core/http/message.h"

namespace adit::http {

enum class CallKind : std::uint8_t {
  None,     ///< Not a call.
  Grpc,     ///< application/grpc: HTTP/2 only.
  Web,      ///< application/grpc-web: any version of HTTP, mostly from a browser.
  WebText,  ///< application/grpc-web-text.
};

/// Determined by the Content-Type field of a request or an answer.
CallKind callKindOf(const std::vector<Field>& fields) noexcept;
/// The Content-Type of an answer to such a call; empty for None.
std::string_view contentTypeOf(CallKind kind) noexcept;

/// The statuses that a proxy uses, with gRPC's numbers.
enum class GrpcStatus : std::uint8_t {
  Cancelled = 1,
  Unknown = 2,
  DeadlineExceeded = 4,
  PermissionDenied = 7,
  ResourceExhausted = 8,
  Unimplemented = 12,
  Internal = 13,
  Unavailable = 14,
  Unauthenticated = 16,
};

/// The status that a gRPC library derives from the reset of a stream.
GrpcStatus grpcStatusFor(H2Error error) noexcept;
/// The status that a gRPC library derives from an HTTP status, except for 504 and 431, whose causes have a
/// gRPC status of their own.
GrpcStatus grpcStatusFor(std::uint16_t httpStatus) noexcept;
/// The value of a grpc-message field: bytes that are not printable ASCII, and '%', are written as %XX.
std::string grpcMessage(std::string_view text);

}  // namespace adit::http
