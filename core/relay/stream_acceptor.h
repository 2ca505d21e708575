// SPDX-License-Identifier: Apache-2.0
#pragma once
// Streams that the other end of a link opens, sorted by what they are for: the first byte of a stream head is
// its kind (PROTOCOL.md section 3), and each kind has a handler that was registered for it. So HTTP requests,
// TCP connections and kinds to come plug in on either end without knowing of each other. Owned by the client,
// or by the server's end of a client's link. One thread.

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "core/transport/link.h"
#include "core/transport/stream.h"
#include "core/wire/stream_head.h"

namespace adit::relay {

class StreamKindHandler {
 public:
  /// A stream of the kind, with the bytes that came so far, its head first (at least the head's first byte);
  /// they are valid during the call. The handler must set the stream's handler inside the call, and returns
  /// the credit for `received`.
  virtual void onStream(transport::Link& link, transport::Stream& stream, ByteView received, bool fin) = 0;

 protected:
  ~StreamKindHandler() = default;
};

/// Which handler has which kind. It must outlive the acceptors that use it.
class StreamKinds {
 public:
  /// Kinds are below kMost; a later handler for a kind replaces an earlier one.
  static constexpr std::size_t kMost = 64;  // one byte as a varint
  void add(wire::StreamKind kind, StreamKindHandler& handler) noexcept {
    m_handlers[static_cast<std::size_t>(kind)] = &handler;
  }
  /// Null: this end does not accept the kind.
  [[nodiscard]] StreamKindHandler* find(std::uint8_t kind) const noexcept {
    return kind < kMost ? m_handlers[kind] : nullptr;
  }

 private:
  std::array<StreamKindHandler*, kMost> m_handlers{};
};

class StreamAcceptor {
 public:
  explicit StreamAcceptor(const StreamKinds& kinds) noexcept;
  StreamAcceptor(const StreamAcceptor&) = delete;
  StreamAcceptor& operator=(const StreamAcceptor&) = delete;
  ~StreamAcceptor();

  /// Takes a stream that the peer opened, until its first byte is here: from onStreamOpened. A kind nobody
  /// handles is reset in both directions with code Protocol, a stream that ends without a byte with
  /// Malformed.
  void accept(transport::Link& link, transport::Stream& stream);

 private:
  class Pending;
  void recycle(Pending& pending);

  const StreamKinds& m_kinds;
  std::vector<std::unique_ptr<Pending>> m_all;
  std::vector<Pending*> m_free;
};

}  // namespace adit::relay
