// SPDX-License-Identifier: Apache-2.0
#include "core/net/stream_socket.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/net/native_socket.h"

namespace adit::net {

namespace {

/// The least room in the loop's shared slab that is offered to a read, so that small requests share slabs.
constexpr std::size_t kSmallRead = 4 * 1024;
/// Slabs offered to the next read of a socket that filled the last one, and at most: fewer and larger reads
/// spare system calls and window updates.
constexpr std::size_t kBulkSlabs = 4;
constexpr std::size_t kMostBulkSlabs = 16;
/// What one socket may read in a wake-up before others get their turn.
constexpr std::size_t kReadBudget = 256 * 1024;
/// What is still read from a connection whose sending side has broken (the early answer of an origin that
/// hung up).
constexpr std::size_t kMaxReadAfterSendError = 1024 * 1024;

class Socket final : public StreamSocket, public Flushable, public PollWatcher::Handler {
 public:
  Socket(EventLoop& loop, std::uintptr_t nativeSocket, StreamSocket::Handler& handler)
      : m_loop(loop), m_socket(nativeSocket), m_handler(&handler) {
    setNoDelay(m_socket);
    m_watcher.emplace(loop, nativeSocket, *this);
    if (m_watcher->error() != 0) {
      m_sendError = systemError(m_watcher->error(), "cannot watch a connection");
      m_loop.scheduleFlush(FlushPhase::Tcp, *this);
    }
    updateInterest();
  }
  ~Socket() override { close(); }

  void setHandler(StreamSocket::Handler& handler) override { m_handler = &handler; }

  void send(Slice data) override {
    if (!isOpen() || m_shutdownWanted || m_sendError) return;
    m_queue.gather(std::move(data));
    scheduleWrite();
  }

  void sendCopy(ByteView data) override {
    if (!isOpen() || m_shutdownWanted || m_sendError) return;
    m_queue.copy(data, m_loop.writer());
    scheduleWrite();
  }

  void shutdownSend() override {
    if (!isOpen() || m_shutdownWanted) return;
    m_shutdownWanted = true;
    scheduleWrite();
  }

  void close() override {
    if (isOpen()) m_peer = peerAddress();
    m_watcher.reset();
    m_socket.reset();
    static_cast<ListHook<FlushTag>&>(*this).unlink();
    m_queue.clear();
    m_unread.clear();
  }

  void abort() override {
    if (isOpen()) setAbortOnClose(m_socket);
    close();
  }

  void pauseReading(PauseReason reason) override { m_pauseReasons |= static_cast<std::uint8_t>(reason); }

  void resumeReading(PauseReason reason) override {
    if (!isPaused()) return;
    m_pauseReasons &= static_cast<std::uint8_t>(~static_cast<unsigned>(reason));
    if (isPaused() || !isOpen()) return;
    m_parked = m_hangupSeen = false;
    if (!m_unread.empty() || m_sendError) m_loop.scheduleFlush(FlushPhase::Tcp, *this);
    updateInterest();
  }

  void deferErrorsWhilePaused() override { m_defersErrors = true; }

  void flushNow() override {
    if (!isOpen() || m_blocked) return;
    writeQueue();
    if (m_sent > 0 || m_sendError) m_loop.scheduleFlush(FlushPhase::Tcp, *this);
  }

  [[nodiscard]] std::size_t queuedBytes() const noexcept override { return m_queue.bytes(); }
  [[nodiscard]] bool isOpen() const noexcept override { return m_socket.isOpen(); }
  [[nodiscard]] std::optional<std::size_t> undeliveredBytes() const noexcept override {
    if (!isOpen()) return std::nullopt;
    return net::undeliveredBytes(m_socket);
  }

  [[nodiscard]] SocketAddress peerAddress() const override {
    if (m_peer.family() == AddressFamily::None && isOpen()) m_peer = peerAddressOf(m_socket);
    return m_peer;
  }
  [[nodiscard]] SocketAddress localAddress() const override {
    return isOpen() ? localAddressOf(m_socket) : SocketAddress();
  }

  std::unique_ptr<DetachedSocket> detach() override {
    if (!isOpen() || !m_queue.empty()) return nullptr;
    m_watcher.reset();
    const std::uintptr_t handle = m_socket.release();
    close();
    return DetachedSocket::wrap(handle);
  }

  SliceQueue takeUnread() override { return std::exchange(m_unread, {}); }

  void flush() override {
    deliverUnread();
    if (isOpen() && !m_blocked) writeQueue();
    finishWriting();
  }

  void onReady(Readiness readiness) override {
    if (contains(readiness, Readiness::Readable)) {
      if (mayRead()) {
        readSome(kReadBudget);
      } else if (isPaused() && !m_finReceived) {
        // Drop the interest only now, because most pauses end before anything more arrives.
        m_parked = true;
      }
    }
    // The loop stops watching a failed descriptor after this, so find out the reason even while reading is
    // paused.
    if (isOpen() && contains(readiness, Readiness::Hangup) && !mayRead()) noticeHangup();
    if (isOpen() && m_blocked && contains(readiness, Readiness::Writable)) {
      m_loop.noteWork();
      writeQueue();
    }
    finishWriting();
    updateInterest();
  }

 private:
  [[nodiscard]] bool isPaused() const noexcept { return m_pauseReasons != 0; }
  [[nodiscard]] bool mayRead() const noexcept {
    return isOpen() && !isPaused() && !m_finReceived && m_unread.empty();
  }

  void scheduleWrite() noexcept {
    if (!m_blocked) m_loop.scheduleFlush(FlushPhase::Tcp, *this);
  }

  void updateInterest() {
    if (!isOpen()) return;
    Readiness interest = m_blocked ? Readiness::Writable : Readiness::None;
    if (!m_finReceived) {
      if (!m_parked) {
        interest = interest | Readiness::Readable;
      } else if (!m_hangupSeen) {
        interest = interest | Readiness::Hangup;
      }
    }
    m_watcher->watch(interest);
  }

  void noticeHangup() {
    if (m_sendError) {
      m_hangupSeen = true;  // the error is known already
    } else if (const int error = pendingError(m_socket); error != 0) {
      m_hangupSeen = true;
      m_sendError = systemError(error, "the connection broke");
      m_queue.clear();
      m_blocked = false;
      if (!m_defersErrors) fail(Error(*m_sendError));
    } else {
      m_hangupSeen = true;  // an ordinary end, which is read when reading resumes
    }
  }

  void fail(const Error& error) {
    if (m_sendError) setAbortOnClose(m_socket);  // bytes are missing, so the peer must not see a proper end
    close();
    m_handler->onSocketError(error);
  }

  void deliverUnread() {
    while (isOpen() && !isPaused() && !m_unread.empty()) {
      Slice piece = m_unread.at(0);
      m_unread.consume(piece.size());
      m_handler->onData(std::move(piece));
    }
  }

  void readSome(std::size_t budget) {
    bool more = true;
    while (more && budget > 0 && mayRead()) {
      m_bulkSlabs = std::min(m_bulkSlabs, std::max(m_loop.mostPerRead() / kSlabSize, std::size_t{1}));
      const bool bulk = m_bulkSlabs > 0;
      const IoCount read = bulk ? readBulk() : readSmall(more);
      if (read.error != 0) {
        if (!wouldBlock(read.error) && !m_sendError) fail(systemError(read.error, "the connection broke"));
        break;
      }
      if (read.count == 0) {
        m_finReceived = true;
        if (!m_sendError) m_handler->onEndOfStream();
        break;
      }
      if (bulk) {
        more = read.count == m_bulkSlabs * kSlabSize;
        if (more) {
          m_bulkSlabs = std::min(2 * m_bulkSlabs, kMostBulkSlabs);
        } else if (read.count <= kSlabSize) {
          m_bulkSlabs = 0;
        } else if (read.count <= m_bulkSlabs * kSlabSize / 2) {
          m_bulkSlabs = std::max(m_bulkSlabs / 2, kBulkSlabs);
        }
        deliverUnread();
      } else if (more) {
        m_bulkSlabs = kBulkSlabs;
      }
      budget -= std::min(budget, read.count);
    }
  }

  /// One read into the shared slab. Sets `filled` if the socket may have more.
  IoCount readSmall(bool& filled) {
    SlabWriter& writer = m_loop.writer();
    const std::span<std::uint8_t> room = writer.reserve(kSmallRead);
    const IoCount read = receiveBytes(m_socket, room);
    filled = read.count == room.size();
    if (read.count > 0) {
      m_loop.noteWork(read.count);
      m_handler->onData(writer.commit(read.count));
    }
    return read;
  }

  /// One read into fresh slabs, queued as unread.
  IoCount readBulk() {
    SlabPool& pool = m_loop.slabs();
    std::array<Slab*, kMostBulkSlabs> slabs;
    std::array<std::span<std::uint8_t>, kMostBulkSlabs> rooms;
    for (std::size_t i = 0; i < m_bulkSlabs; ++i) {
      slabs[i] = pool.acquire();
      rooms[i] = slabs[i]->bytes;
    }
    const IoCount read = receiveScattered(m_socket, std::span(rooms).first(m_bulkSlabs));
    if (read.count > 0) m_loop.noteWork(read.count);
    std::size_t left = read.count;
    for (Slab* slab : std::span(slabs).first(m_bulkSlabs)) {
      const std::size_t count = std::min(left, kSlabSize);
      if (count > 0) m_unread.push(Slice(slab, slab->bytes, count));
      left -= count;
      SlabPool::release(slab);
    }
    return read;
  }

  /// Writes as much as the kernel takes. finishWriting reports it.
  void writeQueue() {
    m_blocked = false;
    while (!m_queue.empty() && !m_blocked) {
      std::array<ByteView, kMaxPieces> pieces;
      const std::size_t count = std::min(m_queue.count(), pieces.size());
      std::size_t offered = 0;
      for (std::size_t i = 0; i < count; ++i) {
        pieces[i] = m_queue.at(i).bytes();
        offered += pieces[i].size();
      }
      const IoCount written = sendGathered(m_socket, {pieces.data(), count});
      if (written.error != 0 && !wouldBlock(written.error)) {
        m_sendError = systemError(written.error, "the connection broke");
        m_queue.clear();
        return;
      }
      m_queue.consume(written.count);
      m_sent += written.count;
      m_blocked = written.count < offered;
    }
    if (m_queue.empty() && m_shutdownWanted && !m_shutdownDone) {
      m_shutdownDone = true;
      shutdownSending(m_socket);
    }
    updateInterest();
  }

  /// Reports what writeQueue did; the last step of whatever called it.
  void finishWriting() {
    if (isOpen() && m_sent > 0) m_handler->onSent(std::exchange(m_sent, 0));
    if (!isOpen() || !m_sendError) return;
    // If the peer answered early and hung up, its answer is in our receive buffer.
    readSome(kMaxReadAfterSendError);
    if (isOpen() && !(isPaused() && m_defersErrors)) fail(Error(*m_sendError));
  }

  EventLoop& m_loop;
  NativeSocket m_socket;
  std::optional<PollWatcher> m_watcher;  // destroyed before m_socket
  StreamSocket::Handler* m_handler;
  SliceQueue m_queue;
  SliceQueue m_unread;
  mutable SocketAddress m_peer;
  std::optional<Error> m_sendError;
  std::size_t m_sent = 0;       // not reported yet
  std::size_t m_bulkSlabs = 0;  // offered to the next read; 0: a part of the shared slab
  std::uint8_t m_pauseReasons = 0;
  bool m_blocked = false;
  bool m_defersErrors = false;
  bool m_parked = false;      // paused while something waits to be read: only a hang-up is watched for
  bool m_hangupSeen = false;  // parked, and the hang-up was seen: nothing is watched for
  bool m_finReceived = false;
  bool m_shutdownWanted = false;
  bool m_shutdownDone = false;
};

class DetachedPlain final : public DetachedSocket {
 public:
  explicit DetachedPlain(std::uintptr_t nativeSocket) noexcept : m_socket(nativeSocket) {}
  std::unique_ptr<StreamSocket> attach(EventLoop& loop, StreamSocket::Handler& handler) override {
    return StreamSocket::adopt(loop, m_socket.release(), handler);
  }

 private:
  NativeSocket m_socket;
};

}  // namespace

std::unique_ptr<DetachedSocket> DetachedSocket::wrap(std::uintptr_t nativeSocket) {
  return std::make_unique<DetachedPlain>(nativeSocket);
}

std::unique_ptr<StreamSocket> StreamSocket::adopt(EventLoop& loop, std::uintptr_t nativeSocket,
                                                  Handler& handler) {
  return std::make_unique<Socket>(loop, nativeSocket, handler);
}

}  // namespace adit::net
