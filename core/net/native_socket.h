// SPDX-License-Identifier: Apache-2.0
#pragma once
// System sockets behind one set of names: an owning handle, and the calls that the stream sockets and the
// portable datagram socket are built on. Errors are errno values on every system. Owned by its holder; the
// loop's thread.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "core/base/error.h"
#include "core/base/slab.h"
#include "core/net/address.h"

namespace adit::net {

inline constexpr std::uintptr_t kNoSocket = ~std::uintptr_t{0};

/// Owns a system socket and closes it.
class NativeSocket {
 public:
  NativeSocket() = default;
  explicit NativeSocket(std::uintptr_t handle) noexcept : m_handle(handle) {}
  NativeSocket(NativeSocket&& other) noexcept : m_handle(other.release()) {}
  NativeSocket& operator=(NativeSocket&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~NativeSocket() { reset(); }

  [[nodiscard]] std::uintptr_t get() const noexcept { return m_handle; }
  [[nodiscard]] bool isOpen() const noexcept { return m_handle != kNoSocket; }
  [[nodiscard]] std::uintptr_t release() noexcept { return std::exchange(m_handle, kNoSocket); }
  void reset(std::uintptr_t handle = kNoSocket) noexcept;

 private:
  std::uintptr_t m_handle = kNoSocket;
};

enum class SocketType : std::uint8_t { Stream, Datagram };

/// The result of a transfer: the bytes moved, or an errno value (then `count` is 0).
struct IoCount {
  std::size_t count = 0;
  int error = 0;
};
[[nodiscard]] bool wouldBlock(int error) noexcept;

/// Non-blocking, close-on-exec, without SIGPIPE.
Result<NativeSocket> openSocket(AddressFamily family, SocketType type);
/// 0 or errno.
int bindSocket(const NativeSocket& socket, const SocketAddress& address) noexcept;
int listenSocket(const NativeSocket& socket, int backlog) noexcept;
/// 0: connected already; EINPROGRESS: wait for writability, then pendingError.
int connectSocket(const NativeSocket& socket, const SocketAddress& address) noexcept;
/// Accepted sockets are non-blocking and close-on-exec. 0 or errno.
int acceptSocket(const NativeSocket& listener, NativeSocket& accepted, SocketAddress& peer) noexcept;

/// How many pieces one gathered or scattered call takes at most.
inline constexpr std::size_t kMaxPieces = 64;
IoCount receiveBytes(const NativeSocket& socket, std::span<std::uint8_t> room) noexcept;
IoCount receiveScattered(const NativeSocket& socket, std::span<const std::span<std::uint8_t>> rooms) noexcept;
IoCount sendGathered(const NativeSocket& socket, std::span<const ByteView> pieces) noexcept;
IoCount receiveFrom(const NativeSocket& socket, std::span<std::uint8_t> room, SocketAddress& peer) noexcept;
IoCount sendTo(const NativeSocket& socket, ByteView bytes, const SocketAddress& peer) noexcept;

/// Takes the socket's pending error (SO_ERROR): 0 or errno.
int pendingError(const NativeSocket& socket) noexcept;
void shutdownSending(const NativeSocket& socket) noexcept;
/// Makes closing send RST.
void setAbortOnClose(const NativeSocket& socket) noexcept;
void setNoDelay(const NativeSocket& socket) noexcept;
/// Lets a restarted server take its port back from connections in TIME_WAIT. Nothing on Windows, where it
/// would let strangers share the port.
void setReuseAddress(const NativeSocket& socket) noexcept;
/// 0 or errno; EOPNOTSUPP where ports cannot be shared between sockets that balance.
int setReusePort(const NativeSocket& socket) noexcept;
/// An IPv6 socket also serves IPv4.
void setDualStack(const NativeSocket& socket) noexcept;
/// Datagrams are never fragmented, neither here nor on the way.
void setDontFragment(const NativeSocket& socket, AddressFamily family) noexcept;
/// Asks for buffers of that size both ways; returns the smaller one that was granted.
std::size_t setBufferSizes(const NativeSocket& socket, std::size_t bytes) noexcept;
/// The size of the receive buffer, as setBufferSizes counts; 0 where the system does not say.
std::size_t receiveBufferOf(const NativeSocket& socket) noexcept;
/// Bytes of a stream that were sent and not acknowledged by the peer's system; nullopt where our system does
/// not tell.
std::optional<std::size_t> undeliveredBytes(const NativeSocket& socket) noexcept;
SocketAddress localAddressOf(const NativeSocket& socket) noexcept;
SocketAddress peerAddressOf(const NativeSocket& socket) noexcept;

/// Makes an error that says what was done with which address.
Error socketError(int error, std::string_view what, const SocketAddress& address);

/// Raises the number of descriptors that this process may have open as far as the system allows, and returns
/// it; the largest value of the type where there is no limit. Any thread.
std::size_t raiseDescriptorLimit() noexcept;

}  // namespace adit::net
