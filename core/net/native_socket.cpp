// SPDX-License-Identifier: Apache-2.0
#include "core/net/native_socket.h"

#include <cerrno>

#include <spdlog/fmt/fmt.h>

#include "core/net/stream_socket.h"

namespace adit::net {

void NativeSocket::reset(std::uintptr_t handle) noexcept {
  if (m_handle != kNoSocket) closeNativeSocket(m_handle);
  m_handle = handle;
}

bool wouldBlock(int error) noexcept {
  // The two names are one number on most systems.
  return error == EAGAIN || error == EWOULDBLOCK;  // NOLINT(misc-redundant-expression)
}

Error socketError(int error, std::string_view what, const SocketAddress& address) {
  return systemError(error, fmt::format("{} {}", what, address.toString()));
}

}  // namespace adit::net
