// SPDX-License-Identifier: Apache-2.0
#include "core/tls/tls_socket.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "core/net/turn_line.h"
#include "core/tls/tls_engine.h"

namespace adit::tls {

namespace {

/// How much is encrypted ahead of what the kernel takes: enough to fill a gathered write. The rest waits as
/// plaintext slices.
constexpr std::size_t kCipherAhead = 8 * kMaxRecord;
/// The least room in the loop's shared slab that is offered to a read, so that small requests share slabs.
constexpr std::size_t kSmallRead = 4 * 1024;
/// A piece of this size gets a record of its own; smaller ones are joined first.
constexpr std::size_t kOwnRecord = 8 * 1024;

/// What a TLS connection has besides its socket, and takes along to another loop.
struct State {
  std::unique_ptr<TlsEngine> engine;
  bool secured = false;
  bool ended = false;     ///< The peer's close_notify was received.
  bool finished = false;  ///< Ours was sent.
};

class Socket final : public TlsSocket,
                     public net::Flushable,
                     public net::TurnLine::Waiter,
                     private net::StreamSocket::Handler,
                     private TlsEngine::Output {
 public:
  Socket(net::EventLoop& loop, State state, net::StreamSocket::Handler& handler)
      : m_loop(loop), m_state(std::move(state)), m_handler(&handler) {
    if (m_state.engine != nullptr) m_state.engine->setOutput(this);
  }
  ~Socket() override { m_wire.reset(); }

  /// The second step of construction: callbacks of the wire need a complete object.
  void wire(std::uintptr_t nativeSocket) { m_wire = StreamSocket::adopt(m_loop, nativeSocket, *this); }
  void wire(net::DetachedSocket& detached, std::string_view received) {
    m_endIsUntold = m_state.ended;  // the former handler was told; this one was not
    m_wire = detached.attach(m_loop, *this);
    for (; !received.empty(); received.remove_prefix(std::min(received.size(), kSlabSize)))
      m_state.engine->receive(m_loop.writer().copy(asBytes(received.substr(0, kSlabSize))));
    schedule();
  }
  /// Before the handshake: the handler that is told about its end.
  void startHandshake(TlsSocket::Handler& handler, std::optional<Error> startError, net::TurnLine* line) {
    m_tlsHandler = &handler;
    m_line = line;
    m_awaitsPeerSince = m_loop.now();
    m_startError = std::move(startError);
    schedule();
  }

  void setHandler(net::StreamSocket::Handler& handler) override { m_handler = &handler; }

  void send(Slice data) override {
    if (!takesMore() || data.empty()) return;
    m_plain.gather(std::move(data));
    schedule();
  }

  void sendCopy(ByteView data) override {
    if (!takesMore()) return;
    m_plain.copy(data, m_loop.writer());
    schedule();
  }

  void shutdownSend() override {
    if (!takesMore()) return;
    m_shutdownWanted = true;
    schedule();
  }

  void close() override {
    if (!isOpen()) return;
    // Send close_notify only if nothing is queued: otherwise the peer must see that data is missing.
    if (m_state.secured && !m_state.finished && queuedBytes() == 0) {
      m_state.finished = true;
      m_state.engine->finish();
      m_wire->flushNow();
    }
    forget();
    m_wire->close();
  }

  void abort() override {
    forget();
    m_wire->abort();
  }

  void pauseReading(net::PauseReason reason) override {
    m_pauseReasons |= static_cast<std::uint8_t>(reason);
    m_wire->pauseReading(net::PauseReason::PeerSlow);
  }

  void resumeReading(net::PauseReason reason) override {
    if (!isPaused()) return;
    m_pauseReasons &= static_cast<std::uint8_t>(~static_cast<unsigned>(reason));
    if (isPaused() || !isOpen()) return;
    if (m_state.engine->hasUnread() || m_endIsUntold) {
      schedule();  // what was received already comes first
    } else {
      m_wire->resumeReading(net::PauseReason::PeerSlow);
    }
  }

  void deferErrorsWhilePaused() override { m_wire->deferErrorsWhilePaused(); }

  void flushNow() override {
    if (isOpen()) encrypt();
  }

  [[nodiscard]] std::size_t queuedBytes() const noexcept override {
    return m_plain.bytes() + m_wire->queuedBytes();
  }
  [[nodiscard]] bool isOpen() const noexcept override { return m_wire->isOpen(); }
  [[nodiscard]] std::optional<std::size_t> undeliveredBytes() const noexcept override {
    return m_wire->undeliveredBytes();
  }
  [[nodiscard]] net::SocketAddress peerAddress() const override { return m_wire->peerAddress(); }
  [[nodiscard]] net::SocketAddress localAddress() const override { return m_wire->localAddress(); }

  [[nodiscard]] bool speaksFor(std::string_view host) const override {
    return m_state.engine == nullptr || m_state.engine->speaksFor(host);
  }
  std::unique_ptr<net::DetachedSocket> detach() override;

  [[nodiscard]] std::optional<Timestamp> awaitsPeerSince() const override {
    if (m_state.secured || static_cast<const ListHook<net::TurnTag>&>(*this).isLinked()) return std::nullopt;
    return m_awaitsPeerSince;
  }
  [[nodiscard]] std::string_view alpn() const override {
    return m_state.engine == nullptr ? std::string_view() : m_state.engine->alpn();
  }
  [[nodiscard]] std::string_view serverName() const override {
    return m_state.engine == nullptr ? std::string_view() : std::string_view(m_state.engine->serverName());
  }

  void flush() override {
    if (!isOpen()) return;
    if (m_startError) {
      breakOff(*std::exchange(m_startError, std::nullopt));
      return;
    }
    if (!m_state.secured ? m_line == nullptr : m_state.engine->hasUnread()) advance();
    if (isOpen()) encrypt();
    if (isOpen() && !isPaused() && std::exchange(m_endIsUntold, false)) m_handler->onEndOfStream();
  }

  void onTurn() override {
    if (!isOpen()) return;
    advance();
    if (isOpen()) encrypt();
  }

 private:
  [[nodiscard]] bool isPaused() const noexcept { return m_pauseReasons != 0; }
  [[nodiscard]] bool takesMore() const noexcept { return isOpen() && !m_shutdownWanted && !m_broken; }
  void schedule() noexcept { m_loop.scheduleFlush(net::FlushPhase::Tcp, *this); }
  void forget() noexcept {
    static_cast<ListHook<net::FlushTag>&>(*this).unlink();
    leaveLine();
    m_plain.clear();
  }

  // The wire
  void onData(Slice data) override {
    if (m_state.ended || m_broken || m_startError)
      return;  // nothing counts after close_notify (RFC 8446 section 6.1)
    m_state.engine->receive(std::move(data));
    if (!m_state.secured && m_line != nullptr) {
      // Until its turn, further bytes stay in the system's buffer, so that a long line does not use our
      // memory.
      m_wire->pauseReading(net::PauseReason::PeerSlow);
      m_line->wait(*this);
    } else {
      advance();
    }
  }

  void onEndOfStream() override {
    if (m_state.ended) return;
    if (m_state.secured && m_state.engine->isServer()) {
      m_state.ended = true;
      m_handler->onEndOfStream();
      return;
    }
    breakOff({ErrorCode::ConnectionReset, m_state.secured
                                              ? "the connection was cut short: TLS was not ended on it"
                                              : "the peer hung up during the TLS handshake"});
  }

  void onSent(std::size_t count) override {
    if (!m_state.secured) return;
    if (!m_plain.empty()) encrypt();
    m_handler->onSent(count);
  }

  void onSocketError(const Error& error) override {
    forget();
    m_handler->onSocketError(error);
  }

  void onCiphertext(ByteView bytes) override { m_wire->sendCopy(bytes); }

  /// Continues as far as the received bytes allow.
  void advance() {
    if (!m_state.secured) {
      const auto done = m_state.engine->handshake();
      if (!done) {
        breakOff(done.error());
        return;
      }
      if (!*done) {
        m_awaitsPeerSince = m_loop.now();
        if (!isPaused()) m_wire->resumeReading(net::PauseReason::PeerSlow);
        return;
      }
      m_state.secured = true;
      m_line = nullptr;
      if (!m_plain.empty() || m_shutdownWanted) schedule();
      std::exchange(m_tlsHandler, nullptr)->onSecured();
    }
    deliver();
    if (isOpen() && !isPaused() && !m_state.engine->hasUnread())
      m_wire->resumeReading(net::PauseReason::PeerSlow);
  }

  void deliver() {
    while (isOpen() && !isPaused() && !m_state.ended) {
      SlabWriter& writer = m_loop.writer();
      const auto read = m_state.engine->read(writer.reserve(kSmallRead));
      if (!read) {
        breakOff(read.error());
        return;
      }
      switch (read->progress) {
        case TlsEngine::Progress::NeedMore:
          return;
        case TlsEngine::Progress::End:
          m_state.ended = true;
          m_handler->onEndOfStream();
          return;
        case TlsEngine::Progress::Data:
          m_handler->onData(writer.commit(read->count));
          break;
      }
    }
  }

  /// Encrypts waiting slices while the wire has little queued, and writes.
  void encrypt() {
    if (!m_state.secured || m_broken) {
      m_wire->flushNow();
      return;
    }
    while (!m_plain.empty() && m_wire->queuedBytes() < kCipherAhead) {
      if (auto written = writeRecord(); !written) {
        m_broken = std::move(written.error());
        m_startError = m_broken;
        m_plain.clear();
        schedule();
        return;
      }
      if (m_wire->queuedBytes() >= kCipherAhead) m_wire->flushNow();
    }
    if (m_plain.empty() && m_shutdownWanted && !m_shutdownDone) {
      m_shutdownDone = true;
      if (!std::exchange(m_state.finished, true)) m_state.engine->finish();
      m_wire->shutdownSend();
    }
    m_wire->flushNow();
  }

  Result<> writeRecord() {
    const Slice& first = m_plain.at(0);
    if (first.size() >= kOwnRecord || m_plain.count() == 1) {
      const std::size_t count = std::min(first.size(), kMaxRecord);
      auto written = m_state.engine->write(first.bytes().first(count));
      m_plain.consume(count);
      return written;
    }
    // Join a head, a chunk's framing and a short body into one record.
    std::array<std::uint8_t, kMaxRecord> joined;
    std::size_t size = 0;
    for (std::size_t i = 0; i < m_plain.count(); ++i) {
      const Slice& piece = m_plain.at(i);
      if (size + piece.size() > joined.size()) break;
      std::memcpy(joined.data() + size, piece.data(), piece.size());
      size += piece.size();
    }
    auto written = m_state.engine->write({joined.data(), size});
    m_plain.consume(size);
    return written;
  }

  void breakOff(const Error& error) {
    m_wire->flushNow();  // the alert
    forget();
    m_wire->close();
    m_handler->onSocketError(error);
  }

  net::EventLoop& m_loop;
  State m_state;
  net::StreamSocket::Handler* m_handler;
  TlsSocket::Handler* m_tlsHandler = nullptr;
  net::TurnLine* m_line = nullptr;            ///< In which steps of the handshake wait; null once secured.
  Timestamp m_awaitsPeerSince{};              ///< During the handshake.
  std::unique_ptr<net::StreamSocket> m_wire;  ///< Not null after construction; may be closed.
  SliceQueue m_plain;
  std::optional<Error> m_startError;  ///< To be reported by the next flush.
  std::optional<Error> m_broken;      ///< Why nothing is encrypted any more.
  std::uint8_t m_pauseReasons = 0;
  bool m_shutdownWanted = false;
  bool m_shutdownDone = false;
  bool m_endIsUntold = false;  ///< close_notify was received before the connection moved here.
};

class DetachedTls final : public net::DetachedSocket {
 public:
  DetachedTls(std::unique_ptr<net::DetachedSocket> wire, State state, std::string received)
      : m_wire(std::move(wire)), m_state(std::move(state)), m_received(std::move(received)) {}
  std::unique_ptr<net::StreamSocket> attach(net::EventLoop& loop,
                                            net::StreamSocket::Handler& handler) override {
    auto socket = std::make_unique<Socket>(loop, std::move(m_state), handler);
    socket->wire(*m_wire, std::exchange(m_received, {}));
    return socket;
  }

 private:
  std::unique_ptr<net::DetachedSocket> m_wire;
  State m_state;
  std::string m_received;
};

std::unique_ptr<net::DetachedSocket> Socket::detach() {
  if (!m_wire->isOpen() || !m_state.secured || queuedBytes() > 0) return nullptr;
  const SliceQueue unread = m_wire->takeUnread();
  for (std::size_t i = 0; i < unread.count(); ++i) m_state.engine->receive(unread.at(i));
  m_state.engine->setOutput(nullptr);
  std::string received = m_state.engine->takeInput();
  auto wire = m_wire->detach();
  forget();
  return std::make_unique<DetachedTls>(std::move(wire), std::move(m_state), std::move(received));
}

std::unique_ptr<TlsSocket> begin(net::EventLoop& loop, std::uintptr_t nativeSocket,
                                 Result<std::unique_ptr<TlsEngine>> engine, TlsSocket::Handler& handler,
                                 net::TurnLine* line) {
  std::optional<Error> error;
  State state;
  if (engine) {
    state.engine = std::move(*engine);
  } else {
    error = std::move(engine.error());
  }
  auto socket = std::make_unique<Socket>(loop, std::move(state), handler);
  socket->wire(nativeSocket);
  socket->startHandshake(handler, std::move(error), line);
  return socket;
}

}  // namespace

std::unique_ptr<TlsSocket> TlsSocket::accept(net::EventLoop& loop, std::uintptr_t nativeSocket,
                                             std::shared_ptr<const CertificateStore> store,
                                             std::span<const std::string> alpn, Handler& handler,
                                             net::TurnLine* line) {
  return begin(loop, nativeSocket, TlsEngine::server(std::move(store), alpn), handler, line);
}

std::unique_ptr<TlsSocket> TlsSocket::connect(net::EventLoop& loop, std::uintptr_t nativeSocket,
                                              std::shared_ptr<const TrustStore> trust,
                                              std::string_view serverName, std::span<const std::string> alpn,
                                              Handler& handler) {
  return begin(loop, nativeSocket, TlsEngine::client(std::move(trust), serverName, alpn), handler, nullptr);
}

}  // namespace adit::tls
