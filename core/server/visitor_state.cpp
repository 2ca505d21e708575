// SPDX-License-Identifier: Apache-2.0
#include "core/server/visitor_state.h"

namespace adit::server {

std::string_view toString(VisitorState state) noexcept {
  constexpr std::array<std::string_view, kVisitorStates> kNames = {
      "Preface",     "Head",         "Moving",    "Receiving", "Blocked",      "Offered",   "Awaiting",
      "EarlyAnswer", "EarlyBlocked", "Answering", "Upgraded",  "HalfUpgraded", "Lingering", "Closed"};
  return kNames[static_cast<std::size_t>(state)];
}

}  // namespace adit::server
