// SPDX-License-Identifier: Apache-2.0
#include "core/http/grpc.h"

#include <array>

namespace adit::http {
namespace {

struct Type {
  std::string_view name;
  CallKind kind;
};

constexpr std::array<Type, 3> kTypes{{
    {"application/grpc", CallKind::Grpc},
    {"application/grpc-web", CallKind::Web},
    {"application/grpc-web-text", CallKind::WebText},
}};

/// Whether `value` is the media type `name`, with whatever format or parameter behind it.
bool isType(std::string_view value, std::string_view name) noexcept {
  if (!equalsIgnoreCase(value.substr(0, name.size()), name)) return false;
  if (value.size() == name.size()) return true;
  const char next = value[name.size()];
  return next == '+' || next == ';' || next == ' ' || next == '\t';
}

}  // namespace

CallKind callKindOf(const std::vector<Field>& fields) noexcept {
  const Field* type = findField(fields, "content-type");
  if (type == nullptr) return CallKind::None;
  for (const Type& each : kTypes) {
    if (isType(type->value, each.name)) return each.kind;
  }
  return CallKind::None;
}

std::string_view contentTypeOf(CallKind kind) noexcept {
  for (const Type& each : kTypes) {
    if (each.kind == kind) return each.name;
  }
  return {};
}

GrpcStatus grpcStatusFor(H2Error error) noexcept {
  switch (error) {
    case H2Error::RefusedStream:
      return GrpcStatus::Unavailable;
    case H2Error::Cancel:
      return GrpcStatus::Cancelled;
    case H2Error::EnhanceYourCalm:
      return GrpcStatus::ResourceExhausted;
    case H2Error::InadequateSecurity:
      return GrpcStatus::PermissionDenied;
    default:
      return GrpcStatus::Internal;
  }
}

GrpcStatus grpcStatusFor(std::uint16_t httpStatus) noexcept {
  switch (httpStatus) {
    case 400:
      return GrpcStatus::Internal;
    case 401:
      return GrpcStatus::Unauthenticated;
    case 403:
      return GrpcStatus::PermissionDenied;
    case 404:
      return GrpcStatus::Unimplemented;
    case 429:
    case 502:
    case 503:
      return GrpcStatus::Unavailable;
    case 431:
      return GrpcStatus::ResourceExhausted;
    case 504:
      // The origin may have begun to work on it: nothing to try again unasked, as Unavailable would be.
      return GrpcStatus::DeadlineExceeded;
    default:
      return GrpcStatus::Unknown;
  }
}

std::string grpcMessage(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte <= 0x7e && c != '%') {
      encoded.push_back(c);
    } else {
      encoded.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return encoded;
}

}  // namespace adit::http
