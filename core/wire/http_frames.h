// SPDX-License-Identifier: Apache-2.0
#pragma once
// The frames of an HTTP stream: type, length, payload. A request is RequestHead, Data*, Trailers?, FIN; an answer is
// InterimHead*, ResponseHead, Data*, Trailers?, FIN. After a ResponseHead with status 101, Data carries the upgraded
// protocol both ways. Unknown types are skipped. Heads are a compact binary form with lengths, so nothing is parsed
// twice. PROTOCOL.md specifies all of it. Sans-I/O; one thread.

#include <cstdint>
#include <span>
#include <string>

#include "core/base/error.h"
#include "core/base/slab.h"
#include "core/http/message.h"

namespace adit::wire {

enum class FrameType : std::uint8_t { Data = 0x00, RequestHead = 0x01, ResponseHead = 0x02, InterimHead = 0x03, Trailers = 0x04 };

inline constexpr std::size_t kMaxHeadPayload = 64 * 1024;  ///< Head and trailer frames; larger is LimitExceeded.
inline constexpr std::size_t kMaxFrameHeader = 9;

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
  http::Framing framing;  ///< None, Length or Chunked (length unknown until FIN).
};

/// Exact payload size, then the payload itself into `room` (of that size). Fields whose name is empty are left out.
std::size_t requestHeadSize(const RequestHeadFrame& frame) noexcept;
void writeRequestHead(const RequestHeadFrame& frame, std::uint8_t* room) noexcept;
std::size_t responseHeadSize(const ResponseHeadFrame& frame) noexcept;
void writeResponseHead(const ResponseHeadFrame& frame, std::uint8_t* room) noexcept;
std::size_t trailersSize(std::span<const http::Field> fields) noexcept;
void writeTrailers(std::span<const http::Field> fields, std::uint8_t* room) noexcept;

/// Decoders: views into `payload`. Malformed for anything inconsistent; CR, LF and NUL in a value, and bytes that are no token
/// in a name or method, are Malformed too: a peer cannot smuggle lines to an origin or visitor.
Result<> readRequestHead(ByteView payload, RequestHeadFrame& frame);
Result<> readResponseHead(ByteView payload, ResponseHeadFrame& frame);
Result<> readTrailers(ByteView payload, std::vector<http::Field>& fields);

/// Takes a stream's bytes as they come. Data payload is handed through as views; other frames are handed over whole, in place
/// where they arrive in one piece.
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
  /// Stops at the first error. The handler must not destroy the reader inside its calls.
  Result<> feed(ByteView data, Handler& handler);
  /// True between frames: a FIN is allowed here only.
  [[nodiscard]] bool atFrameBoundary() const noexcept;
  void reset() noexcept;

 private:
  std::string m_partial;  // header bytes, or header and payload, of a frame that came in pieces
  std::uint64_t m_remaining = 0;
  std::uint8_t m_type = 0;
  std::uint8_t m_state = 0;
};

}  // namespace adit::wire
