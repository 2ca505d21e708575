// SPDX-License-Identifier: Apache-2.0
#include "core/relay/stream_acceptor.h"

#include <utility>

#include "core/wire/error_codes.h"

namespace adit::relay {

/// A stream of which nothing has come yet.
class StreamAcceptor::Pending final : public transport::StreamHandler {
 public:
  explicit Pending(StreamAcceptor& owner) noexcept : m_owner(owner) {}
  void begin(transport::Link& link, transport::Stream& stream) {
    m_link = &link;
    m_stream = &stream;
    stream.setHandler(this);
  }
  /// Its acceptor goes first.
  void abandon() {
    if (m_stream != nullptr) std::exchange(m_stream, nullptr)->setHandler(nullptr);
  }

 private:
  void onStreamData(transport::Stream& stream, ByteView data, bool fin) override {
    if (data.empty()) {
      if (fin) refuse(stream, wire::AppError::Malformed);
      return;
    }
    StreamKindHandler* handler = m_owner.m_kinds.find(data[0]);
    if (handler == nullptr) {
      stream.consume(data.size());
      refuse(stream, wire::AppError::Protocol);
      return;
    }
    transport::Link& link = *m_link;
    leave();
    handler->onStream(link, stream, data, fin);
  }
  void onStreamReset(transport::Stream& stream, transport::AppErrorCode code) override {
    stream.reset(code);
    stream.setHandler(nullptr);
    leave();
  }
  void onStreamStopped(transport::Stream&, transport::AppErrorCode) override {}
  void onStreamWritable(transport::Stream&) override {}
  void onStreamClosed(transport::Stream&) override { leave(); }

  void refuse(transport::Stream& stream, wire::AppError code) {
    stream.setHandler(nullptr);
    stream.reset(static_cast<transport::AppErrorCode>(code));
    stream.stopSending(static_cast<transport::AppErrorCode>(code));
    leave();
  }
  void leave() {
    m_stream = nullptr;
    m_link = nullptr;
    m_owner.recycle(*this);
  }

  StreamAcceptor& m_owner;
  transport::Link* m_link = nullptr;
  transport::Stream* m_stream = nullptr;
};

StreamAcceptor::StreamAcceptor(const StreamKinds& kinds) noexcept : m_kinds(kinds) {}

StreamAcceptor::~StreamAcceptor() {
  for (auto& each : m_all) each->abandon();
}

void StreamAcceptor::accept(transport::Link& link, transport::Stream& stream) {
  if (m_free.empty()) {
    m_all.push_back(std::make_unique<Pending>(*this));
    m_free.push_back(m_all.back().get());
  }
  Pending* pending = m_free.back();
  m_free.pop_back();
  pending->begin(link, stream);
}

void StreamAcceptor::recycle(Pending& pending) { m_free.push_back(&pending); }

}  // namespace adit::relay
