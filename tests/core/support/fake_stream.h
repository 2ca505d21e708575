// SPDX-License-Identifier: Apache-2.0
#pragma once
// A QUIC stream without QUIC: records what is sent, reset and credited, and hands in what a test pretends the
// peer sent.

#include <optional>
#include <string>
#include <string_view>

#include "core/transport/stream.h"
#include "core/wire/error_codes.h"

namespace adit::test {

class FakeStream final : public transport::Stream {
 public:
  std::string sent;
  std::size_t unsent = 0;    ///< What unsentBytes says.
  std::size_t consumed = 0;  ///< Credit returned, discarded bytes included.
  std::size_t delivered = 0;
  bool finished = false;
  std::optional<std::size_t> writableAt;  ///< As awaitWritable was told last.
  std::optional<wire::AppError> resetWith, stoppedWith;
  transport::StreamHandler* handler = nullptr;

  void deliver(std::string_view bytes, bool fin = false) {
    delivered += bytes.size();
    if (handler != nullptr) {
      handler->onStreamData(*this, asBytes(bytes), fin);
    } else {
      consumed += bytes.size();
    }
  }
  void deliverReset(wire::AppError code) {
    if (handler != nullptr) handler->onStreamReset(*this, static_cast<transport::AppErrorCode>(code));
  }
  void deliverStop(wire::AppError code) {
    if (handler != nullptr) handler->onStreamStopped(*this, static_cast<transport::AppErrorCode>(code));
  }
  void deliverWritable() {
    if (handler != nullptr) handler->onStreamWritable(*this);
  }
  void deliverClosed() {
    if (auto* last = std::exchange(handler, nullptr)) last->onStreamClosed(*this);
  }

  [[nodiscard]] transport::StreamId id() const noexcept override { return 1; }
  void setHandler(transport::StreamHandler* next) noexcept override { handler = next; }
  void send(Slice data) override { sendCopy(data.bytes()); }
  void sendCopy(ByteView data) override {
    if (!finished && !resetWith) sent += asText(data);
  }
  void finish() override { finished = !resetWith; }
  void reset(transport::AppErrorCode code) override {
    if (!resetWith) resetWith = static_cast<wire::AppError>(code);
  }
  void stopSending(transport::AppErrorCode code) override {
    if (!stoppedWith) stoppedWith = static_cast<wire::AppError>(code);
  }
  void consume(std::size_t count) override { consumed += count; }
  [[nodiscard]] std::size_t unsentBytes() const noexcept override { return unsent; }
  void awaitWritable(std::size_t at) noexcept override { writableAt = at; }
};

}  // namespace adit::test
