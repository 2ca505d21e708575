// SPDX-License-Identifier: Apache-2.0
#include "core/client/status.h"

namespace adit::client {

std::string_view toString(TunnelState state) noexcept {
  switch (state) {
    case TunnelState::Stopped:
      return "stopped";
    case TunnelState::Connecting:
      return "connecting";
    case TunnelState::Online:
      return "online";
    case TunnelState::Reconnecting:
      return "reconnecting";
    case TunnelState::Failed:
      return "failed";
  }
  return "stopped";
}

std::string_view toString(LinkState state) noexcept {
  switch (state) {
    case LinkState::Offline:
      return "offline";
    case LinkState::Connecting:
      return "connecting";
    case LinkState::Online:
      return "online";
    case LinkState::Waiting:
      return "waiting";
    case LinkState::Failed:
      return "failed";
    case LinkState::Stopped:
      return "stopped";
  }
  return "offline";
}

}  // namespace adit::client
