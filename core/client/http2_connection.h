// SPDX-License-Identifier: Apache-2.0
#pragma once
// One HTTP/2 connection to an origin: a socket and the session on it, with liveness checks and an idle
// timeout. Owned by its Http2Origin, which it tells when it ends and which disposes of it; the client's
// thread.

#include <memory>

#include "core/base/block_pool.h"
#include "core/client/answer_budget.h"
#include "core/client/traffic.h"
#include "core/http/h2_client_session.h"
#include "core/net/stream_socket.h"

namespace adit::client {

class Http2Connection final : public net::Disposable,
                              public net::Flushable,
                              private net::StreamSocket::Handler,
                              private http::H2ClientSession::Handler,
                              private http::H2ClientSession::Sink {
 public:
  class Owner {
   public:
    /// There may be room for requests that wait.
    virtual void onRoom() = 0;
    /// The connection is closed; its open streams have been informed.
    virtual void onGone(Http2Connection& connection) = 0;

   protected:
    ~Owner() = default;
  };
  Http2Connection(net::EventLoop& loop, std::unique_ptr<net::StreamSocket> socket,
                  std::shared_ptr<Traffic> traffic, AnswerBudget& budget, Owner& owner);
  ~Http2Connection() override;
  /// Sends the connection's preface; false when that is not possible.
  bool start();

  /// A request may be opened now. Never before the origin's SETTINGS, which say how many requests it accepts
  /// and prove that it speaks HTTP/2.
  [[nodiscard]] bool hasRoom() const noexcept {
    return !m_gone && m_session->hasSettings() && m_session->freeSlots() > 0;
  }
  /// See H2ClientSession. Once its last request is over, such a connection is closed.
  [[nodiscard]] bool isWornOut() const noexcept { return m_session->isWornOut(m_loop.now()); }
  [[nodiscard]] bool acceptsRequests() const noexcept { return !m_gone && m_session->acceptsRequests(); }
  [[nodiscard]] bool hasSettings() const noexcept { return m_session->hasSettings(); }
  [[nodiscard]] bool allowsExtendedConnect() const noexcept { return m_session->allowsExtendedConnect(); }
  /// True if it has carried a request before: the origin may be closing it at this moment.
  [[nodiscard]] bool isReused() const noexcept { return m_requests > 1; }
  /// The connection has ended: what its streams are told concerns all of them.
  [[nodiscard]] bool isGone() const noexcept { return m_gone; }
  [[nodiscard]] bool wasUsed() const noexcept { return m_requests > 0; }
  bool open(http::H2ClientStream& stream, const http::H2Request& request);
  /// The slice for a view of received content. To be called inside onContent only.
  [[nodiscard]] Slice sliceOf(ByteView view) const noexcept;
  /// Closes the connection without further callbacks, because its owner is being destroyed.
  void abandon();

 private:
  void onData(Slice data) override;
  void onEndOfStream() override;
  void onSent(std::size_t count) override;
  void onSocketError(const Error& error) override;
  void onOutputReady() override;
  void onSlotsChanged() override;
  [[nodiscard]] bool isFull() const override;
  void write(ByteView bytes) override;
  void write(Slice bytes) override;
  void flush() override;

  void onTimer();
  void ping(Timestamp now);
  void arm();
  void fitWindows();
  void end(http::H2Error code);

  net::EventLoop& m_loop;
  Owner& m_owner;
  std::shared_ptr<Traffic> m_traffic;
  AnswerBudget& m_budget;
  std::unique_ptr<net::StreamSocket> m_socket;
  BlockPool m_memory;  // outlives the session
  std::unique_ptr<http::H2ClientSession> m_session;
  net::Timer m_timer;
  Timestamp m_timerDue = kNever;
  Slice m_arriving;
  Timestamp m_lastReceived;
  Timestamp m_idleSince;
  Timestamp m_pingSent = kNever;  ///< Until anything arrives.
  Timestamp m_lastPing{};
  std::uint64_t m_requests = 0;
  bool m_slotsChanged = false;
  bool m_gone = false;
  bool m_abandoned = false;
};

}  // namespace adit::client
