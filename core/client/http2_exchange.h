// SPDX-License-Identifier: Apache-2.0
#pragma once
// An exchange with an origin that speaks HTTP/2: a stream of one of the tunnel's shared connections, for
// which it waits while none has room. A request is sent once more, if its content was kept, when the origin
// provably did not begin to work on it, or when it is idempotent and its reused connection broke before a
// byte of the answer. Owned and pooled by its InboundRequest; the client's thread.

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/intrusive_list.h"
#include "core/client/origin_exchange.h"
#include "core/client/websocket_handshake.h"
#include "core/http/h2_client_stream.h"
#include "core/net/event_loop.h"

namespace adit::client {

class Http2Connection;

struct WaitingTag;
class Http2Exchange final : public OriginExchange,
                            public ListHook<WaitingTag>,
                            private http::H2ClientStream::Handler {
 public:
  Http2Exchange(net::EventLoop& loop, User& user) noexcept
      : m_loop(loop), m_user(user), m_stream(static_cast<http::H2ClientStream::Handler&>(*this)) {}
  ~Http2Exchange() override;

  void begin(Tunnel& tunnel, const OriginRequest& request) override;
  void sendContent(ByteView data) override;
  void sendTrailers(std::span<const http::Field> fields) override;
  void finish() override;
  void cancel(CancelReason reason) override;
  void pauseAnswer() override;
  void resumeAnswer() override;
  [[nodiscard]] std::size_t queuedBytes() const noexcept override;

  // For the tunnel's Http2Origin:
  [[nodiscard]] bool isWebSocket() const noexcept { return m_webSocket; }
  /// Ends the wait by opening a stream; false if the connection did not take the request after all.
  bool place(Http2Connection& connection);
  void fail(const OriginFailure& failure);
  void fail(http::Problem problem, std::string_view detail, const Error* error = nullptr) {
    fail(OriginFailure{problem, detail, error});
  }

 private:
  enum class Phase : std::uint8_t {
    Ended,
    Waiting,  ///< For a connection with room.
    Head,     ///< Sent, no final head yet.
    Body,
    Upgraded,
  };

  void onInterim(http::ResponseHead& head) override;
  void onHead(http::ResponseHead& head, http::Framing framing) override;
  void onContent(ByteView data) override;
  void onTrailers(std::span<const http::Field> fields) override;
  void onEnd() override;
  void onClosed() override;
  void onReset(http::H2Error code, bool unprocessed) override;
  void onContentSent() override;

  void keepHead(const OriginRequest& request);
  void keep(const Slice& data);
  void forgetContent();
  void upgrade(http::ResponseHead& head);
  bool mayRetry(bool unprocessed) const;

  net::EventLoop& m_loop;
  User& m_user;
  Tunnel* m_tunnel = nullptr;
  Http2Connection* m_connection = nullptr;  ///< Valid while the stream is open.
  Phase m_phase = Phase::Ended;
  http::H2ClientStream m_stream;

  // The request, kept for the wait and for a second try.
  std::string m_text;
  http::H2Request m_request;  ///< Views into m_text and m_fields.
  std::vector<http::Field> m_fields;
  http::H2Trailers m_trailers;
  WebSocketOffer m_offer;
  SliceQueue m_content;  ///< All content so far, unless it has become too large to be kept.
  bool m_contentKept = true;
  bool m_finished = false;
  bool m_webSocket = false;
  bool m_retried = false;
  bool m_originSpoke = false;
  bool m_wasReused = false;
  bool m_trailersPass = false;
};

}  // namespace adit::client
