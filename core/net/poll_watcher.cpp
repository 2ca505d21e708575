// SPDX-License-Identifier: Apache-2.0
#include <uv.h>

#include "core/net/event_loop.h"
#include "core/net/loop_handle.h"

namespace adit::net {

struct PollWatcher::Impl {
  uv_poll_t handle{};
  Handler* handler = nullptr;
  Readiness wanted = Readiness::None;
  Readiness watched = Readiness::None;
  bool gone = false;
  int error = 0;

  void apply() {
    if (gone || error != 0 || wanted == watched) return;
    watched = wanted;
    if (wanted == Readiness::None) {
      uv_poll_stop(&handle);
      return;
    }
    int events = 0;
    if (contains(wanted, Readiness::Readable)) events |= UV_READABLE;
    if (contains(wanted, Readiness::Writable)) events |= UV_WRITABLE;
    if (contains(wanted, Readiness::Hangup)) events |= UV_DISCONNECT;
    uv_poll_start(&handle, events, [](uv_poll_t* poll, int status, int ready) {
      static_cast<Impl*>(poll->data)->deliver(status, ready);
    });
  }

  void deliver(int status, int ready) {
    if (gone) return;
    Readiness readiness = Readiness::None;
    if (status < 0) {
      // libuv has stopped watching a descriptor with an error; the owner learns the error by using it.
      watched = Readiness::None;
      readiness = Readiness::All;
    } else {
      if ((ready & UV_READABLE) != 0) readiness = readiness | Readiness::Readable;
      if ((ready & UV_WRITABLE) != 0) readiness = readiness | Readiness::Writable;
      if ((ready & UV_DISCONNECT) != 0) readiness = readiness | Readiness::Hangup;
    }
    handler->onReady(readiness);
    apply();
  }
};

PollWatcher::PollWatcher(EventLoop& loop, std::uintptr_t nativeSocket, Handler& handler) : m_impl(new Impl) {
  m_impl->handler = &handler;
  m_impl->handle.data = m_impl;
  m_impl->error =
      -uv_poll_init_socket(loop.native(), &m_impl->handle, static_cast<uv_os_sock_t>(nativeSocket));
}

PollWatcher::~PollWatcher() {
  if (m_impl->error != 0) {
    delete m_impl;  // the handle was never registered with libuv
    return;
  }
  m_impl->gone = true;
  closeAndDelete(m_impl, m_impl->handle);
}

void PollWatcher::watch(Readiness interest) {
  m_impl->wanted = interest;
  m_impl->apply();
}

int PollWatcher::error() const noexcept { return m_impl->error; }

}  // namespace adit::net
