// SPDX-License-Identifier: Apache-2.0
#pragma once
// Collects packets of one size, path and ECN mark in one buffer and passes them to the sink as one batch.
// What a blocked sink refuses is kept and sent first later. Owned by an Endpoint; one thread.

#include <cstdint>
#include <memory>

#include "core/net/datagram.h"
#include "core/quic/ngtcp2_compat.h"

namespace adit::quic {

struct EndpointCounters;

class BatchSender {
 public:
  /// Whether batches name the local address: a server on a wildcard address must send from the address to
  /// which the client had sent.
  enum class LocalAddress : std::uint8_t { Chosen, Explicit };
  BatchSender(net::DatagramSink& sink, EndpointCounters& counters, LocalAddress local);

  void setSink(net::DatagramSink& sink) noexcept;
  /// Sends what a blocked sink had refused. False while it is still blocked.
  bool resume();
  [[nodiscard]] bool isBlocked() const noexcept { return m_blocked; }
  /// Where to write the next packet of at most `size` bytes (<= 65527). Null while blocked.
  std::uint8_t* room(std::size_t size);
  /// The packet of `size` bytes at room() is complete.
  void add(std::size_t size, const ngtcp2_path& path, std::uint8_t ecn);
  /// Sends the batch.
  void flush();

 private:
  struct Batch {
    std::size_t begin = 0, end = 0, segment = 0, count = 0;
    std::uint8_t ecn = 0;
    net::SocketAddress peer, local;
    [[nodiscard]] bool empty() const noexcept { return begin == end; }
  };
  [[nodiscard]] bool fits(std::size_t size, const ngtcp2_path& path, std::uint8_t ecn) const noexcept;
  void start(Batch& batch, std::size_t begin, std::size_t size, const ngtcp2_path& path, std::uint8_t ecn);
  bool send(Batch& batch);

  net::DatagramSink* m_sink;
  EndpointCounters& m_counters;
  LocalAddress m_localAddress;
  std::unique_ptr<std::uint8_t[]> m_buffer;
  std::size_t m_maxSegments = 1;
  Batch m_batch;     // being built, or the tail that the sink refused
  Batch m_follower;  // a packet that did not fit into a batch which the sink then refused
  bool m_blocked = false;
};

}  // namespace adit::quic
