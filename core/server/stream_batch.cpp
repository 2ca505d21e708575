// SPDX-License-Identifier: Apache-2.0
#include "core/server/stream_batch.h"

#include <algorithm>
#include <cstring>

namespace adit::server {

namespace {

/// Emptied batches kept for their capacity.
constexpr std::size_t kSpareBatches = 4;
/// A batch that grew beyond this in a burst is not kept.
constexpr std::size_t kKeptItems = 4096;

bool isCount(StreamCommand command) noexcept {
  return command == StreamCommand::Consume || command == StreamCommand::Taken;
}

}  // namespace

void Batch::freeSlabs() noexcept {
  for (Slab* slab : slabs) SlabPool::destroy(slab);
  slabs.clear();
}

Inbox::~Inbox() {
  for (Batch* batch = takeAll(); batch != nullptr;) {
    const std::unique_ptr<Batch> owned(batch);
    batch = owned->next;
  }
}

bool Inbox::push(std::unique_ptr<Batch> batch) noexcept {
  Batch* added = batch.release();
  Batch* before = m_newest.load(std::memory_order_relaxed);
  do {
    added->next = before;
  } while (
      !m_newest.compare_exchange_weak(before, added, std::memory_order_acq_rel, std::memory_order_relaxed));
  return before == nullptr;  // not added->next: the consumer may have the batch already
}

Batch* Inbox::takeAll() noexcept {
  Batch* newest = m_newest.exchange(nullptr, std::memory_order_acq_rel);
  Batch* oldest = nullptr;
  while (newest != nullptr) {
    Batch* next = newest->next;
    newest->next = oldest;
    oldest = newest;
    newest = next;
  }
  return oldest;
}

Outbox::~Outbox() = default;

Batch& Outbox::batch() {
  if (m_batch == nullptr) {
    if (m_spare.empty()) {
      m_batch = std::make_unique<Batch>();
    } else {
      m_batch = std::move(m_spare.back());
      m_spare.pop_back();
    }
  }
  return *m_batch;
}

void Outbox::add(StreamCommand command, std::uint32_t stream, std::uint64_t value, std::uint64_t extra) {
  std::vector<BatchItem>& items = batch().items;
  if (isCount(command) && !items.empty() && items.back().command == command &&
      items.back().stream == stream) {
    items.back().value += value;
    return;
  }
  items.push_back({command, stream, value, extra, nullptr, nullptr});
}

void Outbox::addBytes(StreamCommand command, std::uint32_t stream, ByteView bytes) {
  Batch& current = batch();
  while (!bytes.empty()) {
    if (current.slabs.empty() || current.slabs.back()->used == kSlabSize) {
      Slab* fresh = m_pool.acquire();
      m_pool.detach(fresh);
      current.slabs.push_back(fresh);
    }
    Slab* slab = current.slabs.back();
    const std::size_t count = std::min<std::size_t>(bytes.size(), kSlabSize - slab->used);
    std::uint8_t* room = slab->bytes + slab->used;
    std::memcpy(room, bytes.data(), count);
    slab->used += static_cast<std::uint32_t>(count);
    bytes = bytes.subspan(count);
    BatchItem* last = current.items.empty() ? nullptr : &current.items.back();
    if (last != nullptr && last->command == command && last->stream == stream && last->slab == slab) {
      last->value += count;
    } else {
      current.items.push_back({command, stream, count, 0, room, slab});
    }
  }
}

std::size_t Outbox::addSpareSlabs(std::size_t count) {
  count = std::min(count, m_pool.pooled());
  for (std::size_t i = 0; i < count; ++i) {
    Slab* slab = m_pool.acquire();
    m_pool.detach(slab);
    // In front, so that the one being filled stays last.
    batch().slabs.insert(batch().slabs.begin(), slab);
  }
  return count;
}

std::unique_ptr<Batch> Outbox::take() { return std::move(m_batch); }

void Outbox::reuse(std::unique_ptr<Batch> batch) {
  if (m_spare.size() >= kSpareBatches || batch->items.capacity() > kKeptItems) return;
  batch->items.clear();
  batch->freeSlabs();
  batch->next = nullptr;
  m_spare.push_back(std::move(batch));
}

}  // namespace adit::server
