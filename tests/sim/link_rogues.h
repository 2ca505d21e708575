// SPDX-License-Identifier: Apache-2.0
#pragma once
// Peers that break section 2 of PROTOCOL.md in one way each: clients against a server's ClientLink, servers
// against a client's ServerLink. A table says what each does and how the other side has to end it. One
// thread.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/wire/error_codes.h"
#include "tests/sim/sim_links.h"

namespace adit::sim {

enum class RogueEnd : std::uint8_t { None, Fin, Reset, Stop };

struct RogueAct {
  const char* name;
  std::string bytes;  ///< On the control stream; a server's come once it has read something.
  RogueEnd end = RogueEnd::None;
  /// What the other side closes the connection with; empty: it goes on.
  std::optional<wire::AppError> code;
  Duration within{};  ///< So long after the connection was made (plus what the path takes).
  /// A second stream begins with this, and is reset with Protocol.
  std::string otherStream = {};
  bool waitsForRefusal = false;  ///< LoginRefused has to arrive before the connection is closed.
};

/// `goodToken` logs in.
std::vector<RogueAct> rogueClientActs(const std::string& goodToken);
std::vector<RogueAct> rogueServerActs();

/// Plays one side of one connection.
class Rogue final : private transport::LinkHandler, private transport::StreamHandler {
 public:
  Rogue(SimSchedule& schedule, const RogueAct& what) : act(what), m_schedule(schedule) {}
  /// Takes a side of a wire: a client's is dialed with handler(), a server's was accepted.
  void play(SimLink& link);
  transport::LinkHandler& handler() noexcept { return *this; }
  /// What the other side did wrong; empty where nothing. To be asked when the time is over.
  [[nodiscard]] std::string judge(Duration slack) const;

  const RogueAct act;
  bool isExcused = false;  ///< Other things happened meanwhile that may explain anything.

 private:
  void onConnected(transport::Link& link) override;
  void onStreamOpened(transport::Link& link, transport::Stream& stream) override;
  void onStreamCredit(transport::Link&) override {}
  void onLinkClosed(transport::Link& link, const transport::CloseInfo& info) override;
  void onStreamData(transport::Stream& stream, ByteView data, bool fin) override;
  void onStreamReset(transport::Stream& stream, transport::AppErrorCode code) override;
  void onStreamStopped(transport::Stream&, transport::AppErrorCode) override {}
  void onStreamWritable(transport::Stream&) override {}
  void onStreamClosed(transport::Stream& stream) override;
  void misbehave();

  SimSchedule& m_schedule;
  SimLink* m_link = nullptr;
  transport::Stream* m_control = nullptr;
  transport::Stream* m_other = nullptr;
  Timestamp m_madeAt{};
  bool m_done = false, m_gotRefusal = false, m_over = false;
  std::optional<transport::AppErrorCode> m_otherReset;
  ControlParser m_heard{false};
};

}  // namespace adit::sim
