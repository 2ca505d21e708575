// SPDX-License-Identifier: Apache-2.0
#pragma once
// Small numbers for field names that are common or that an intermediary must know, looked up with a perfect
// hash instead of comparing names one by one. The numbers are also the name codes of adit/1 (PROTOCOL.md
// section 4.4), so the order is fixed and new names are appended. Constant data; any thread.

#include <cstdint>
#include <string_view>

namespace adit::http {

/// What an intermediary must know about a name, as bits.
enum FieldRole : std::uint8_t {
  kHopByHop = 1,    ///< Concerns one connection only: never forwarded.
  kForwarding = 2,  ///< Says where a request came from: dropped if a visitor sent it.
  kProtected = 4,   ///< Connection may not name it.
  kNoTrailer = 8,   ///< A trailer section may not carry it.
};

// identifier, canonical spelling, sum of roles
// clang-format off
#define ADIT_FIELD_NAMES(X) \
  X(Host, "Host", 12) \
  X(Connection, "Connection", 9) \
  X(ContentLength, "Content-Length", 12) \
  X(TransferEncoding, "Transfer-Encoding", 9) \
  X(Upgrade, "Upgrade", 9) \
  X(Expect, "Expect", 12) \
  X(TE, "TE", 8) \
  X(Trailer, "Trailer", 12) \
  X(KeepAlive, "Keep-Alive", 9) \
  X(ProxyConnection, "Proxy-Connection", 9) \
  X(HTTP2Settings, "HTTP2-Settings", 9) \
  X(ProxyAuthorization, "Proxy-Authorization", 8) \
  X(ProxyAuthenticate, "Proxy-Authenticate", 8) \
  X(Proxy, "Proxy", 10) \
  X(Forwarded, "Forwarded", 14) \
  X(XForwardedFor, "X-Forwarded-For", 14) \
  X(XForwardedHost, "X-Forwarded-Host", 14) \
  X(XForwardedProto, "X-Forwarded-Proto", 14) \
  X(XForwardedPort, "X-Forwarded-Port", 14) \
  X(XRealIP, "X-Real-IP", 14) \
  X(Via, "Via", 12) \
  X(Authorization, "Authorization", 12) \
  X(Cookie, "Cookie", 12) \
  X(SetCookie, "Set-Cookie", 12) \
  X(WWWAuthenticate, "WWW-Authenticate", 12) \
  X(Accept, "Accept", 4) \
  X(AcceptEncoding, "Accept-Encoding", 0) \
  X(AcceptLanguage, "Accept-Language", 0) \
  X(AcceptRanges, "Accept-Ranges", 0) \
  X(AccessControlAllowCredentials, "Access-Control-Allow-Credentials", 12) \
  X(AccessControlAllowHeaders, "Access-Control-Allow-Headers", 12) \
  X(AccessControlAllowMethods, "Access-Control-Allow-Methods", 12) \
  X(AccessControlAllowOrigin, "Access-Control-Allow-Origin", 12) \
  X(AccessControlExposeHeaders, "Access-Control-Expose-Headers", 12) \
  X(AccessControlMaxAge, "Access-Control-Max-Age", 12) \
  X(AccessControlRequestHeaders, "Access-Control-Request-Headers", 12) \
  X(AccessControlRequestMethod, "Access-Control-Request-Method", 12) \
  X(Age, "Age", 8) \
  X(Allow, "Allow", 0) \
  X(AltSvc, "Alt-Svc", 8) \
  X(CacheControl, "Cache-Control", 12) \
  X(ContentDisposition, "Content-Disposition", 12) \
  X(ContentEncoding, "Content-Encoding", 12) \
  X(ContentLanguage, "Content-Language", 0) \
  X(ContentLocation, "Content-Location", 0) \
  X(ContentRange, "Content-Range", 12) \
  X(ContentSecurityPolicy, "Content-Security-Policy", 12) \
  X(ContentType, "Content-Type", 12) \
  X(Date, "Date", 8) \
  X(DNT, "DNT", 0) \
  X(ETag, "ETag", 0) \
  X(Expires, "Expires", 8) \
  X(IfMatch, "If-Match", 12) \
  X(IfModifiedSince, "If-Modified-Since", 12) \
  X(IfNoneMatch, "If-None-Match", 12) \
  X(IfRange, "If-Range", 12) \
  X(IfUnmodifiedSince, "If-Unmodified-Since", 12) \
  X(LastModified, "Last-Modified", 0) \
  X(Link, "Link", 0) \
  X(Location, "Location", 12) \
  X(MaxForwards, "Max-Forwards", 12) \
  X(Origin, "Origin", 12) \
  X(Pragma, "Pragma", 12) \
  X(Priority, "Priority", 0) \
  X(Range, "Range", 12) \
  X(Referer, "Referer", 0) \
  X(ReferrerPolicy, "Referrer-Policy", 0) \
  X(RetryAfter, "Retry-After", 8) \
  X(SecCHUA, "Sec-CH-UA", 0) \
  X(SecCHUAMobile, "Sec-CH-UA-Mobile", 0) \
  X(SecCHUAPlatform, "Sec-CH-UA-Platform", 0) \
  X(SecFetchDest, "Sec-Fetch-Dest", 4) \
  X(SecFetchMode, "Sec-Fetch-Mode", 4) \
  X(SecFetchSite, "Sec-Fetch-Site", 4) \
  X(SecFetchUser, "Sec-Fetch-User", 4) \
  X(SecWebSocketAccept, "Sec-WebSocket-Accept", 12) \
  X(SecWebSocketExtensions, "Sec-WebSocket-Extensions", 12) \
  X(SecWebSocketKey, "Sec-WebSocket-Key", 12) \
  X(SecWebSocketProtocol, "Sec-WebSocket-Protocol", 12) \
  X(SecWebSocketVersion, "Sec-WebSocket-Version", 12) \
  X(Server, "Server", 0) \
  X(ServerTiming, "Server-Timing", 0) \
  X(StrictTransportSecurity, "Strict-Transport-Security", 12) \
  X(UpgradeInsecureRequests, "Upgrade-Insecure-Requests", 0) \
  X(UserAgent, "User-Agent", 0) \
  X(Vary, "Vary", 12) \
  X(Warning, "Warning", 8) \
  X(XContentTypeOptions, "X-Content-Type-Options", 12) \
  X(XFrameOptions, "X-Frame-Options", 12) \
  X(XPoweredBy, "X-Powered-By", 0) \
  X(XRequestID, "X-Request-ID", 0) \
  X(XRequestedWith, "X-Requested-With", 0) \
  X(XXSSProtection, "X-XSS-Protection", 0)
// clang-format on

enum class FieldId : std::uint8_t {
  Unknown = 0,
#define ADIT_FIELD_ID(identifier, spelling, roles) identifier,
  ADIT_FIELD_NAMES(ADIT_FIELD_ID)
#undef ADIT_FIELD_ID
      End
};

inline constexpr std::size_t kFieldIdCount = static_cast<std::size_t>(FieldId::End);

/// The number of a name, whatever the case of its letters; Unknown if it has none.
FieldId fieldId(std::string_view name) noexcept;
/// The canonical spelling ("Content-Type"); empty for Unknown.
std::string_view fieldName(FieldId id) noexcept;
/// The same in lower case.
std::string_view fieldNameLower(FieldId id) noexcept;
/// The sum of its FieldRole bits; 0 for Unknown.
std::uint8_t fieldRoles(FieldId id) noexcept;

}  // namespace adit::http
