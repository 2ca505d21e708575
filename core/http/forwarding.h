// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a message gets and what is decided about it when it passes an intermediary (RFC 9110 section 7.6):
// CDN-Loop and the loops it shows, Via, Max-Forwards, the methods that end here, Date. The counterpart of
// semantics.h, which says what is taken out. Nothing here allocates, save a vector's growth. Values; any
// thread, DateText one.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/http/message.h"

namespace adit::http {

/// How often one server may see the same request before it is a loop.
inline constexpr unsigned kMaxVisits = 4;

/// Whether requests get a Via field. RFC 9110 section 7.6.3 asks for one, but some origins, nginx by default,
/// then send their answers without compression.
enum class RequestVia : std::uint8_t { Omitted, Added };

/// The names by which one server marks the messages that pass it: "adit" in Via (RFC 9110 section 7.6.3), and
/// "adit-INSTANCE" in CDN-Loop (RFC 8586), by which it finds requests that it has seen before.
class HopNames {
 public:
  /// `instance`: a word of letters and digits that no other server has.
  explicit HopNames(std::string_view instance, RequestVia requestVia = RequestVia::Omitted);
  /// Its member of CDN-Loop.
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
  EndsHere,   ///< OPTIONS with Max-Forwards 0: answered by us, with success and without content of others.
  Refused,    ///< CONNECT and TRACE: not offered (501). TRACE would show fields that are added on the way.
  Looping,    ///< It has been here kMaxVisits times (508).
  Malformed,  ///< OPTIONS with a Max-Forwards that is no number, or with two (400).
};

/// Room for a decremented Max-Forwards; the head points into it afterwards.
using MaxForwardsText = std::array<char, 10>;

/// Decides, and for Onward adds CDN-Loop (and Via, where the names say so) and counts Max-Forwards down (of
/// OPTIONS; above 4294967295 it becomes that). The head is unchanged otherwise. A WebSocket's extended
/// CONNECT is to be turned into its GET before. `names` must outlive the head.
Passage passRequest(RequestHead& head, const HopNames& names, MaxForwardsText& scratch);
/// Adds Via, and Date where a final response (status >= 200) has none (RFC 9110 section 6.6.1). `date` must
/// outlive the head.
void passResponse(ResponseHead& head, std::string_view date);

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7). Seconds since 1970, years up to 9999.
inline constexpr std::size_t kDateSize = 29;
void writeDate(std::int64_t unixSeconds, char* room) noexcept;

/// The Date field's value, formatted anew once a second.
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
