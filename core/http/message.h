// SPDX-License-Identifier: Apache-2.0
#pragma once
// The message model shared by HTTP/1.1, HTTP/2 and the tunnel (RFC 9110): heads are views into one buffer
// that outlives them, fields keep their order. Reused from request to request, so a warm head allocates
// nothing. Values; one thread.

#include <cstdint>
#include <string_view>
#include <vector>

namespace adit::http {

struct Field {
  std::string_view name;   ///< As received; compare with equalsIgnoreCase.
  std::string_view value;  ///< Without surrounding white space.
};

enum class Version : std::uint8_t { Http10, Http11, Http2 };
enum class Scheme : std::uint8_t { Http, Https };

struct RequestHead {
  std::string_view method;
  std::string_view target;     ///< origin-form or "*"; absolute-form is reduced to it.
  std::string_view authority;  ///< The Host field's or absolute-form's: host[:port].
  Version version = Version::Http11;
  std::vector<Field> fields;  ///< Includes Host as received.
  /// Holds the target where raw UTF-8 in it was percent-encoded; `target` is a view into it then. (Not a
  /// string, because the characters of a short string would move with the head.)
  std::vector<char> encodedTarget;
  void clear() noexcept;
};

struct ResponseHead {
  std::uint16_t status = 0;
  std::string_view reason;
  Version version = Version::Http11;
  std::vector<Field> fields;
  void clear() noexcept;
};

enum class BodyFraming : std::uint8_t {
  None,        ///< No content at all.
  Length,      ///< Content-Length.
  Chunked,     ///< Transfer-Encoding: chunked.
  UntilClose,  ///< Responses only.
};

struct Framing {
  BodyFraming body = BodyFraming::None;
  std::uint64_t length = 0;  ///< For Length.
};

/// ASCII only, as field names are.
bool equalsIgnoreCase(std::string_view a, std::string_view b) noexcept;
/// The first field of that name, or null.
const Field* findField(const std::vector<Field>& fields, std::string_view name) noexcept;
/// True when the comma-separated list in the value contains `token` (case-insensitive).
bool listContains(std::string_view value, std::string_view token) noexcept;

}  // namespace adit::http
