// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an intermediary adds to a message and decides about it (RFC 9110 section 7.6): CDN-Loop and the
// detection of loops, Via, Max-Forwards, methods that are not forwarded, Date. The counterpart of
// semantics.h, which removes fields. Nothing here allocates, except where a vector grows. Values; any thread,
// except DateText, which belongs to one.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/http/message.h"

namespace adit::http {

/// How often a request may pass one server before it counts as a loop.
inline constexpr unsigned kMaxVisits = 4;

/// Whether requests get a Via field. RFC 9110 section 7.6.3 requires one, but some origins (nginx by default)
/// do not compress their answers to requests that have it.
enum class RequestVia : std::uint8_t { Omitted, Added };

/// The names with which a server marks the messages that pass it: "adit" in Via (RFC 9110 section 7.6.3), and
/// "adit-INSTANCE" in CDN-Loop (RFC 8586), by which it recognizes requests that it has seen before.
class HopNames {
 public:
  /// `instance`: letters and digits that no other server uses.
  explicit HopNames(std::string_view instance, RequestVia requestVia = RequestVia::Omitted);
  /// This server's member of the CDN-Loop field.
  [[nodiscard]] std::string_view cdnId() const noexcept { return m_cdnId; }
  [[nodiscard]] bool addsViaToRequests() const noexcept { return m_requestVia == RequestVia::Added; }
  /// "1.1 adit" for a message that was received in this version.
  [[nodiscard]] static std::string_view via(Version received) noexcept;
  /// How many times a request with these fields passed this server; counts up to kMaxVisits.
  [[nodiscard]] unsigned visits(const std::vector<Field>& fields) const noexcept;

 private:
  std::string m_cdnId;
  RequestVia m_requestVia;
};

/// What becomes of a request.
enum class Passage : std::uint8_t {
  Onward,     ///< Forward it.
  EndsHere,   ///< OPTIONS with Max-Forwards 0: this server answers it, with success and no content.
  Refused,    ///< CONNECT and TRACE: not offered (501). TRACE would reveal fields that are added on the way.
  Looping,    ///< It has passed this server kMaxVisits times (508).
  Malformed,  ///< OPTIONS with a Max-Forwards that is not a number, or with two (400).
};

/// Room for a decremented Max-Forwards; the head points into it afterwards.
using MaxForwardsText = std::array<char, 10>;

/// Decides about a request. Only for Onward does it change the head: it adds CDN-Loop (and Via, if `names`
/// asks for it) and decrements the Max-Forwards of OPTIONS (values above 4294967295 become that). An extended
/// CONNECT for a WebSocket must have been turned into a GET before. `names` must outlive the head.
Passage passRequest(RequestHead& head, const HopNames& names, MaxForwardsText& scratch);
/// Adds Via, and Date where a final response (status >= 200) has none (RFC 9110 section 6.6.1). `date` must
/// outlive the head.
void passResponse(ResponseHead& head, std::string_view date);

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7). Seconds since 1970, years up to 9999.
inline constexpr std::size_t kDateSize = 29;
void writeDate(std::int64_t unixSeconds, char* room) noexcept;

/// The value of the Date field, formatted once a second.
class DateText {
 public:
  using WallClock = std::int64_t (*)() noexcept;
  /// Seconds since 1970 by the system's clock.
  static std::int64_t systemSeconds() noexcept;
  explicit DateText(WallClock clock = systemSeconds) noexcept : m_clock(clock) {}
  /// Valid until the next call. At most a second old.
  std::string_view at(Timestamp now) noexcept;

 private:
  WallClock m_clock;
  Timestamp m_due{};
  std::array<char, kDateSize> m_text{};
};

}  // namespace adit::http
