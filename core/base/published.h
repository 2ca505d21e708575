// SPDX-License-Identifier: Apache-2.0
#pragma once
// An immutable value that writers replace and that event loops read without a lock. Each reader has a
// mailbox: publish() puts the newest value there, the reader takes it when it looks next. A reader that
// sleeps keeps the value it has and costs nothing. Publishers and the attaching of readers share a mutex;
// readers never take it.

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace adit {

template <typename T>
class Published {
  struct Mailbox {
    std::atomic<std::shared_ptr<const T>*> fresh{nullptr};
    Mailbox() = default;
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;
    ~Mailbox() { delete fresh.load(std::memory_order_acquire); }
  };

 public:
  /// Of one thread; made and destroyed on any. May outlive what it reads from.
  class Reader {
   public:
    explicit Reader(Published& source) : m_mailbox(source.attach(m_value)) {}
    /// The newest value, never null where none was published. The reference is good until the next call.
    const std::shared_ptr<const T>& current() noexcept {
      if (m_mailbox->fresh.load(std::memory_order_relaxed) != nullptr) take();
      return m_value;
    }

   private:
    void take() noexcept {
      const std::unique_ptr<std::shared_ptr<const T>> fresh(
          m_mailbox->fresh.exchange(nullptr, std::memory_order_acq_rel));
      if (fresh != nullptr) m_value = std::move(*fresh);
    }
    std::shared_ptr<const T> m_value;
    std::shared_ptr<Mailbox> m_mailbox;
  };

  explicit Published(std::shared_ptr<const T> first) : m_newest(std::move(first)) {}

  /// Any thread. The values arrive in the order of the calls.
  void publish(std::shared_ptr<const T> value) {
    const std::lock_guard lock(m_mutex);
    m_newest = std::move(value);
    std::erase_if(m_mailboxes, [](const auto& mailbox) { return mailbox.use_count() == 1; });
    for (const auto& mailbox : m_mailboxes) {
      // Of a value that nobody took, the newer one takes the place.
      const std::unique_ptr<std::shared_ptr<const T>> unread(
          mailbox->fresh.exchange(new std::shared_ptr<const T>(m_newest), std::memory_order_acq_rel));
    }
  }
  /// Any thread; takes the mutex.
  [[nodiscard]] std::shared_ptr<const T> newest() const {
    const std::lock_guard lock(m_mutex);
    return m_newest;
  }

 private:
  std::shared_ptr<Mailbox> attach(std::shared_ptr<const T>& value) {
    const std::lock_guard lock(m_mutex);
    value = m_newest;
    return m_mailboxes.emplace_back(std::make_shared<Mailbox>());
  }

  mutable std::mutex m_mutex;
  std::shared_ptr<const T> m_newest;
  std::vector<std::shared_ptr<Mailbox>> m_mailboxes;
};

}  // namespace adit
