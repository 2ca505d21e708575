// SPDX-License-Identifier: Apache-2.0
// adit release: releases a name that the server reserves for this user.
#include <condition_variable>
#include <memory>
#include <mutex>

#include <spdlog/fmt/fmt.h>
#include <nlohmann/json.hpp>

#include "app/console.h"
#include "app/join_source.h"
#include "app/log_output.h"
#include "app/paths.h"
#include "app/run.h"
#include "core/engine/engine.h"

namespace adit::app {

namespace {

constexpr auto kPatience = std::chrono::seconds(20);

/// The engine's thread sets it when there are events.
struct Bell {
  std::mutex mutex;
  std::condition_variable rung;
  bool isRung = false;

  void ring() {
    const std::lock_guard lock(mutex);
    isRung = true;
    rung.notify_one();
  }
  /// False after `patience`.
  bool wait(std::chrono::steady_clock::time_point until) {
    std::unique_lock lock(mutex);
    const bool came = rung.wait_until(lock, until, [this] { return isRung; });
    isRung = false;
    return came;
  }
};

/// The server's answer, or why there is none. Does not wait for a server that cannot be reached.
Result<> awaitRelease(engine::Engine& engine, Bell& bell) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (bell.wait(until)) {
    for (const engine::Event& event : engine.takeEvents()) {
      if (const auto* released = std::get_if<engine::NameReleased>(&event)) {
        if (released->released) return {};
        return fail(released->error);
      }
      const auto* link = std::get_if<engine::LinkChanged>(&event);
      if (link != nullptr && link->link.hasError && link->link.state != engine::LinkState::Connecting)
        return fail(link->link.error);
    }
  }
  return fail(ErrorCode::TimedOut, "the server did not answer");
}

}  // namespace

int runRelease(const ReleaseCommand& command) {
  const bool json = command.common.json;
  logToStandardError(command.common.verbose ? LogLevel::Info : LogLevel::Error);
  engine::EngineParams params;
  params.stateDirectory = stateDirectory(command.common.stateDirectory);
  auto link = findJoinLink(command.joinFile, command.profile, params.stateDirectory);
  if (!link) return reportError(link.error(), json);
  if (!*link) {
    return reportError(
        {ErrorCode::NotFound, "no server was joined, so no server reserves names: 'adit join'", 0}, json,
        kExitUsage);
  }
  params.join = std::move(*link);
  params.clientName = machineName();
  params.program = "terminal";
  params.loopbackPayload = command.common.quicPayload;
  const auto bell = std::make_shared<Bell>();
  params.wake = [bell] { bell->ring(); };
  auto engine = engine::Engine::start(params);
  if (!engine) return reportError(engine.error(), json);
  if (auto asked = (*engine)->releaseName(command.name); !asked) return reportError(asked.error(), json);
  if (auto released = awaitRelease(**engine, *bell); !released)
    return reportError(released.error(), json, kExitFailure);
  if (json) {
    printJson({{"event", "released"}, {"name", command.name}});
  } else {
    printLine(fmt::format("released {}", command.name));
  }
  return succeed();
}

}  // namespace adit::app
