// SPDX-License-Identifier: Apache-2.0
#pragma once
// What one worker tells another about their shared streams in one turn: commands in order and the slabs their
// bytes were copied into. The slabs travel with the batch and end in the receiver's pool, so that bytes are
// copied once although slabs are not thread-safe. An Outbox fills batches on the sender's thread, an Inbox
// takes them from any thread; a Batch belongs to one of them at a time.

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/slab.h"

namespace adit::server {

enum class StreamCommand : std::uint8_t {
  // From the end that asked for the stream (near) to the one whose connection carries it (far):
  Visitor,  ///< Of the Open that follows. value: VisitorKey::bits, extra: sum of kVisitor…
  Open,     ///< value: session, extra: tunnel
  Data,     ///< value: bytes at `data`
  Finish,   ///< FIN behind what was sent
  Reset,    ///< value: code
  Stop,     ///< value: code
  Widen,    ///< value: bytes
  Consume,  ///< value: bytes
  // From far to near:
  Received,     ///< value: bytes at `data`
  ReceivedEnd,  ///< The peer's FIN
  PeerReset,    ///< value: code
  PeerStopped,  ///< value: code
  Taken,        ///< value: bytes the stream took over
  Closed,       ///< The last word about a stream
  // Either way, about the sender itself:
  Gone,  ///< The worker stops: all streams between the two are over
};

/// Bits of a Visitor command's `extra`.
inline constexpr std::uint64_t kVisitorHasShare = 1, kVisitorIsIpv6 = 2, kVisitorOwesContent = 4;

struct BatchItem {
  StreamCommand command = StreamCommand::Gone;
  std::uint32_t stream = 0;  ///< The near end's number for it.
  std::uint64_t value = 0;
  std::uint64_t extra = 0;
  const std::uint8_t* data = nullptr;  ///< Into `slab`, one of the batch's.
  Slab* slab = nullptr;
};

struct Batch {
  Batch() = default;
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  ~Batch() { freeSlabs(); }
  void freeSlabs() noexcept;

  unsigned from = 0;  ///< The sender's worker.
  std::vector<BatchItem> items;
  std::vector<Slab*> slabs;  ///< Detached.
  Batch* next = nullptr;
};

/// Batches that other threads hand in, oldest first. Multiple producers, one consumer, no lock.
class Inbox {
 public:
  Inbox() = default;
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;
  ~Inbox();
  /// True when it was empty: the consumer must be woken. Any thread.
  bool push(std::unique_ptr<Batch> batch) noexcept;
  /// All of them, linked by `next`. The consumer's thread.
  [[nodiscard]] Batch* takeAll() noexcept;

 private:
  std::atomic<Batch*> m_newest{nullptr};
};

/// Fills the batch for one other worker. One thread.
class Outbox {
 public:
  explicit Outbox(SlabPool& pool) noexcept : m_pool(pool) {}
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;
  ~Outbox();
  [[nodiscard]] bool empty() const noexcept { return m_batch == nullptr || m_batch->items.empty(); }
  /// The same counting command for the same stream again is added to the last one.
  void add(StreamCommand command, std::uint32_t stream, std::uint64_t value = 0, std::uint64_t extra = 0);
  /// Copies the bytes. `command`: Data or Received.
  void addBytes(StreamCommand command, std::uint32_t stream, ByteView bytes);
  /// Up to `count` empty slabs go along, back to where they came from. Returns how many.
  std::size_t addSpareSlabs(std::size_t count);
  /// How many slabs the batch carries.
  [[nodiscard]] std::size_t slabs() const noexcept { return m_batch == nullptr ? 0 : m_batch->slabs.size(); }
  [[nodiscard]] std::unique_ptr<Batch> take();
  /// An emptied batch, for its capacity.
  void reuse(std::unique_ptr<Batch> batch);

 private:
  Batch& batch();

  SlabPool& m_pool;
  std::unique_ptr<Batch> m_batch;
  std::vector<std::unique_ptr<Batch>> m_spare;
};

}  // namespace adit::server
