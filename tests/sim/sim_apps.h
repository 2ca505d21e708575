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

#include "core/quic/connection.h"
#include "core/quic/stream.h"

namespace adit::sim {

/// Byte `offset` of the pattern every bulk transfer sends.
inline std::uint8_t patternByte(std::uint64_t offset) noexcept {
  return static_cast<std::uint8_t>((offset * 0x9e3779b97f4a7c15ULL) >> 56);
}

/// Records a stream's events; consumes what arrives unless told not to.
struct StreamLog final : quic::StreamHandler {
  std::string received;
  bool keepBytes = true, consumes = true, fin = false, closed = false;
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> resetCode, stopCode;
  int writable = 0, eventsAfterClose = 0;
  bool patternHolds = true;
  std::function<void(quic::Stream&)> onData, onWritable, onClose, onStop, onReset;

  void onStreamData(quic::Stream& stream, ByteView data, bool end) override;
  void onStreamReset(quic::Stream& stream, quic::AppErrorCode code) override;
  void onStreamStopped(quic::Stream& stream, quic::AppErrorCode code) override;
  void onStreamWritable(quic::Stream& stream) override;
  void onStreamClosed(quic::Stream& stream) override;
};

/// Records a connection's events and gives every stream the peer opens a log.
struct ConnectionLog final : quic::ConnectionHandler {
  quic::Connection* connection = nullptr;
  bool connected = false;
  int credits = 0, eventsAfterClose = 0;
  std::optional<quic::CloseInfo> closed;
  std::map<quic::StreamId, std::unique_ptr<StreamLog>> streams;
  std::function<void(quic::Stream&, StreamLog&)> onOpened;
  std::function<void(quic::Connection&)> onConnect, onCredit;

  /// A stream opened here, with a log; null where the peer's limit is reached.
  std::pair<quic::Stream*, StreamLog*> open(quic::Connection& on);

  void onConnected(quic::Connection& on) override;
  void onStreamOpened(quic::Connection& on, quic::Stream& stream) override;
  void onStreamCredit(quic::Connection& on) override;
  void onConnectionClosed(quic::Connection& on, const quic::CloseInfo& info) override;
};

/// Sends back what arrives on every stream, FIN included.
struct EchoServer final : quic::ConnectionHandler, quic::StreamHandler {
  int open = 0, opened = 0;
  std::optional<quic::CloseInfo> closed;

  void onConnected(quic::Connection&) override {}
  void onStreamOpened(quic::Connection&, quic::Stream& stream) override;
  void onStreamCredit(quic::Connection&) override {}
  void onConnectionClosed(quic::Connection&, const quic::CloseInfo& info) override { closed = info; }
  void onStreamData(quic::Stream& stream, ByteView data, bool fin) override;
  void onStreamReset(quic::Stream& stream, quic::AppErrorCode code) override { stream.reset(code); }
  void onStreamStopped(quic::Stream&, quic::AppErrorCode) override {}
  void onStreamWritable(quic::Stream&) override {}
  void onStreamClosed(quic::Stream&) override { --open; }
};

/// Writes `total` bytes of the pattern to a stream, then FIN, never more than the high-water mark ahead.
class PatternSource {
 public:
  PatternSource(quic::Stream& stream, StreamLog& log, std::uint64_t total);
  void pump(quic::Stream& stream);
  [[nodiscard]] std::uint64_t queued() const noexcept { return m_offset; }

 private:
  std::uint64_t m_total;
  std::uint64_t m_offset = 0;
};

}  // namespace adit::sim
