// SPDX-License-Identifier: Apache-2.0
#pragma once
// Validates header blocks of HTTP/2 requests as strictly as RFC 9113 section 8 lets an intermediary be:
// anything that an HTTP/1.1 origin could interpret differently makes the message malformed. Blocks are
// collected one at a time into a reused buffer, so a warm connection allocates nothing. Pure; one thread.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/h1_parser.h"
#include "core/http/message.h"

namespace adit::http {

/// A request whose head was well-formed; views into the H2FieldBlock.
struct H2ServerRequest {
  std::int32_t stream = 0;
  RequestHead head;               ///< Without Host, Content-Length and Expect; cookies are one field.
  Framing framing;                ///< None, Length or Chunked (length not known).
  bool complete = false;          ///< END_STREAM came with the head.
  bool webSocket = false;         ///< Extended CONNECT (RFC 8441); the method is GET here.
  bool expectContinue = false;    ///< The visitor waits for 100 Continue.
  std::uint8_t urgency = 3;       ///< RFC 9218: 0 is first.
  std::uint16_t refusedWith = 0;  ///< Well-formed but not accepted: 400, 414, 417, 431 or 501; 0: accepted.
  void clear() noexcept;
};

class H2FieldBlock {
 public:
  enum class Kind : std::uint8_t { Request, Trailers };
  explicit H2FieldBlock(const HeadLimits& limits) noexcept : m_limits(limits) {}

  void begin(Kind kind) noexcept;
  /// Adds a field line, in the order of the block. Copies both strings; beyond the limits it only counts.
  /// Cookie fields (RFC 9113 section 8.2.3) count as one, because they are joined.
  void add(std::string_view name, std::string_view value);
  /// The block is complete. False: malformed (RFC 9113 section 8.1.1), and `reason()` says why.
  [[nodiscard]] bool finishRequest(bool endStream, H2ServerRequest& request);
  /// Trailer fields that may be passed on; false as above.
  [[nodiscard]] bool finishTrailers(std::vector<Field>& fields);
  [[nodiscard]] Kind kind() const noexcept { return m_kind; }
  /// The decoded size of all field lines, as header lists are counted (RFC 9113 section 6.5.2).
  [[nodiscard]] std::size_t bytes() const noexcept { return m_bytes; }
  /// Whether its size or the number of its fields was beyond the limits.
  [[nodiscard]] bool isBeyondLimits() const noexcept { return m_beyondLimits; }
  /// A static sentence for logs and tests.
  [[nodiscard]] const char* reason() const noexcept { return m_reason; }

 private:
  enum Pseudo : std::uint8_t { kMethod, kScheme, kAuthority, kPath, kProtocol, kPseudoCount };
  struct Place {
    std::uint32_t at = 0, size = 0;
  };
  struct Line {
    Place name, value;
  };
  [[nodiscard]] bool countLine(std::string_view name, std::string_view value) noexcept;
  Place storePath(std::string_view path);
  void addPseudo(std::string_view name, std::string_view value);
  void addRegular(std::string_view name, std::string_view value);
  bool addSpecial(std::string_view name, std::string_view value);
  bool finishTarget(H2ServerRequest& request);
  bool finishAuthority(H2ServerRequest& request);
  bool finishFraming(bool endStream, H2ServerRequest& request);
  void malformed(const char* reason) noexcept {
    if (m_reason == nullptr) m_reason = reason;
  }
  void refuse(std::uint16_t status) noexcept {
    if (m_refusedWith == 0) m_refusedWith = status;
  }
  Place store(std::string_view text);
  [[nodiscard]] std::string_view text(Place place) const noexcept {
    return std::string_view(m_text).substr(place.at, place.size);
  }
  [[nodiscard]] bool has(Pseudo pseudo) const noexcept { return (m_seen & (1U << pseudo)) != 0; }

  HeadLimits m_limits;
  std::string m_text;
  std::vector<Line> m_lines;
  std::array<Place, kPseudoCount> m_pseudo{};
  std::string m_cookie;
  std::vector<char> m_encodedPath;
  Place m_host;
  std::uint64_t m_length = 0;
  std::size_t m_bytes = 0;
  std::size_t m_size = 0;     ///< What counts against the limit on bytes: cookies are joined.
  std::size_t m_count = 0;    ///< Fields, cookies joined.
  std::size_t m_cookies = 0;  ///< Cookie fields before they are joined.
  const char* m_reason = nullptr;
  std::uint16_t m_refusedWith = 0;
  std::uint8_t m_urgency = 3;
  Kind m_kind = Kind::Request;
  std::uint8_t m_seen = 0;  ///< Bits of Pseudo.
  bool m_regular = false;   ///< A field other than a pseudo-header field was seen.
  bool m_hasHost = false, m_hasLength = false, m_expectContinue = false, m_hasExpect = false;
  bool m_beyondLimits = false;
};

/// A field of a connection, which HTTP/2 does not have (RFC 9113 section 8.2.2).
bool isConnectionField(std::string_view name) noexcept;
/// The urgency in a Priority field's value (RFC 9218 section 4.1); 3 where it is absent or not valid.
std::uint8_t parseUrgency(std::string_view value) noexcept;

}  // namespace adit::http
