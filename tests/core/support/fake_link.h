// SPDX-License-Identifier: Apache-2.0
#pragma once
// A link without a transport: the test opens the peer's streams, and sees how the link was closed. One
// thread.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/transport/link.h"
#include "tests/core/support/fake_stream.h"

namespace adit::test {

class FakeLink final : public transport::Link {
 public:
  transport::LinkHandler* handler = nullptr;
  std::vector<std::unique_ptr<FakeStream>> streams;  ///< Of either side, oldest first.
  std::uint64_t credit = 100;                        ///< Streams that may still be opened.
  std::optional<tls::Pin> pin = tls::Pin{};
  net::SocketAddress address = net::SocketAddress::loopback4(9);
  std::optional<wire::AppError> closedWith;

  /// The peer opens a stream.
  FakeStream& opened() {
    streams.push_back(std::make_unique<FakeStream>());
    handler->onStreamOpened(*this, *streams.back());
    return *streams.back();
  }
  /// The connection is over, as after close() or because it broke.
  void end(const transport::CloseInfo& info = {}) {
    for (auto& each : streams) each->deliverClosed();
    if (handler != nullptr) std::exchange(handler, nullptr)->onLinkClosed(*this, info);
  }

  void setHandler(transport::LinkHandler* next) noexcept override { handler = next; }
  transport::Stream* openStream() override {
    if (credit == 0) return nullptr;
    --credit;
    streams.push_back(std::make_unique<FakeStream>());
    return streams.back().get();
  }
  [[nodiscard]] std::uint64_t streamCredit() const noexcept override { return credit; }
  void close(transport::AppErrorCode code, std::string_view) override {
    if (!closedWith) closedWith = static_cast<wire::AppError>(code);
  }
  [[nodiscard]] bool isClosing() const noexcept override { return closedWith.has_value(); }
  void migrate(const net::SocketAddress&) override {}
  [[nodiscard]] std::optional<tls::Pin> peerPin() const override { return pin; }
  [[nodiscard]] const net::SocketAddress& peerAddress() const noexcept override { return address; }
  [[nodiscard]] transport::LinkStats stats() const override { return {}; }
  [[nodiscard]] Timestamp lastHeard() const noexcept override { return {}; }
};

}  // namespace adit::test
