// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "core/net/native_socket.h"
#include "core/net/stream_socket.h"

namespace adit::net {

namespace {

/// RFC 8305, section 5: how long an attempt runs before the next one is started in parallel.
constexpr Duration kAttemptDelay = std::chrono::milliseconds(250);

/// Ranks failures by how much they tell the user: a time-out over a refusal ("localhost" has two addresses,
/// of which often only one is listened on), an answer over a missing route, and that over limits of the
/// system.
int weight(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::ConnectionRefused:
      return 4;
    case ErrorCode::ConnectionReset:
    case ErrorCode::NotFound:
    case ErrorCode::PermissionDenied:
    case ErrorCode::Overloaded:
      return 3;
    case ErrorCode::TimedOut:
      return 5;
    case ErrorCode::Unreachable:
      return 1;
    default:
      return 0;
  }
}

class Connector;

class Attempt final : public PollWatcher::Handler {
 public:
  Attempt(Connector& owner, EventLoop& loop, NativeSocket socket, const SocketAddress& address)
      : m_owner(owner), m_socket(std::move(socket)), m_address(address) {
    m_watcher.emplace(loop, m_socket.get(), *this);
    m_watcher->watch(Readiness::Writable);
  }
  void onReady(Readiness readiness) override;
  [[nodiscard]] const SocketAddress& address() const noexcept { return m_address; }
  [[nodiscard]] int watchError() const noexcept { return m_watcher->error(); }
  NativeSocket take() {
    m_watcher.reset();
    return std::move(m_socket);
  }

 private:
  Connector& m_owner;
  NativeSocket m_socket;
  SocketAddress m_address;
  std::optional<PollWatcher> m_watcher;  // destroyed before m_socket
};

class Connector final : public StreamConnector {
 public:
  Connector(EventLoop& loop, std::span<const SocketAddress> addresses, Duration timeout,
            StreamConnector::Handler& handler)
      : m_loop(loop),
        m_handler(handler),
        m_addresses(addresses.begin(), addresses.end()),
        m_next(loop, [this] { startNext(); }),
        m_limit(loop, [this] { giveUp(); }),
        m_result(loop, [this] { report(); }) {
    m_limit.start(timeout);
    startNext();
  }

  /// An attempt succeeded (0) or failed (errno). Destroys the attempt.
  void finish(Attempt& attempt, int error) {
    const auto found =
        std::find_if(m_attempts.begin(), m_attempts.end(), [&](auto& a) { return a.get() == &attempt; });
    const std::unique_ptr<Attempt> ended = std::move(*found);
    m_attempts.erase(found);
    if (error == 0) {
      succeed(ended->take());
      report();
      return;
    }
    noteFailure(error, ended->address());
    startNext();
    if (isSettled()) report();
  }

 private:
  [[nodiscard]] bool isSettled() const noexcept { return m_winner.isOpen() || m_failed; }

  /// Starts attempts until one is under way or nothing is left to try; never reports by itself.
  void startNext() {
    m_next.stop();
    while (m_tried < m_addresses.size() && !isSettled()) {
      const SocketAddress& address = m_addresses[m_tried++];
      Result<NativeSocket> socket = openSocket(address.family(), SocketType::Stream);
      if (!socket) {
        noteFailure(static_cast<int>(socket.error().libraryCode), address);
        continue;
      }
      const int error = connectSocket(*socket, address);
      if (error == 0) {
        succeed(std::move(*socket));
        m_result.start(Duration::zero());
        return;
      }
      if (error != EINPROGRESS) {
        noteFailure(error, address);
        continue;
      }
      auto attempt = std::make_unique<Attempt>(*this, m_loop, std::move(*socket), address);
      if (attempt->watchError() != 0) {
        noteFailure(attempt->watchError(), address);
        continue;
      }
      m_attempts.push_back(std::move(attempt));
      if (m_tried < m_addresses.size()) m_next.start(kAttemptDelay);
      return;
    }
    if (m_attempts.empty() && !isSettled()) {
      m_failed = true;
      m_limit.stop();
      if (!m_error) m_error = Error{ErrorCode::InvalidArgument, "there is no address to connect to", 0};
      m_result.start(Duration::zero());
    }
  }

  void succeed(NativeSocket socket) {
    m_winner = std::move(socket);
    m_attempts.clear();
    m_next.stop();
    m_limit.stop();
  }

  void noteFailure(int error, const SocketAddress& address) {
    Error failure = socketError(error, "cannot connect to", address);
    // A Unix socket reports this when the listener's backlog is full.
    if (wouldBlock(error)) failure.code = ErrorCode::Overloaded;
    if (!m_error || weight(failure.code) > weight(m_error->code)) m_error = std::move(failure);
  }

  void giveUp() {
    const SocketAddress silent = m_attempts.empty() ? m_addresses.front() : m_attempts.front()->address();
    m_attempts.clear();
    m_next.stop();
    m_failed = true;
    Error failure{ErrorCode::TimedOut,
                  fmt::format("cannot connect to {}: no answer in time", silent.toString()), ETIMEDOUT};
    if (!m_error || weight(failure.code) > weight(m_error->code)) m_error = std::move(failure);
    report();
  }

  /// Must be called last: the handler may destroy this object.
  void report() {
    m_limit.stop();
    m_result.stop();
    if (m_winner.isOpen()) {
      m_handler.onConnected(m_winner.release());
    } else {
      const Error error = *m_error;
      m_handler.onConnectFailed(error);
    }
  }

  EventLoop& m_loop;
  StreamConnector::Handler& m_handler;
  std::vector<SocketAddress> m_addresses;
  std::size_t m_tried = 0;
  std::vector<std::unique_ptr<Attempt>> m_attempts;
  NativeSocket m_winner;
  std::optional<Error> m_error;
  bool m_failed = false;
  Timer m_next;
  Timer m_limit;
  Timer m_result;
};

void Attempt::onReady(Readiness) {
  int error = pendingError(m_socket);
  // Without a listener, a connection to a local port can connect to itself if the system picks that very port
  // as its source.
  if (error == 0 && m_address.isLoopback() && m_address.port() != 0 &&
      localAddressOf(m_socket) == m_address) {
    error = ECONNREFUSED;
  }
  // Destroys this attempt, and perhaps its owner.
  m_owner.finish(*this, error);
}

}  // namespace

std::unique_ptr<StreamConnector> StreamConnector::start(EventLoop& loop,
                                                        std::span<const SocketAddress> addresses,
                                                        Duration timeout, Handler& handler) {
  return std::make_unique<Connector>(loop, addresses, timeout, handler);
}

}  // namespace adit::net
