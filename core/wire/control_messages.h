// SPDX-License-Identifier: Apache-2.0
#pragma once
// Control messages of adit/1 on the control stream: a varint type, a varint length, a CBOR map (RFC 8949). Unknown types and
// unknown map keys are skipped, so that versions can meet; malformed ones end the session. PROTOCOL.md specifies each.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/base/error.h"
#include "core/base/slab.h"

namespace adit::wire {

inline constexpr std::uint32_t kProtocolVersion = 1;
inline constexpr std::size_t kMaxLoginMessage = 4 * 1024;
inline constexpr std::size_t kMaxControlMessage = 256 * 1024;

/// Client to server, first.
struct Login {
  std::uint32_t minVersion = kProtocolVersion, maxVersion = kProtocolVersion;
  std::string token;
  std::string clientName;  ///< For people: a host name.
  std::string agent;       ///< "adit/0.1.0"
  std::vector<std::string> capabilities;
};
struct LoginAccepted {
  std::uint32_t version = kProtocolVersion;
  std::string session;  ///< Opaque, for logs on both sides.
  std::string domain;   ///< "t.example.com", or "localhost".
  std::uint32_t maxTunnels = 0;
  std::uint32_t heartbeatMs = 0;
  std::vector<std::string> capabilities;  ///< Those of the client's that the server has too.
};
struct LoginRefused {
  std::string code;  ///< toString(ErrorCode): "token-unknown", ...
  std::string message;
};
enum class TunnelKind : std::uint8_t { Http = 1, Tcp = 2, Udp = 3 };
struct TunnelDeclaration {
  std::uint64_t id = 0;  ///< Chosen by the client, unique in its session.
  TunnelKind kind = TunnelKind::Http;
  std::string name;      ///< A DNS label; empty: the server chooses.
};
/// The full set, not a difference.
struct Declare {
  std::uint64_t revision = 0;
  std::vector<TunnelDeclaration> tunnels;
};
struct TunnelAnswer {
  std::uint64_t id = 0;
  bool accepted = false;
  std::string name, url;      ///< When accepted.
  std::string code, message;  ///< When not.
};
struct Declared {
  std::uint64_t revision = 0;
  std::vector<TunnelAnswer> answers;
};
struct Ping { std::uint64_t nonce = 0; };
struct Pong { std::uint64_t nonce = 0; };
/// Either side: no new work, close when the work in flight is done or after `deadlineMs`.
struct Drain {
  std::uint32_t deadlineMs = 0;
  std::string reason;
};

using ControlMessage = std::variant<Login, LoginAccepted, LoginRefused, Declare, Declared, Ping, Pong, Drain>;

/// The message with its type and length, ready for the stream.
std::string encode(const ControlMessage& message);

/// Collects bytes and yields messages.
class ControlReader {
 public:
  /// `limit`: the largest payload accepted next (kMaxLoginMessage before login).
  void setLimit(std::size_t limit) noexcept { m_limit = limit; }
  /// Appends bytes. Never keeps more than limit + header.
  Result<> feed(ByteView data);
  /// The next complete message; empty optional-like false: none yet. Unknown types are skipped inside.
  Result<bool> next(ControlMessage& message);

 private:
  std::string m_buffer;
  std::size_t m_offset = 0;
  std::size_t m_limit = kMaxControlMessage;
};

}  // namespace adit::wire
