// SPDX-License-Identifier: Apache-2.0
#pragma once
// HTTP/1.1 heads and chunked bodies, parsed as strictly as RFC 9112 lets an intermediary be: a message that
// two readers could interpret differently (framing, line ends, white space, names, Host) is refused. In
// answers, which come from the user's own programs, what RFC 9112 lets a proxy repair is repaired: a repeated
// Content-Length, white space before a colon, an undefined status of three digits. Sans-I/O and without
// allocation: heads are views into the caller's buffer. Pure; any thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/message.h"

namespace adit::http {

struct HeadLimits {
  std::size_t headBytes = 32 * 1024;   ///< 431 beyond.
  std::size_t targetBytes = 8 * 1024;  ///< 414 beyond.
  std::size_t fields = 128;            ///< 431 beyond.
};

/// What the connection does after a request, read from the head (RFC 9112 section 9, RFC 9110
/// section 7.8, 10.1.1).
struct RequestTraits {
  Framing framing;
  bool keepAlive = true;
  bool expectContinue = false;
  bool webSocket = false;  ///< A well-formed Upgrade: websocket with Connection: upgrade, GET and no body.
};

struct ResponseTraits {
  Framing framing;
  bool keepAlive = true;
  bool switchingProtocols = false;  ///< 101
  bool interim = false;             ///< 1xx but not 101
};

enum class ParseStatus : std::uint8_t { NeedMore, Complete, Invalid };

struct ParseResult {
  ParseStatus status = ParseStatus::NeedMore;
  std::size_t consumed = 0;  ///< Complete: bytes of the head with its empty line (and empty lines before it).
  std::uint16_t errorStatus =
      0;  ///< Invalid: of a request 400, 414, 417, 431, 501 or 505; of a response 502.
  const char* errorReason = nullptr;  ///< Invalid: a static sentence for people.
};

/// Parses a request head at the start of `data`. `scanned` is kept by the caller between calls on a growing
/// buffer (0 for each new head) so that a slow head costs linear time in total. Views in `head` point into
/// `data`, which may have moved between calls; they are valid only after Complete. The authority of an
/// absolute-form target takes precedence over Host. Raw UTF-8 in the target is percent-encoded (into
/// head.encodedTarget).
ParseResult parseRequestHead(std::string_view data, const HeadLimits& limits, std::size_t& scanned,
                             RequestHead& head, RequestTraits& traits);
/// The same for a response to a request with `requestMethod` (HEAD and CONNECT change the framing). Interim
/// responses are heads of their own: continue after `consumed` bytes with `scanned` 0.
ParseResult parseResponseHead(std::string_view data, const HeadLimits& limits, std::size_t& scanned,
                              std::string_view requestMethod, ResponseHead& head, ResponseTraits& traits);

/// Decodes chunked bodies incrementally (RFC 9112 section 7.1). Extensions of up to 256 bytes are skipped;
/// trailers (up to 32 fields and 8 KiB) are collected, except fields that a trailer section may not carry.
class ChunkedDecoder {
 public:
  enum class Event : std::uint8_t {
    NeedMore,  ///< All input was used, and more is needed.
    Data,      ///< `data` is a part of the body.
    End,       ///< The body and trailers are complete; the rest of the input belongs to what follows.
    Invalid,   ///< The body is malformed; the decoder must be reset.
  };
  struct Step {
    Event event = Event::NeedMore;
    std::size_t consumed = 0;  ///< Bytes of the input used by this step.
    std::string_view data;     ///< For Data: a view into the input.
  };
  ChunkedDecoder() = default;
  ChunkedDecoder(const ChunkedDecoder&) = delete;  // the trailers are views into a member
  ChunkedDecoder& operator=(const ChunkedDecoder&) = delete;

  /// Call again with what is left after `consumed` until NeedMore, End or Invalid.
  Step next(std::string_view input);
  /// After End: the trailer fields, views into a buffer of the decoder; usually empty.
  [[nodiscard]] const std::vector<Field>& trailers() const noexcept { return m_trailers; }
  void reset() noexcept;

 private:
  enum class State : std::uint8_t {
    Size,       // hexadecimal digits
    Blank,      // white space after them
    Extension,  // from ';' on
    SizeEnd,    // the line feed of the size line
    Data,
    DataReturn,  // the carriage return after data
    DataFeed,    // its line feed
    Trailers,
    Over,
    Failed,
  };
  Event takeTrailers(const char*& at, const char* end);

  State m_state = State::Size;
  std::uint32_t m_lineBytes = 0;
  std::uint32_t m_digits = 0;
  std::uint64_t m_remaining = 0;
  std::string m_trailerText;
  std::vector<Field> m_trailers;
};

}  // namespace adit::http
