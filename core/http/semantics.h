// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an intermediary does to a message (RFC 9110 section 7): takes out the fields that speak of one hop,
// replaces strangers' forwarding fields by true ones, and keeps Connection from naming fields it may not.
// Pure; any thread.

#include <span>
#include <string_view>
#include <vector>

#include "core/http/h1_parser.h"
#include "core/http/message.h"

namespace adit::http {

enum class Direction : std::uint8_t { Request, Response };

/// Removes Connection and what it names (never Host, Content-Length, Authorization, cookies, forwarding
/// fields and others whose loss would change what the message means), Keep-Alive, Proxy-Connection, TE
/// (except `trailers`), Transfer-Encoding, HTTP2-Settings and Upgrade (the caller writes it anew for
/// WebSocket); Trailer is kept. From requests also strangers' Forwarded, X-Forwarded-*, X-Real-IP and Proxy,
/// also when spelled with underscores, and Content_Length and Transfer_Encoding so spelled. Order of the rest
/// is kept. In place, without allocation. Framing fields other than Transfer-Encoding stay: whoever writes
/// the head decides about them.
void removeHopByHop(std::vector<Field>& fields, Direction direction);
/// True for a field a trailer section may not carry (framing, routing, authentication, RFC 9110
/// section 6.5.1).
bool isForbiddenTrailer(std::string_view name) noexcept;
/// The host of an authority, without port and trailing dot, in the case it came in; empty when the authority
/// is not valid: no user information, a name of letters, digits, "-", "_", "~" and single dots or an IPv6
/// address in brackets (kept), a port of 0 to 65535 if there is a colon.
std::string_view hostOf(std::string_view authority) noexcept;
/// Names the servers that a request passed (RFC 8586). It has no number of its own in field_names.h, whose
/// numbers are part of adit/1.
inline constexpr std::string_view kCdnLoop = "CDN-Loop";
bool isCdnLoop(std::string_view name) noexcept;
/// Whether a request's credentials (Authorization) or an answer's challenges (WWW-Authenticate) are of a
/// scheme that authenticates the connection instead of the request: Negotiate (RFC 4559) or NTLM. Whatever is
/// sent over such a connection afterwards is done in that user's name.
bool authenticatesConnection(std::span<const Field> fields) noexcept;
/// RFC 9110 section 9.2.2.
bool isIdempotent(std::string_view method) noexcept;

}  // namespace adit::http
