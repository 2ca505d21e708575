// SPDX-License-Identifier: Apache-2.0
// A shared library for LD_PRELOAD that counts a process's heap allocations (Linux with glibc). The counters
// lie in the file that ADIT_ALLOC_COUNT names, so that another process can read them while this one works;
// while `armed` is set, the call stacks of allocations are kept there, too. Layout: see Shared, and `run`
// beside it.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <execinfo.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

// glibc's own, under names that interposing does not hide.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* memory);
}

namespace {

constexpr std::size_t kStacks = 512;
constexpr int kDepth = 24;

struct Shared {
  std::atomic<std::uint64_t> allocations;
  std::atomic<std::uint64_t> frees;
  std::atomic<std::uint64_t> bytes;
  std::atomic<std::uint64_t> armed;
  std::atomic<std::uint64_t> stacksTaken;
  struct Stack {
    std::uint64_t size;
    std::uint64_t frames[kDepth];
  } stacks[kStacks];
};

std::atomic<Shared*> shared{nullptr};
thread_local bool inside = false;

__attribute__((constructor)) void open() {
  const char* path = std::getenv("ADIT_ALLOC_COUNT");
  if (path == nullptr) return;
  const int file = ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return;
  if (ftruncate(file, sizeof(Shared)) == 0) {
    void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    void* frames[2];
    backtrace(frames, 2);  // loads the unwinder now, not inside an allocation
    if (memory != MAP_FAILED) shared.store(static_cast<Shared*>(memory));
  }
  ::close(file);
}

void note(std::size_t size) {
  Shared* counters = shared.load(std::memory_order_relaxed);
  if (counters == nullptr || inside) return;
  counters->allocations.fetch_add(1, std::memory_order_relaxed);
  counters->bytes.fetch_add(size, std::memory_order_relaxed);
  if (counters->armed.load(std::memory_order_relaxed) == 0) return;
  const std::uint64_t slot = counters->stacksTaken.fetch_add(1, std::memory_order_relaxed);
  if (slot >= kStacks) return;
  inside = true;
  void* frames[kDepth] = {};
  const int depth = backtrace(frames, kDepth);
  counters->stacks[slot].size = size;
  for (int i = 0; i < depth; ++i)
    counters->stacks[slot].frames[i] = reinterpret_cast<std::uintptr_t>(frames[i]);
  inside = false;
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  note(size);
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  note(count * size);
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) {
  note(size);
  return __libc_realloc(memory, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  note(size);
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  note(size);
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  note(size);
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? 12 : 0;  // ENOMEM
}
void free(void* memory) {
  Shared* counters = shared.load(std::memory_order_relaxed);
  if (counters != nullptr && memory != nullptr) counters->frees.fetch_add(1, std::memory_order_relaxed);
  __libc_free(memory);
}

}  // extern "C"
