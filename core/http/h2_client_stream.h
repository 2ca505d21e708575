// SPDX-License-Identifier: Apache-2.0
#pragma once
// One request of an H2ClientSession (RFC 9113 section 8): content and trailers out, heads, content and
// trailers in. Owned and reused by whoever makes requests; between requests it belongs to no session. One
// thread.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/intrusive_list.h"
#include "core/base/slab.h"
#include "core/http/h2_error.h"
#include "core/http/interim_budget.h"
#include "core/http/message.h"

namespace adit::http {

class H2ClientSession;

struct H2Request {
  std::string_view method = {}, scheme = {}, authority = {}, path = {};
  std::string_view protocol = {};      ///< Of an extended CONNECT (RFC 8441); empty otherwise.
  std::span<const Field> fields = {};  ///< In any case of letters; without hop-by-hop fields.
  bool hasContent = false;             ///< False: the head ends the request.
};

/// Names and values.
using H2Trailers = std::vector<std::pair<std::string, std::string>>;

class H2ClientStream final : public ListHook<> {
 public:
  /// Messages have been validated (RFC 9113 sections 8.1 to 8.3). The handler may cancel and open streams in
  /// every call except onContentSent; it must not destroy the session.
  class Handler {
   public:
    /// A 1xx head. Views, for the call.
    virtual void onInterim(ResponseHead& head) = 0;
    /// The final head: None where it ends the answer, Length, or Chunked (length unknown).
    virtual void onHead(ResponseHead& head, Framing framing) = 0;
    /// A view into what H2ClientSession::receive was given.
    virtual void onContent(ByteView data) = 0;
    virtual void onTrailers(std::span<const Field> fields) = 0;
    /// The answer is complete. Call cancel, or continue sending the request until onClosed.
    virtual void onEnd() = 0;
    /// After onEnd: the request has been sent completely, too. The stream may be reused already.
    virtual void onClosed() = 0;
    /// The stream is over: reset by the peer, ended for a malformed answer, or with the connection.
    /// `unprocessed`: the peer has not begun to work on the request (RFC 9113 section 8.7). The stream may be
    /// reused already.
    virtual void onReset(H2Error code, bool unprocessed) = 0;
    /// queuedBytes() became smaller.
    virtual void onContentSent() = 0;

   protected:
    ~Handler() = default;
  };

  explicit H2ClientStream(Handler& handler) noexcept : m_handler(handler) {}
  ~H2ClientStream();
  H2ClientStream(const H2ClientStream&) = delete;
  H2ClientStream& operator=(const H2ClientStream&) = delete;

  [[nodiscard]] bool isOpen() const noexcept { return m_session != nullptr; }
  void sendContent(Slice data);
  /// Sent behind the content by finish().
  void setTrailers(H2Trailers trailers) { m_trailers = std::move(trailers); }
  void finish();
  /// Frees the stream without a callback; resets it unless both messages are complete.
  void cancel(H2Error code);
  /// Back-pressure: while paused the peer's credit is not renewed.
  void pause() noexcept { m_paused = true; }
  void resume();
  [[nodiscard]] std::size_t queuedBytes() const noexcept { return m_queue.bytes(); }
  /// For use in onReset: whether the code came from the peer's RST_STREAM for this stream.
  [[nodiscard]] bool wasResetByPeer() const noexcept { return m_peerReset; }

 private:
  friend class H2ClientSession;
  struct Entry {
    std::uint32_t name, nameSize, value, valueSize;
  };
  void reset();
  void wake();
  void fillFields();

  Handler& m_handler;
  H2ClientSession* m_session = nullptr;
  std::int32_t m_id = -1;

  // Request
  SliceQueue m_queue;
  H2Trailers m_trailers;
  bool m_finished = false;  ///< finish() was called.
  bool m_sentAll = false;   ///< END_STREAM is sent, or will be with what is queued in the session.
  bool m_deferred = false;  ///< The session waits for content.

  // Answer
  std::string m_text;  ///< Names and values of the field section that is being read.
  std::vector<Entry> m_entries;
  ResponseHead m_head;
  std::size_t m_unconsumed = 0;
  std::uint64_t m_contentLength = 0;
  std::uint64_t m_remaining = 0;  ///< Of an answer with a length.
  InterimBudget m_interim;
  std::uint16_t m_status = 0;
  bool m_hasLength = false;  ///< The field section has a Content-Length.
  bool m_isCounted = false;  ///< The answer has as much content as that says.
  bool m_isHead = false;
  bool m_gotInterim = false;
  bool m_gotFinal = false;
  bool m_gotAll = false;
  bool m_paused = false;
  bool m_peerReset = false;
};

}  // namespace adit::http
