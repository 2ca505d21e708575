// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a peer may do wrong on a request's stream, and the code that PROTOCOL.md sections 3, 4 and 7 want it
// reset with; and an end of a stream that does it. One thread.

#include <optional>
#include <string>
#include <vector>

#include "core/transport/stream.h"
#include "core/wire/error_codes.h"

namespace adit::sim {

struct FrameFault {
  const char* name;
  std::string bytes;
  bool fin;
  wire::AppError code;
};

/// Of a server, its stream head included, for tunnel 7; requests that reach an origin are for kFoulTarget.
const std::vector<FrameFault>& requestFaults();
/// Of a client, in answer to a GET without WebSocket.
const std::vector<FrameFault>& answerFaults();
inline constexpr const char* kFoulTarget = "/foul";

class FoulPeer final : public transport::StreamHandler {
 public:
  enum class Side : std::uint8_t { Server, Client };
  FoulPeer(Side side, const FrameFault& what) : m_side(side), m_fault(what) {}
  [[nodiscard]] Side side() const noexcept { return m_side; }
  void begin(transport::Stream& stream);
  /// What the other end did wrong; empty where nothing.
  [[nodiscard]] std::string judge() const;

 private:
  void onStreamData(transport::Stream& stream, ByteView data, bool fin) override;
  void onStreamReset(transport::Stream& stream, transport::AppErrorCode code) override;
  void onStreamStopped(transport::Stream& stream, transport::AppErrorCode code) override;
  void onStreamWritable(transport::Stream&) override {}
  void onStreamClosed(transport::Stream&) override {}

  Side m_side;
  const FrameFault& m_fault;
  std::optional<transport::AppErrorCode> m_reset, m_stopped;
};

}  // namespace adit::sim
