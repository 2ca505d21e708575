// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an intermediary does to a message (RFC 9110 section 7): takes out the fields that speak of one hop, replaces
// strangers' forwarding fields by true ones, and keeps Connection from naming fields it may not. Pure; any thread.

#include <string_view>
#include <vector>

#include "core/http/h1_parser.h"
#include "core/http/message.h"

namespace adit::http {

enum class Direction : std::uint8_t { Request, Response };

/// Removes Connection and what it names (never Host, Content-Length, Authorization, cookies or forwarding fields), Keep-Alive,
/// Proxy-Connection, TE (except `trailers`), Trailer is kept, Transfer-Encoding, Upgrade (kept by the caller for WebSocket); for
/// requests also strangers' Forwarded, X-Forwarded-* and X-Real-IP. Order of the rest is kept. In place.
void removeHopByHop(std::vector<Field>& fields, Direction direction);
/// True for a field a trailer section may not carry (framing, routing, authentication, RFC 9110 section 6.5.1).
bool isForbiddenTrailer(std::string_view name) noexcept;
/// The host of an authority, without port and trailing dot, for comparison in lower case; empty when it is not valid.
std::string_view hostOf(std::string_view authority) noexcept;
/// RFC 9110 section 9.2.2.
bool isIdempotent(std::string_view method) noexcept;

}  // namespace adit::http
