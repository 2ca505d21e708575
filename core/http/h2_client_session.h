// SPDX-License-Identifier: Apache-2.0
#pragma once
// The client's side of one HTTP/2 connection (RFC 9113), without I/O: bytes in, bytes out, requests as
// H2ClientStream. A thin layer over nghttp2 that adds limits, back-pressure for each stream, and budgets for
// frames that cost work and carry no content. Owned by whoever has the connection; one thread. Must not be
// destroyed inside its callbacks.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/intrusive_list.h"
#include "core/base/slab.h"
#include "core/http/h2_client_stream.h"
#include "core/http/h2_control_budget.h"
#include "core/http/interim_budget.h"

struct nghttp2_session;

namespace adit {
class BlockPool;
}

namespace adit::http {

struct H2ClientLimits {
  std::size_t headBytes = 48 * 1024;  ///< Of an answer's head or trailers, decoded; more resets the stream.
  std::size_t fields = 256;
  InterimLimits interim = {};
  std::uint32_t streams = 1000;                      ///< At a time, even if the peer allows more.
  std::int32_t streamWindow = 256 * 1024;            ///< Bytes that a peer may send ahead of resume().
  std::int32_t connectionWindow = 16 * 1024 * 1024;  ///< Of all streams; renewed at once.
  /// PING, SETTINGS, PRIORITY, unknown types and empty DATA beyond the allowance of an H2ControlBudget.
  double controlBurst = 1000, controlRate = 100;
  /// Streams that we reset before isWornOut(), and by how many a second that number recovers. Peers count
  /// resets and end the connection, with all requests on it, after too many: Netty after 200 in 30 seconds,
  /// nghttp2 after 1,000 and 33 a second.
  double resetBurst = 80, resetRate = 3;
};

class H2ClientSession {
 public:
  class Handler {
   public:
    /// There is something to send. May come inside any call.
    virtual void onOutputReady() = 0;
    /// freeSlots(), hasSettings() or acceptsRequests() may have changed.
    virtual void onSlotsChanged() = 0;

   protected:
    ~Handler() = default;
  };
  /// Where bytes go.
  class Sink {
   public:
    [[nodiscard]] virtual bool isFull() const = 0;
    virtual void write(ByteView bytes) = 0;
    virtual void write(Slice bytes) = 0;

   protected:
    ~Sink() = default;
  };

  /// `memory`: where nghttp2 allocates memory for streams and heads; null: on the heap.
  static Result<std::unique_ptr<H2ClientSession>> create(Handler& handler, const H2ClientLimits& limits = {},
                                                         BlockPool* memory = nullptr);
  /// Open streams get no more callbacks.
  ~H2ClientSession();
  H2ClientSession(const H2ClientSession&) = delete;
  H2ClientSession& operator=(const H2ClientSession&) = delete;

  /// Processes bytes from the peer. After ProtocolViolation or LimitExceeded the connection cannot be used
  /// any more: call send (for GOAWAY) and fail, and close it.
  Result<> receive(ByteView bytes, Timestamp now);
  /// Writes until nothing is left or the sink is full.
  Result<> send(Sink& sink);
  /// True when nothing more is to be read or written: close the connection.
  [[nodiscard]] bool isOver() const noexcept;

  /// Opens a stream for the request, whose fields are copied. Error Closed: the connection takes no more
  /// requests.
  Result<> open(H2ClientStream& stream, const H2Request& request);
  /// False after GOAWAY, and when the stream numbers are used up.
  [[nodiscard]] bool acceptsRequests() const noexcept;
  /// How many more streams may be opened now.
  [[nodiscard]] std::size_t freeSlots() const noexcept;
  [[nodiscard]] std::size_t openStreams() const noexcept { return m_open; }
  [[nodiscard]] bool hasSettings() const noexcept { return m_hasSettings; }
  /// So many streams were reset that the peer may soon end the connection: better use another one. It stays
  /// so until half of resetBurst has recovered.
  [[nodiscard]] bool isWornOut(Timestamp now) noexcept {
    m_wornOut = m_resets.level(now) < (m_wornOut ? m_limits.resetBurst / 2 : 1);
    return m_wornOut;
  }
  /// The peer sent GOAWAY.
  [[nodiscard]] bool peerLeaves() const noexcept { return m_peerLeaves; }
  /// RFC 8441 section 3.
  [[nodiscard]] bool allowsExtendedConnect() const noexcept;

  /// Changes how much the peer may send ahead of resume(), on open streams, too (RFC 9113 section 6.9.2).
  /// Does nothing while the peer has not acknowledged the last such change: call it again later.
  void setStreamWindow(std::int32_t size);
  void ping();
  /// True if the peer has sent HEADERS or DATA since the last ping(). gRPC servers close a connection that is
  /// pinged repeatedly while they send nothing.
  [[nodiscard]] bool heardAnswerSincePing() const noexcept { return m_heardAnswer; }
  /// Sends GOAWAY; open streams go on.
  void leave();
  /// The connection broke: every open stream is reset with `code`.
  void fail(H2Error code);

 private:
  friend class H2ClientStream;
  struct Callbacks;
  struct Scratch;
  H2ClientSession(Handler& handler, const H2ClientLimits& limits);
  Result<> start(BlockPool* memory);

  // Of the library's callbacks; they return its error codes.
  void beginSection(H2ClientStream& stream);
  int addField(H2ClientStream& stream, std::string_view name, std::string_view value);
  void endSection(H2ClientStream& stream, bool endStream);
  void takeHead(H2ClientStream& stream, bool endStream);
  void takeContent(std::int32_t id, ByteView data);
  void takeEnd(H2ClientStream& stream);
  void streamClosed(std::int32_t id, std::uint32_t code);
  bool payForControlFrame() noexcept;
  void sendContent(H2ClientStream& stream, ByteView header, std::size_t count);
  void refuse(H2ClientStream& stream);
  [[nodiscard]] H2ClientStream* find(std::int32_t id) const noexcept;
  void detach(H2ClientStream& stream);

  Handler& m_handler;
  H2ClientLimits m_limits;
  nghttp2_session* m_session = nullptr;
  std::unique_ptr<Scratch> m_scratch;
  IntrusiveList<H2ClientStream> m_streams;
  std::size_t m_open = 0;  ///< As the library counts: until both sides, or a reset, have closed a stream.
  H2ControlBudget m_control;
  TokenBucket m_resets;  ///< That we may still send.
  Timestamp m_now{};
  Sink* m_sink = nullptr;             ///< During send().
  const char* m_violation = nullptr;  ///< A violation by the peer that the library does not detect.
  bool m_hasSettings = false;
  bool m_awaitsAck = true;  ///< Of our SETTINGS.
  bool m_peerLeaves = false;
  bool m_heardAnswer = true;  ///< Since the last ping(); the first one is always welcome.
  bool m_flooded = false;
  bool m_wornOut = false;  ///< As of the last time that somebody asked.
};

}  // namespace adit::http
