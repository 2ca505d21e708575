// SPDX-License-Identifier: Apache-2.0
#pragma once
// A doubly linked list whose links live in the elements: no allocation, O(1) removal, and an element that is
// destroyed leaves its list by itself. The list owns nothing. One thread.

#include <cstddef>

namespace adit {

template <typename Tag = void>
class ListHook {
 public:
  ListHook() = default;
  ListHook(const ListHook&) = delete;
  ListHook& operator=(const ListHook&) = delete;
  ~ListHook() { unlink(); }

  [[nodiscard]] bool isLinked() const noexcept { return m_next != nullptr; }
  void unlink() noexcept {
    if (m_next == nullptr) return;
    m_previous->m_next = m_next;
    m_next->m_previous = m_previous;
    m_next = m_previous = nullptr;
  }

 private:
  template <typename, typename>
  friend class IntrusiveList;
  ListHook* m_previous = nullptr;
  ListHook* m_next = nullptr;
};

/// T derives from ListHook<Tag>.
template <typename T, typename Tag = void>
class IntrusiveList {
 public:
  IntrusiveList() noexcept { m_root.m_previous = m_root.m_next = &m_root; }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  ~IntrusiveList() {
    while (popFront() != nullptr) {
    }
    m_root.m_previous = m_root.m_next = nullptr;
  }

  [[nodiscard]] bool empty() const noexcept { return m_root.m_next == &m_root; }
  [[nodiscard]] T* front() noexcept { return empty() ? nullptr : static_cast<T*>(m_root.m_next); }
  [[nodiscard]] T* back() noexcept { return empty() ? nullptr : static_cast<T*>(m_root.m_previous); }
  void pushBack(T& element) noexcept {
    ListHook<Tag>& hook = element;
    hook.unlink();
    hook.m_previous = m_root.m_previous;
    hook.m_next = &m_root;
    m_root.m_previous->m_next = &hook;
    m_root.m_previous = &hook;
  }
  T* popFront() noexcept {
    T* element = front();
    if (element != nullptr) static_cast<ListHook<Tag>*>(element)->unlink();
    return element;
  }
  /// Moves every element of `other` to the end of this list.
  void splice(IntrusiveList& other) noexcept {
    while (T* element = other.popFront()) pushBack(*element);
  }
  /// The element after `element`, or null at the end.
  [[nodiscard]] T* next(T& element) noexcept {
    ListHook<Tag>* hook = static_cast<ListHook<Tag>&>(element).m_next;
    return hook == &m_root ? nullptr : static_cast<T*>(hook);
  }

 private:
  ListHook<Tag> m_root;
};

}  // namespace adit
