// SPDX-License-Identifier: Apache-2.0
#pragma once
// Control messages of adit/1 on the control stream: a varint type, a varint length, a CBOR map (RFC 8949).
// Unknown types and unknown map keys are skipped, so that versions can meet; malformed ones end the session.
// PROTOCOL.md specifies each. Values and a sans-I/O reader; one thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/error.h"
#include "core/base/slab.h"

namespace adit::wire {

inline constexpr std::uint32_t kProtocolVersion = 1;
// The largest payload each side takes.
inline constexpr std::size_t kMaxLoginMessage = 4 * 1024;  ///< Server, before login.
inline constexpr std::size_t kMaxClientMessage =
    128 * 1024;  ///< Server, after login: a Declare of kMaxTunnels fits.
inline constexpr std::size_t kMaxControlMessage = 1024 * 1024;  ///< Client: a Declared of kMaxTunnels fits.
// The largest values; longer ones are LimitExceeded.
inline constexpr std::size_t kMaxTunnels = 1000;
inline constexpr std::size_t kMaxToken = 128;
inline constexpr std::size_t kMaxClientName = 128;
inline constexpr std::size_t kMaxAgent = 64;
inline constexpr std::size_t kMaxCapabilities = 32;
inline constexpr std::size_t kMaxCapability = 32;
inline constexpr std::size_t kMaxSessionId = 64;
inline constexpr std::size_t kMaxDomain = 255;
inline constexpr std::size_t kMaxTunnelName = 63;
inline constexpr std::size_t kMaxUrl = 512;
inline constexpr std::size_t kMaxErrorCode = 64;
inline constexpr std::size_t kMaxSentence = 512;
inline constexpr std::size_t kMaxInstance = 32;
inline constexpr std::size_t kMaxProgram = 32;
inline constexpr std::uint32_t kMinHeartbeatMs = 10;
inline constexpr std::uint32_t kMaxHeartbeatMs = 600'000;

/// Client to server, first.
struct Login {
  std::uint32_t minVersion = kProtocolVersion, maxVersion = kProtocolVersion;
  std::string token;
  std::string clientName;  ///< For people: a host name.
  std::string agent;       ///< "adit/0.1.0"
  std::vector<std::string> capabilities;
  /// Chosen at random by each running engine and kept over its reconnections: a session is (device key,
  /// instance). Empty: the device key has one session.
  std::string instance = {};
  std::uint32_t processId = 0;    ///< 0: not known.
  std::uint64_t startedUnix = 0;  ///< When the engine started, seconds since 1970; 0: not known.
  std::string program = {};       ///< What hosts the engine, for people: "terminal", "window".
  friend bool operator==(const Login&, const Login&) = default;
};
struct LoginAccepted {
  std::uint32_t version = kProtocolVersion;
  std::string session;  ///< Opaque, for logs on both sides.
  std::string domain;   ///< "t.example.com", or "localhost".
  std::uint32_t maxTunnels = 0;
  std::uint32_t heartbeatMs = 0;
  std::vector<std::string> capabilities;  ///< Those of the client's that the server has too.
  friend bool operator==(const LoginAccepted&, const LoginAccepted&) = default;
};
struct LoginRefused {
  std::string code;  ///< toString(ErrorCode): "token-unknown", ...
  std::string message;
  friend bool operator==(const LoginRefused&, const LoginRefused&) = default;
};
/// A kind this version does not know is kept as its number: the server refuses that tunnel, not the session.
enum class TunnelKind : std::uint8_t { Http = 1, Tcp = 2, Udp = 3 };
struct TunnelDeclaration {
  std::uint64_t id = 0;  ///< Chosen by the client, unique in its session; at most kVarintMax.
  TunnelKind kind = TunnelKind::Http;
  std::string name;  ///< A DNS label; empty: the server chooses.
  /// Moves the name here where another session of the same principal holds it.
  bool takeOver = false;
  /// The server chose `name` for this client before. Where it cannot be had, another is chosen.
  bool chosen = false;
  friend bool operator==(const TunnelDeclaration&, const TunnelDeclaration&) = default;
};
/// The full set, not a difference.
struct Declare {
  std::uint64_t revision = 0;
  std::vector<TunnelDeclaration> tunnels;
  friend bool operator==(const Declare&, const Declare&) = default;
};
/// The session that holds a name which was refused; only told to its own principal.
struct NameHolder {
  std::string device = {};   ///< The clientName of its login, for people.
  std::string program = {};  ///< As in its login.
  std::uint32_t processId = 0;
  std::uint64_t startedUnix = 0;
  bool ownDevice = false;  ///< It has the device key of the client that asked.
  friend bool operator==(const NameHolder&, const NameHolder&) = default;
};
struct TunnelAnswer {
  std::uint64_t id = 0;
  bool accepted = false;
  std::string name, url;      ///< When accepted.
  std::string code, message;  ///< When not.
  /// Where `url` is https://: the port of the same host where visitors are served without TLS; 0: nowhere.
  std::uint32_t plainPort = 0;
  bool selfSigned = false;  ///< No authority vouches for the certificate shown at `url`.
  std::optional<NameHolder> holder = {};
  friend bool operator==(const TunnelAnswer&, const TunnelAnswer&) = default;
};
/// The answers to a Declare that are known so far. The others follow in further messages of that revision.
struct Declared {
  std::uint64_t revision = 0;
  std::vector<TunnelAnswer> answers;
  friend bool operator==(const Declared&, const Declared&) = default;
};
struct Ping {
  std::uint64_t nonce = 0;
  friend bool operator==(const Ping&, const Ping&) = default;
};
struct Pong {
  std::uint64_t nonce = 0;
  friend bool operator==(const Pong&, const Pong&) = default;
};
/// Either side: no new work, close when the work in flight is done or after `deadlineMs`.
struct Drain {
  std::uint32_t deadlineMs = 0;
  std::string reason;
  friend bool operator==(const Drain&, const Drain&) = default;
};

/// Server to client: these tunnels lost their names to another session of the principal. They are not to be
/// declared again until the user asks for it.
struct Withdrawn {
  std::vector<std::uint64_t> tunnels;
  std::string code;  ///< toString(ErrorCode), "taken-over".
  std::string message;
  friend bool operator==(const Withdrawn&, const Withdrawn&) = default;
};
/// Client to server: gives up a name that is reserved for the client's principal.
struct Release {
  std::uint64_t request = 0;  ///< Chosen by the client; the answer repeats it.
  std::string name;
  friend bool operator==(const Release&, const Release&) = default;
};
struct Released {
  std::uint64_t request = 0;
  bool released = false;
  std::string code, message;  ///< When it was not.
  friend bool operator==(const Released&, const Released&) = default;
};

/// In the order of their type numbers, which start at 1.
using ControlMessage = std::variant<Login, LoginAccepted, LoginRefused, Declare, Declared, Ping, Pong, Drain,
                                    Withdrawn, Release, Released>;

/// "Login", "Declared", ...: for errors and logs.
std::string_view nameOf(const ControlMessage& message) noexcept;

/// The message with its type and length, ready for the stream. Texts for people (clientName, agent, message,
/// reason) are cut to their limit and invalid UTF-8 in them is replaced; everything else is the caller's to
/// keep within the limits.
std::string encode(const ControlMessage& message);

/// One payload of a known type: Malformed, or LimitExceeded where a value is larger than documented.
/// Unsupported: the type is unknown and the message to be skipped.
Result<ControlMessage> decodePayload(std::uint64_t type, ByteView payload);

/// Collects bytes and yields messages.
class ControlReader {
 public:
  /// `limit`: the largest payload accepted next (kMaxLoginMessage before login).
  void setLimit(std::size_t limit) noexcept { m_limit = limit; }
  /// How many bytes `feed` takes now: more than 0 whenever `next` has just said that there is no message.
  [[nodiscard]] std::size_t room() const noexcept;
  /// Appends bytes; LimitExceeded for more than `room`. Never keeps more than limit + header.
  Result<> feed(ByteView data);
  /// The next complete message, or false: none yet. Unknown types are skipped inside. An error is final.
  Result<bool> next(ControlMessage& message);
  /// How many messages were taken, the skipped ones too.
  [[nodiscard]] std::uint64_t taken() const noexcept { return m_taken; }

 private:
  std::string m_buffer;
  std::size_t m_offset = 0;
  std::size_t m_limit = kMaxControlMessage;
  std::uint64_t m_taken = 0;
};

}  // namespace adit::wire
