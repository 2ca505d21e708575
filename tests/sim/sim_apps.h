// SPDX-License-Identifier: Apache-2.0
#pragma once
// What runs over simulated connections: a recorder of everything a connection tells its users, an echo, and a
// source of numbered bytes whose receiver checks each one. One thread.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/transport/link.h"
#include "core/transport/stream.h"

namespace adit::sim {

/// Byte `offset` of the pattern every bulk transfer sends.
inline std::uint8_t patternByte(std::uint64_t offset) noexcept {
  return static_cast<std::uint8_t>((offset * 0x9e3779b97f4a7c15ULL) >> 56);
}

/// Records a stream's events; consumes what arrives unless told not to.
struct StreamLog final : transport::StreamHandler {
  std::string received;
  bool keepBytes = true, consumes = true, fin = false, closed = false;
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> resetCode, stopCode;
  int writable = 0, eventsAfterClose = 0;
  bool patternHolds = true;
  std::function<void(transport::Stream&)> onData, onWritable, onClose, onStop, onReset;

  void onStreamData(transport::Stream& stream, ByteView data, bool end) override;
  void onStreamReset(transport::Stream& stream, transport::AppErrorCode code) override;
  void onStreamStopped(transport::Stream& stream, transport::AppErrorCode code) override;
  void onStreamWritable(transport::Stream& stream) override;
  void onStreamClosed(transport::Stream& stream) override;
};

/// Records a connection's events and gives every stream the peer opens a log.
struct ConnectionLog final : transport::LinkHandler {
  transport::Link* connection = nullptr;
  bool connected = false;
  int credits = 0, eventsAfterClose = 0;
  std::optional<transport::CloseInfo> closed;
  std::map<transport::StreamId, std::unique_ptr<StreamLog>> streams;
  std::function<void(transport::Stream&, StreamLog&)> onOpened;
  std::function<void(transport::Link&)> onConnect, onCredit;

  /// A stream opened here, with a log; null where the peer's limit is reached.
  std::pair<transport::Stream*, StreamLog*> open(transport::Link& on);

  void onConnected(transport::Link& on) override;
  void onStreamOpened(transport::Link& on, transport::Stream& stream) override;
  void onStreamCredit(transport::Link& on) override;
  void onLinkClosed(transport::Link& on, const transport::CloseInfo& info) override;
};

/// Sends back what arrives on every stream, FIN included.
struct EchoServer final : transport::LinkHandler, transport::StreamHandler {
  int open = 0, opened = 0;
  std::optional<transport::CloseInfo> closed;

  void onConnected(transport::Link&) override {}
  void onStreamOpened(transport::Link&, transport::Stream& stream) override;
  void onStreamCredit(transport::Link&) override {}
  void onLinkClosed(transport::Link&, const transport::CloseInfo& info) override { closed = info; }
  void onStreamData(transport::Stream& stream, ByteView data, bool fin) override;
  void onStreamReset(transport::Stream& stream, transport::AppErrorCode code) override { stream.reset(code); }
  void onStreamStopped(transport::Stream&, transport::AppErrorCode) override {}
  void onStreamWritable(transport::Stream&) override {}
  void onStreamClosed(transport::Stream&) override { --open; }
};

/// Writes `total` bytes of the pattern to a stream, then FIN, never more than the high-water mark ahead.
class PatternSource {
 public:
  PatternSource(transport::Stream& stream, StreamLog& log, std::uint64_t total);
  void pump(transport::Stream& stream);
  [[nodiscard]] std::uint64_t queued() const noexcept { return m_offset; }

 private:
  std::uint64_t m_total;
  std::uint64_t m_offset = 0;
};

}  // namespace adit::sim
