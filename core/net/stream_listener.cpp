// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <spdlog/fmt/fmt.h>

#include "core/base/log.h"
#include "core/net/native_socket.h"
#include "core/net/stream_socket.h"

namespace adit::net {

namespace {

/// Connections accepted in one wake-up before other work gets its turn.
constexpr int kAcceptsPerWake = 64;
constexpr Duration kPauseWithoutDescriptors = std::chrono::milliseconds(100);

class Listener final : public StreamListener, public PollWatcher::Handler {
 public:
  Listener(EventLoop& loop, NativeSocket socket, SocketAddress address, StreamListener::Handler& handler)
      : m_loop(loop),
        m_socket(std::move(socket)),
        m_address(std::move(address)),
        m_handler(handler),
        m_watcher(loop, m_socket.get(), *this),
        m_recovery(loop, [this] { recover(); }) {
    m_watcher.watch(Readiness::Readable);
  }
  ~Listener() override {
    if (m_alive != nullptr) *m_alive = false;
    if (m_address.family() == AddressFamily::Unix) std::remove(m_address.host().c_str());
  }

  [[nodiscard]] int watchError() const noexcept { return m_watcher.error(); }
  [[nodiscard]] SocketAddress localAddress() const override { return m_address; }

  void pause() override {
    m_paused = true;
    m_watcher.watch(Readiness::None);
  }
  void resume() override {
    m_paused = false;
    if (!m_recovery.isActive()) m_watcher.watch(Readiness::Readable);
  }

  void onReady(Readiness) override {
    bool alive = true;
    m_alive = &alive;
    for (int i = 0; i < kAcceptsPerWake && !m_paused; ++i) {
      NativeSocket accepted;
      SocketAddress peer;
      const int error = acceptSocket(m_socket, accepted, peer);
      if (error == 0) {
        m_loop.noteWork();
        m_starving = false;
        m_handler.onAccepted(accepted.release(), peer);
        if (!alive) return;
        continue;
      }
      if (wouldBlock(error)) break;
      if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
        waitForDescriptors(error);
        break;
      }
      // All other errors concern one connection only (its peer gave up, or its network is gone).
    }
    m_alive = nullptr;
  }

 private:
  void waitForDescriptors(int error) {
    if (!m_starving) {
      logWarning("net", "{}; visitors wait in the backlog",
                 socketError(error, "cannot accept connections on", m_address).describe());
    }
    m_starving = true;
    m_watcher.watch(Readiness::None);
    m_recovery.start(kPauseWithoutDescriptors);
  }

  void recover() {
    if (!m_paused) m_watcher.watch(Readiness::Readable);
  }

  EventLoop& m_loop;
  NativeSocket m_socket;
  SocketAddress m_address;
  StreamListener::Handler& m_handler;
  PollWatcher m_watcher;
  Timer m_recovery;
  bool* m_alive = nullptr;  // set during onReady: the handler may destroy the listener
  bool m_paused = false;
  bool m_starving = false;  // a shortage was logged, and no connection was accepted since
};

/// Whether a socket file was left behind by a process that crashed: nothing answers there.
bool isStaleUnixSocket(const SocketAddress& address) {
  std::error_code ignored;
  if (!std::filesystem::is_socket(address.host(), ignored)) return false;
  const Result<NativeSocket> probe = openSocket(AddressFamily::Unix, SocketType::Stream);
  return probe && connectSocket(*probe, address) == ECONNREFUSED;
}

}  // namespace

Result<std::unique_ptr<StreamListener>> StreamListener::open(EventLoop& loop, const Params& params,
                                                             Handler& handler) {
  const SocketAddress& address = params.bind;
  Result<NativeSocket> socket = openSocket(address.family(), SocketType::Stream);
  if (!socket) return fail(socket.error());
  if (address.family() != AddressFamily::Unix) setReuseAddress(*socket);
  if (address.family() == AddressFamily::Ipv6 && address.isUnspecified()) setDualStack(*socket);
  const auto refuse = [&](int error) { return fail(socketError(error, "cannot listen on", address)); };
  if (params.reusePort) {
    if (const int error = setReusePort(*socket); error != 0) return refuse(error);
  }
  int error = bindSocket(*socket, address);
  if (error == EADDRINUSE && address.family() == AddressFamily::Unix && isStaleUnixSocket(address)) {
    std::remove(address.host().c_str());
    error = bindSocket(*socket, address);
  }
  if (error == 0) error = listenSocket(*socket, params.backlog);
  if (error != 0) return refuse(error);
  SocketAddress bound = localAddressOf(*socket);
  auto listener = std::make_unique<Listener>(loop, std::move(*socket), std::move(bound), handler);
  if (listener->watchError() != 0) return refuse(listener->watchError());
  return listener;
}

}  // namespace adit::net
