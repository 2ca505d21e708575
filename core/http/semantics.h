// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an intermediary removes from a message (RFC 9110 section 7): hop-by-hop fields and forwarding fields
// that a visitor sent, while Connection may not have other fields removed. Pure; any thread.

#include <span>
#include <string_view>
#include <vector>

#include "core/http/h1_parser.h"
#include "core/http/message.h"

namespace adit::http {

enum class Direction : std::uint8_t { Request, Response };

/// Removes Connection and the fields it names (but never Host, Content-Length, Authorization, cookies,
/// forwarding fields and others whose loss would change the meaning of the message), Keep-Alive,
/// Proxy-Connection, TE (except `trailers`), Transfer-Encoding, HTTP2-Settings and Upgrade (the caller writes
/// it anew for WebSocket). Trailer is kept. From requests it also removes Forwarded, X-Forwarded-*, X-Real-IP
/// and Proxy, also if spelled with underscores, and Content_Length and Transfer_Encoding spelled in that way.
/// The other fields keep their order. In place, without allocation. Framing fields other than
/// Transfer-Encoding stay: whoever writes the head decides about them.
void removeHopByHop(std::vector<Field>& fields, Direction direction);
/// True for a field a trailer section may not carry (framing, routing, authentication, RFC 9110
/// section 6.5.1).
bool isForbiddenTrailer(std::string_view name) noexcept;
/// The host of an authority, without port and trailing dot, in the case in which it was sent; empty if the
/// authority is not valid. A valid one has no user information, a name of letters, digits, "-", "_", "~" and
/// single dots or an IPv6 address in brackets (which are kept), and after a colon a port of 0 to 65535.
std::string_view hostOf(std::string_view authority) noexcept;
/// The field that names the servers which a request has passed (RFC 8586). It has no number in field_names.h,
/// whose numbers are part of adit/1.
inline constexpr std::string_view kCdnLoop = "CDN-Loop";
bool isCdnLoop(std::string_view name) noexcept;
/// Whether a request's credentials (Authorization) or an answer's challenges (WWW-Authenticate) are of a
/// scheme that authenticates the connection instead of the request: Negotiate (RFC 4559) or NTLM. All later
/// requests on such a connection are made as that user.
bool authenticatesConnection(std::span<const Field> fields) noexcept;
/// RFC 9110 section 9.2.2.
bool isIdempotent(std::string_view method) noexcept;

}  // namespace adit::http
