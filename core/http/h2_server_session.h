// SPDX-License-Identifier: Apache-2.0
#pragma once
// The server's end of an HTTP/2 connection (RFC 9113), sans-I/O: a visitor's bytes go in, requests come out
// as streams; answers go in, bytes come out when there is room for them. nghttp2 does framing, compression
// and flow control; H2Guard limits what a visitor may do, and H2FieldBlock validates its requests. Owned by
// the visitor's connection; Handler and H2ServerStream are called inside receive() and produce() only. One
// thread.

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/block_pool.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/slab.h"
#include "core/http/h2_fields.h"
#include "core/http/h2_guard.h"
#include "core/http/h2_window.h"

namespace adit::http {

class H2ServerSession;

/// One request and its answer as the session sees them; an object of the handler's. The session forgets it in
/// onStreamClosed, which always comes unless the session is destroyed first.
class H2ServerStream {
 public:
  virtual ~H2ServerStream() = default;
  /// The request for which this object was chosen; views are valid during the call. If `request.complete`,
  /// onRequestEnd follows at once.
  virtual void onRequestHead(H2ServerRequest& request) = 0;
  /// Content, valid during the call. Return its flow-control credit by H2ServerSession::consume.
  virtual void onRequestBody(ByteView data) = 0;
  /// Views valid during the call; onRequestEnd follows.
  virtual void onRequestTrailers(std::span<const Field> fields) = 0;
  virtual void onRequestEnd() = 0;
  /// `count` bytes of the answer's content were sent; unsentBytes() are left.
  virtual void onResponseSent(std::size_t count) = 0;
  /// The stream is over: complete (NoError), or reset by either side with `error`.
  virtual void onStreamClosed(H2Error error) = 0;

  [[nodiscard]] std::int32_t streamId() const noexcept { return m_id; }
  [[nodiscard]] std::size_t unsentBytes() const noexcept { return m_queue.bytes(); }
  /// True if the session reset the stream because the request violated RFC 9113 after its head.
  [[nodiscard]] bool wasMalformed() const noexcept { return m_malformed; }

 private:
  friend class H2ServerSession;
  void open(std::int32_t id, const Framing& framing) noexcept;

  std::int32_t m_id = 0;
  SliceQueue m_queue;
  std::string m_trailerText;
  std::vector<std::uint32_t> m_trailerSizes;  ///< Name, value, name, value …
  H2Window m_window;
  std::uint64_t m_bodyLeft = 0;  ///< Of a content length.
  bool m_hasLength = false;
  bool m_responseStarted = false;
  bool m_responseEnded = false;
  bool m_deferred = false;           ///< nghttp2 waits for content.
  std::optional<H2Error> m_failure;  ///< RST_STREAM behind the queue.
  bool m_reset = false;              ///< Reset: the only callback left is onStreamClosed.
  bool m_malformed = false;
  bool m_blameless = false;  ///< The visitor did not provoke the reset, whatever its code.
};

class H2ServerSession {
 public:
  class Handler {
   public:
    /// Returns the object for a new request (also for one that is refused, which is answered with a page).
    /// Null stops the session, which cannot be used again (the connection moves). Otherwise the object's
    /// onRequestHead is called next, with the changes that were made to the head here.
    virtual H2ServerStream* onRequest(H2ServerRequest& request) = 0;
    /// A request was malformed. No object is asked for: the session resets its stream, or the connection.
    virtual void onMalformedRequest() = 0;

   protected:
    ~Handler() = default;
  };
  /// Where bytes go.
  class Output {
   public:
    virtual void write(ByteView bytes) = 0;  ///< Copies.
    virtual void write(Slice slice) = 0;
    /// False: no more is to be written now.
    [[nodiscard]] virtual bool hasRoom() const = 0;

   protected:
    ~Output() = default;
  };

  /// `memory`: where nghttp2 allocates memory for streams and heads; null: on the heap. `growth`: the budget
  /// by which windows grow; null: they keep their size.
  H2ServerSession(const H2Limits& limits, const HeadLimits& head, Handler& handler,
                  BlockPool* memory = nullptr, H2WindowBudget* growth = nullptr);
  ~H2ServerSession();
  H2ServerSession(const H2ServerSession&) = delete;
  H2ServerSession& operator=(const H2ServerSession&) = delete;

  /// Processes bytes until about `most` effort() is spent, and returns how many; the caller passes the rest
  /// again later. After a connection error the next produce() writes GOAWAY.
  std::size_t receive(ByteView data, Timestamp now,
                      std::size_t most = std::numeric_limits<std::size_t>::max());
  /// What the last receive() cost, in units of the cheapest frame; a request costs several.
  [[nodiscard]] std::size_t effort() const noexcept { return m_effort; }
  /// Writes what is due while there is room.
  void produce(Output& output, Timestamp now);
  [[nodiscard]] bool wantsToWrite() const noexcept;
  /// The session has ended: close the connection when its bytes have been sent.
  [[nodiscard]] bool isOver() const noexcept;

  /// A 1xx status other than 101. Field names are written in lower case; connection fields are left out.
  void sendInterim(H2ServerStream& stream, const ResponseHead& head);
  /// The final head; `ends`: no content and no trailers follow. With framing Length the length is announced.
  void sendHead(H2ServerStream& stream, const ResponseHead& head, const Framing& framing, bool ends);
  void sendBody(H2ServerStream& stream, Slice data);
  /// Kept until finish().
  void setTrailers(H2ServerStream& stream, std::span<const Field> fields);
  /// The answer is complete. If the request is not, its rest is refused by RST_STREAM(NO_ERROR).
  void finish(H2ServerStream& stream);
  void reset(H2ServerStream& stream, H2Error error);
  /// The answer failed through no fault of the visitor's: resets the stream behind the content that was
  /// given, so that the visitor gets all of it; at once if no head was sent.
  void breakOff(H2ServerStream& stream, H2Error error);
  /// Returns credit for `count` bytes of content of a stream, which may be over.
  void consume(std::int32_t stream, std::size_t count);
  /// True if content waits for the visitor to open a window.
  [[nodiscard]] bool isBlocked(const H2ServerStream& stream) const noexcept;

  /// Begins a graceful shutdown (RFC 9113 section 6.8): sends a notice, and, when the visitor has
  /// acknowledged it, GOAWAY with the last stream.
  void startDrain();
  /// Sends that GOAWAY without waiting for the visitor.
  void finishDrain();
  /// Sends GOAWAY(error) now; streams are not answered any more.
  void terminate(H2Error error);
  [[nodiscard]] bool isDraining() const noexcept { return m_draining; }

  [[nodiscard]] bool insideHeaderBlock() const noexcept { return m_guard.insideHeaderBlock(); }
  [[nodiscard]] bool settingsAcknowledged() const noexcept { return m_settingsAcknowledged; }
  [[nodiscard]] std::uint32_t requests() const noexcept { return m_requests; }
  /// The code of the connection error, if there was one.
  [[nodiscard]] std::optional<H2Error> error() const noexcept { return m_error; }
  /// Why the last malformed request was malformed, or null; for logs and tests.
  [[nodiscard]] const char* lastReason() const noexcept { return m_lastReason; }

 private:
  struct Callbacks;
  struct Native;
  friend struct Callbacks;

  H2ServerStream* find(std::int32_t stream) const noexcept;
  [[nodiscard]] bool isOpen(std::uint32_t stream) const noexcept;
  void takeRequest(std::int32_t stream, bool endStream);
  void takeTrailers(std::int32_t stream, bool endStream);
  void takeEnd(H2ServerStream& stream);
  void malformed(std::int32_t stream, const char* reason);
  void fatal(H2Error error);
  void countReset();
  void widen(H2ServerStream& stream);
  void reference(std::string_view name, std::string_view value);
  void addHeadFields(const ResponseHead& head, bool keepLength);

  H2Limits m_limits;
  Handler& m_handler;
  H2Guard m_guard;
  H2FieldBlock m_block;
  H2ServerRequest m_request;
  std::vector<Field> m_trailers;
  std::unique_ptr<Native> m_native;
  Output* m_output = nullptr;
  std::string m_headText;
  Timestamp m_now{};
  H2WindowBudget* m_growth;
  H2Window m_window;
  Timestamp m_settingsSent{};
  Duration m_roundTrip{};  ///< Zero until the visitor acknowledged our SETTINGS.
  std::optional<H2Error> m_error;
  std::optional<H2Error> m_fatal;  ///< The library has failed: we write GOAWAY ourselves.
  const char* m_lastReason = nullptr;
  std::size_t m_effort = 0;
  std::uint32_t m_requests = 0;
  std::uint32_t m_resetsCounted = 0;  ///< RST_STREAM frames that were counted and not written yet.
  bool m_settingsAcknowledged = false;
  bool m_draining = false;
  bool m_drainSent = false;
  bool m_stopped = false;
  bool m_fatalWritten = false;
};

}  // namespace adit::http
