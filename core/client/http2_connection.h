// SPDX-License-Identifier: Apache-2.0
#pragma once
// One HTTP/2 connection to an origin: a socket, the session on it, and the questions whether it still lives
// and whether it is still wanted. Owned by its Http2Origin; the client's thread. Ends by telling its owner,
// which disposes of it.

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
    /// It is closed; the streams that were open have been told.
    virtual void onGone(Http2Connection& connection) = 0;

   protected:
    ~Owner() = default;
  };
  Http2Connection(net::EventLoop& loop, std::unique_ptr<net::StreamSocket> socket,
                  std::shared_ptr<Traffic> traffic, AnswerBudget& budget, Owner& owner);
  ~Http2Connection() override;
  /// Sends the connection's preface; false when that is not possible.
  bool start();

  /// A request may be opened now. Not before the origin's SETTINGS: they say how many it takes, and that it
  /// speaks HTTP/2 at all.
  [[nodiscard]] bool hasRoom() const noexcept {
    return !m_gone && m_session->hasSettings() && m_session->freeSlots() > 0;
  }
  /// See H2ClientSession. Once its last request is over, such a connection is closed.
  [[nodiscard]] bool isWornOut() const noexcept { return m_session->isWornOut(m_loop.now()); }
  [[nodiscard]] bool acceptsRequests() const noexcept { return !m_gone && m_session->acceptsRequests(); }
  [[nodiscard]] bool hasSettings() const noexcept { return m_session->hasSettings(); }
  [[nodiscard]] bool allowsExtendedConnect() const noexcept { return m_session->allowsExtendedConnect(); }
  /// True when a request was answered on it before: the origin may be closing it just now.
  [[nodiscard]] bool isReused() const noexcept { return m_requests > 1; }
  /// It broke, or ended: what its streams are told is not about them alone.
  [[nodiscard]] bool isGone() const noexcept { return m_gone; }
  [[nodiscard]] bool wasUsed() const noexcept { return m_requests > 0; }
  bool open(http::H2ClientStream& stream, const http::H2Request& request);
  /// The slice that a view into what arrives now belongs to. Inside onContent only.
  [[nodiscard]] Slice sliceOf(ByteView view) const noexcept;
  /// Without another word to anybody: its owner goes.
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
