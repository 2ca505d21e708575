// SPDX-License-Identifier: Apache-2.0
#pragma once
// Control messages for tests: one of each kind, and payloads written by hand, as encode() never would.

#include <string>
#include <string_view>
#include <vector>

#include "core/wire/cbor.h"
#include "core/wire/control_messages.h"
#include "core/wire/varint.h"

namespace adit::test {

using namespace adit::wire;

/// One of each, with every value set.
inline std::vector<ControlMessage> everyMessage() {
  return {
      Login{1,
            3,
            "token",
            "laptop \xc3\xa4",
            "adit/0.1.0",
            {"push", "datagrams"},
            "q7Zk",
            4711,
            1'700'000'000,
            "terminal"},
      LoginAccepted{1, "s-1", "t.example.com", 100, 5000, {"push"}},
      LoginRefused{"token-unknown", "no such token"},
      Declare{7,
              {{1, TunnelKind::Http, "shop", true, false},
               {2, TunnelKind::Tcp, ""},
               {kVarintMax, TunnelKind::Udp, "dns", false, true}}},
      Declared{7,
               {{1, true, "shop", "https://shop.t.example.com", "", ""},
                {2, false, "", "", "name-taken", "held by another", 0, false,
                 NameHolder{"laptop", "terminal", 4711, 1'700'000'000, true}}}},
      Ping{42},
      Pong{~std::uint64_t{0}},
      Drain{30000, "restart"},
      Withdrawn{{1, 2, kVarintMax}, "taken-over", "the name moved"},
      Release{3, "shop"},
      Released{3, false, "not-found", "no such name"},
  };
}

/// Type, length and payload by hand, for what encode would never write.
inline std::string framed(std::uint64_t type, std::string_view payload) {
  std::string out;
  std::uint8_t room[8];
  out.append(asText({room, writeVarint(type, room)}));
  out.append(asText({room, writeVarint(payload.size(), room)}));
  return out.append(payload);
}

inline std::string payloadOf(const ControlMessage& message) {
  const std::string encoded = encode(message);
  std::uint64_t ignored = 0;
  const std::size_t type = readVarint(asBytes(encoded), ignored);
  const std::size_t length = readVarint(asBytes(encoded).subspan(type), ignored);
  return encoded.substr(type + length);
}

/// The payload of a map written by `fill`.
template <typename Fill>
inline std::string map(std::uint64_t pairs, Fill fill) {
  std::string out;
  cbor::Writer writer(out);
  writer.map(pairs);
  fill(writer);
  return out;
}

inline std::string codeOf(std::uint64_t type, std::string_view payload) {
  const auto decoded = decodePayload(type, asBytes(payload));
  return decoded ? "ok" : std::string(toString(decoded.error().code));
}

}  // namespace adit::test
