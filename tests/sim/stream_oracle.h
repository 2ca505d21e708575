// SPDX-License-Identifier: Apache-2.0
#pragma once
// PROTOCOL.md sections 3, 4 and 6 as a judge of what the two ends of a request's stream put on the wire. It
// reads the bytes with a few lines of its own, not with core/wire. One thread.

#include <cstdint>
#include <optional>
#include <string>

#include "tests/sim/sim_streams.h"

namespace adit::sim {

/// One end of a stream.
class StreamOracle final : public StreamTap {
 public:
  enum class Side : std::uint8_t { Server, Client };
  explicit StreamOracle(Side side) noexcept : m_side(side) {}

  /// The first rule that was broken; empty where none was.
  [[nodiscard]] const std::string& verdict() const noexcept { return m_verdict; }
  [[nodiscard]] bool finished() const noexcept { return m_finished; }
  [[nodiscard]] bool isWebSocket() const noexcept { return m_webSocket; }
  /// The other end, where the run has one: the request of an answer, and the code that an end may repeat.
  const StreamOracle* peer = nullptr;

  void onSent(ByteView data, bool fin) override;
  void onSentReset(transport::AppErrorCode code) override;
  void onSentStop(transport::AppErrorCode code) override;

 private:
  enum class Phase : std::uint8_t { StreamHead, Head, Content, Trailers };
  bool readFrame();
  void onFrame(std::uint64_t type, std::string_view payload);
  void onHead(std::uint64_t type, std::string_view payload);
  void onEnd();
  void blame(std::string rule) {
    if (m_verdict.empty()) m_verdict = (m_side == Side::Server ? "server: " : "client: ") + std::move(rule);
  }

  Side m_side;
  Phase m_phase = Phase::StreamHead;
  std::string m_unread, m_verdict;
  std::uint64_t m_framing = 0, m_length = 0, m_content = 0;
  std::optional<transport::AppErrorCode> m_resetCode;
  bool m_started = false, m_finished = false, m_reset = false, m_webSocket = false, m_upgraded = false,
       m_isHead = false;
};

}  // namespace adit::sim
