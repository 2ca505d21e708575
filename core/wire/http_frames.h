// SPDX-License-Identifier: Apache-2.0
#pragma once
// The frames of an HTTP stream: type, length, payload. A request is RequestHead, Data*, Trailers?, FIN; an
// answer is InterimHead*, ResponseHead, Data*, Trailers?, FIN. After a ResponseHead with status 101, Data
// carries the upgraded protocol both ways. Unknown types are skipped. Heads are a compact binary form with
// lengths, so nothing is parsed twice. PROTOCOL.md specifies all of it. Sans-I/O; one thread.

#include <cstdint>
#include <span>
#include <string>

#include "core/base/error.h"
#include "core/base/slab.h"
#include "core/http/message.h"

namespace adit::wire {

enum class FrameType : std::uint8_t {
  Data = 0x00,
  RequestHead = 0x01,
  ResponseHead = 0x02,
  InterimHead = 0x03,
  Trailers = 0x04
};

inline constexpr std::size_t kMaxHeadPayload =
    64 * 1024;                                      ///< Head and trailer frames; larger is LimitExceeded.
inline constexpr std::size_t kMaxWireFields = 256;  ///< In a head or trailers; more is LimitExceeded.
inline constexpr std::uint32_t kMaxUnknownFrames = 256;  ///< Skipped in a stream; more is LimitExceeded.
inline constexpr std::size_t kMaxFrameHeader = 9;        ///< As written; a reader accepts 16.

/// The header of a frame; returns its size (at most kMaxFrameHeader).
std::size_t writeFrameHeader(FrameType type, std::uint64_t length, std::uint8_t* room) noexcept;

/// What a message head frame carries besides the fields.
struct RequestHeadFrame {
  http::RequestHead* head = nullptr;
  http::Framing framing;        ///< None, Length or Chunked (length unknown).
  bool webSocket = false;       ///< An upgrade request.
  bool expectContinue = false;  ///< The visitor waits for 100 Continue.
};
struct ResponseHeadFrame {
  http::ResponseHead* head = nullptr;
  http::Framing
      framing;  ///< None, Length or Chunked (length unknown until FIN); UntilClose is written as Chunked.
};

/// Exact payload size, then the payload itself into `room` (of that size). Left out are fields whose name is
/// empty and those that the head says by itself, so that nothing is said twice: of a RequestHead Host (the
/// authority) and Expect (a flag); Content-Length and Transfer-Encoding (the framing; Content-Length is kept
/// in a ResponseHead with framing None that is neither 1xx nor 204); Connection, Keep-Alive, Proxy-Connection
/// and Upgrade (a flag, or status 101); of trailers what http::isForbiddenTrailer says. Whoever writes
/// HTTP/1.1 from a frame writes those. The caller has checked that the size is at most kMaxHeadPayload.
std::size_t requestHeadSize(const RequestHeadFrame& frame) noexcept;
void writeRequestHead(const RequestHeadFrame& frame, std::uint8_t* room) noexcept;
std::size_t responseHeadSize(const ResponseHeadFrame& frame) noexcept;
void writeResponseHead(const ResponseHeadFrame& frame, std::uint8_t* room) noexcept;
std::size_t trailersSize(std::span<const http::Field> fields) noexcept;
void writeTrailers(std::span<const http::Field> fields, std::uint8_t* room) noexcept;

/// Decoders: views into `payload` or into constants. Malformed for anything inconsistent, for control
/// characters in a value (CR, LF and NUL among them), for bytes that are no token in a name or method and for
/// the fields that are left out above: a peer cannot smuggle lines or framing to an origin or visitor.
/// Forbidden trailers are dropped. Whether a ResponseHead's status fits its frame's type (interim or not) is
/// the caller's to check.
Result<> readRequestHead(ByteView payload, RequestHeadFrame& frame);
Result<> readResponseHead(ByteView payload, ResponseHeadFrame& frame);
Result<> readTrailers(ByteView payload, std::vector<http::Field>& fields);

/// Takes a stream's bytes as they come. Data payload is handed through as views; other frames are handed over
/// whole, in place where they arrive in one piece. Frames out of order (PROTOCOL.md section 4.1) are a
/// ProtocolViolation; whether a head is a request's or an answer's is the handler's to check.
class FrameReader {
 public:
  class Handler {
   public:
    /// A complete RequestHead, ResponseHead, InterimHead or Trailers frame. An error ends the stream.
    virtual Result<> onFrame(FrameType type, ByteView payload) = 0;
    virtual Result<> onBody(ByteView data) = 0;

   protected:
    ~Handler() = default;
  };
  /// Stops at the first error, the handler's or its own; the reader is of no use then until reset. The
  /// handler must not destroy the reader inside its calls.
  Result<> feed(ByteView data, Handler& handler);
  /// True between frames: a FIN is allowed here only.
  [[nodiscard]] bool atFrameBoundary() const noexcept {
    return m_state == State::Header && m_headerSize == 0;
  }
  /// True from the RequestHead or ResponseHead on.
  [[nodiscard]] bool sawHead() const noexcept { return m_phase > Phase::Interim; }
  void reset() noexcept;

 private:
  enum class State : std::uint8_t { Header, Payload, Body, Skip };
  enum class Phase : std::uint8_t { Start, Interim, Content, Trailers };

  Result<> beginFrame(std::uint64_t type, std::uint64_t length);
  Result<> feedPayload(ByteView& data, Handler& handler);

  std::string m_partial;  // payload of a head or trailers that came in pieces
  std::uint64_t m_remaining = 0;
  std::uint32_t m_unknownFrames = 0;
  FrameType m_type = FrameType::Data;
  State m_state = State::Header;
  Phase m_phase = Phase::Start;
  std::uint8_t m_headerSize = 0;
  std::uint8_t m_header[16] = {};  // a frame header that came in pieces
};

}  // namespace adit::wire
