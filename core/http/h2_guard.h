// SPDX-License-Identifier: Apache-2.0
#pragma once
// Checks the frames of an HTTP/2 visitor before the library sees them: it finds where each frame begins,
// counts control frames and resets, and limits header blocks and frames on closed streams. Floods end with
// ENHANCE_YOUR_CALM. Part of an H2ServerSession; one thread.

#include <array>
#include <cstdint>
#include <optional>

#include "core/base/clock.h"
#include "core/base/slab.h"
#include "core/base/token_bucket.h"
#include "core/http/h1_parser.h"
#include "core/http/h2_control_budget.h"
#include "core/http/h2_error.h"

namespace adit::http {

enum class H2FrameType : std::uint8_t {
  Data = 0x0,
  Headers = 0x1,
  Priority = 0x2,
  RstStream = 0x3,
  Settings = 0x4,
  PushPromise = 0x5,
  Ping = 0x6,
  GoAway = 0x7,
  WindowUpdate = 0x8,
  Continuation = 0x9,
};

struct H2FrameHeader {
  std::uint32_t length = 0;
  H2FrameType type = H2FrameType::Data;  ///< Other values are possible.
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;
};
inline constexpr std::size_t kH2FrameHeader = 9;
inline constexpr std::uint8_t kH2EndStream = 0x1, kH2Ack = 0x1, kH2EndHeaders = 0x4;
inline constexpr std::size_t kH2Preface = 24;
/// The client's connection preface (RFC 9113 section 3.4).
inline constexpr std::string_view kH2PrefaceText = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Limits of one visitor's connection.
struct H2Limits {
  double resetBurst = 200, resetRate = 20;  ///< Streams reset by the visitor or for what it did; per second.
  double controlBurst = 1000,
         controlRate = 100;         ///< PING, SETTINGS, PRIORITY, WINDOW_UPDATE, unknown and empty frames.
  std::uint32_t continuations = 8;  ///< Frames of a header block after the first.
  std::uint32_t headerBlockBytes = 32 * 1024;  ///< Compressed.
  std::uint32_t settingsEntries = 32;          ///< In one SETTINGS.
  std::uint32_t queuedAcks = 1000;  ///< Answers to PING and SETTINGS that the visitor does not read.
  std::uint32_t concurrentStreams = 100;
  std::uint32_t requests = 10'000;           ///< Then a graceful GOAWAY.
  std::uint32_t streamWindow = 1024 * 1024;  ///< Bytes of a request's content that may be in flight.
  std::uint32_t connectionWindow = 4 * 1024 * 1024;
  /// Both windows may grow to this for a distant visitor whose content is forwarded as fast as it arrives.
  std::uint32_t mostWindow = 16 * 1024 * 1024;
};

class H2Guard {
 public:
  explicit H2Guard(const H2Limits& limits) noexcept
      : m_limits(limits),
        m_resets(limits.resetBurst, limits.resetRate),
        m_control(limits.controlBurst, limits.controlRate) {}

  /// Splits the input at frames: returns the number of bytes up to the end of the current frame, or all of
  /// them if it is longer. `header` is set when these bytes complete the frame's header.
  std::size_t nextPiece(ByteView data, std::optional<H2FrameHeader>& header) noexcept;
  /// Returns the code for GOAWAY if the frame exceeds a limit or is not allowed here.
  std::optional<H2Error> check(const H2FrameHeader& frame, bool streamIsOpen, Timestamp now) noexcept;
  /// A stream had to be reset because of what the visitor did.
  std::optional<H2Error> countReset(Timestamp now) noexcept;
  /// A complete field block of `decodedBytes` was refused for its size. Blocks that HPACK compressed far
  /// below their size cost us more than the visitor: the third one ends the connection. (A head that is
  /// merely too large is answered with 431, however often that happens.)
  std::optional<H2Error> countOversizedBlock(std::size_t decodedBytes) noexcept;
  /// The visitor was sent `bytes` of content in a DATA frame; it may respond with window updates and PINGs.
  void sentData(std::size_t bytes) noexcept { m_control.allowForData(bytes); }
  /// A frame of ours was sent that the visitor has to acknowledge: SETTINGS or PING.
  void sentFrameToAcknowledge() noexcept { m_control.allow(1); }
  /// A request was answered completely. A visitor may reset as many requests as it let complete: honest
  /// visitors cancel calls and seek in downloads, and each reset has then cost less than an answer.
  void answered() noexcept;
  void streamClosed(std::uint32_t stream, bool byUs) noexcept;
  /// Our last GOAWAY named this stream; frames for later ones are ignored.
  void ignoreStreamsAfter(std::uint32_t stream) noexcept { m_ignoreAfter = stream; }
  [[nodiscard]] bool insideHeaderBlock() const noexcept { return m_blockOpen; }
  [[nodiscard]] bool sawPreface() const noexcept { return m_prefaceSeen == kH2Preface; }

 private:
  std::optional<H2Error> checkHeaders(const H2FrameHeader& frame, bool streamIsOpen) noexcept;
  std::optional<H2Error> takeControl(Timestamp now) noexcept;
  std::optional<H2Error> checkReset(const H2FrameHeader& frame, bool streamIsOpen, Timestamp now) noexcept;
  struct Closed {
    std::uint32_t stream = 0;
    bool byUs = false;
  };
  [[nodiscard]] const Closed* findClosed(std::uint32_t stream) const noexcept;

  H2Limits m_limits;
  TokenBucket m_resets;
  H2ControlBudget m_control;
  std::uint32_t m_answered = 0;  ///< Complete answers minus the resets that they paid for.
  std::size_t m_prefaceSeen = 0;
  std::uint8_t m_header[kH2FrameHeader] = {};
  std::size_t m_headerSize = 0;
  std::size_t m_payloadLeft = 0;
  std::uint32_t m_blockBytes = 0, m_blockFrames = 0;
  std::uint32_t m_bombs = 0;
  bool m_blockOpen = false;
  std::uint32_t m_lastStream = 0;
  std::uint32_t m_ignoreAfter = 0x7fffffff;
  std::array<Closed, 128> m_closed{};
  std::size_t m_closedNext = 0;
};

}  // namespace adit::http
