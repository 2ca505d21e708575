// SPDX-License-Identifier: Apache-2.0
#pragma once
// The states of a visitor's HTTP/1.1 connection: how far its request is read, and whether the answer has
// begun. Values; any thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace adit::server {

enum class VisitorState : std::uint8_t {
  Preface,       ///< Nothing was read that rules out HTTP/2 with prior knowledge.
  Head,          ///< Waiting for, or inside, a request head.
  Moving,        ///< The next request belongs on another worker: moves when the last answer has left.
  Receiving,     ///< The request's content arrives. No answer yet, in this and the next three.
  Blocked,       ///< Content is due, and waits until the tunnel's client takes more.
  Offered,       ///< A WebSocket was asked for: nothing more is sent to the tunnel until it agrees.
  Awaiting,      ///< The request is whole.
  EarlyAnswer,   ///< As Receiving, and the answer has begun.
  EarlyBlocked,  ///< As Blocked, and the answer has begun.
  Answering,     ///< The request is whole, and the answer has begun.
  Upgraded,      ///< After 101: bytes both ways.
  HalfUpgraded,  ///< The tunnel's side of the upgraded connection has ended.
  Lingering,  ///< Our FIN is queued or sent; what still comes is read and dropped, so that the last answer is
              ///< not lost to a RST.
  Closed,
};
inline constexpr std::size_t kVisitorStates = 14;

std::string_view toString(VisitorState state) noexcept;

/// Whether a connection may go from one state to the other.
constexpr bool isAllowed(VisitorState from, VisitorState to) noexcept {
  // Rows: from. Columns, in the order of the enumeration: to Preface, Head, Moving, Receiving, Blocked,
  // Offered, Awaiting, EarlyAnswer, EarlyBlocked, Answering, Upgraded, HalfUpgraded, Lingering, Closed.
  constexpr std::array<std::string_view, kVisitorStates> kAllowed = {
      // PHMRBOAEBAUHLC
      "-H----------LC",  // Preface
      "--MR-OA-----LC",  // Head
      "-H-----------C",  // Moving
      "----B-AE----LC",  // Receiving
      "---R--A-B---LC",  // Blocked
      "---------AU-LC",  // Offered
      "-H-------A--LC",  // Awaiting
      "--------BA--LC",  // EarlyAnswer
      "-------E-A--LC",  // EarlyBlocked
      "-H----------LC",  // Answering
      "-----------HLC",  // Upgraded
      "------------LC",  // HalfUpgraded
      "-------------C",  // Lingering
      "--------------",  // Closed
  };
  return kAllowed[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)] != '-';
}

/// The next bytes are those of a request head.
constexpr bool readsHead(VisitorState state) noexcept {
  return state == VisitorState::Preface || state == VisitorState::Head;
}
/// Content of the request, of which there is more, is passed on as it arrives.
constexpr bool readsContent(VisitorState state) noexcept {
  return state == VisitorState::Receiving || state == VisitorState::Blocked ||
         state == VisitorState::EarlyAnswer || state == VisitorState::EarlyBlocked;
}
/// A request is with the tunnel, and was not upgraded.
constexpr bool isInExchange(VisitorState state) noexcept {
  return state >= VisitorState::Receiving && state <= VisitorState::Answering;
}
/// The head of the tunnel's answer went out, and not all of the answer.
constexpr bool isAnswering(VisitorState state) noexcept {
  return state == VisitorState::EarlyAnswer || state == VisitorState::EarlyBlocked ||
         state == VisitorState::Answering;
}
constexpr bool isUpgraded(VisitorState state) noexcept {
  return state == VisitorState::Upgraded || state == VisitorState::HalfUpgraded;
}
/// The request is whole (as far as HTTP/1.1 goes).
constexpr bool isRequestWhole(VisitorState state) noexcept {
  return state == VisitorState::Awaiting || state == VisitorState::Answering;
}

}  // namespace adit::server
