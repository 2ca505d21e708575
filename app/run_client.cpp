// SPDX-License-Identifier: Apache-2.0
// adit http and adit demo: one tunnel in a terminal, until Ctrl-C.
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
#include "app/sample_service.h"
#include "app/signals.h"
#include "core/base/log.h"
#include "core/engine/engine.h"
#include "core/quic/build_info.h"

namespace adit::app {

namespace {

constexpr auto kDrainDeadline = std::chrono::seconds(10);
/// When the server has been away for this long, lines say for how long.
constexpr auto kWorthSaying = std::chrono::seconds(5);

/// How other threads wake the main thread.
class Inbox {
 public:
  void wake() { set(m_woken); }
  void stop() { set(m_stop); }
  void drained() { set(m_drained); }
  struct News {
    bool stop = false, drained = false;
  };
  News wait() {
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [this] { return m_woken || m_stop || m_drained; });
    m_woken = false;
    return {std::exchange(m_stop, false), std::exchange(m_drained, false)};
  }

 private:
  void set(bool& flag) {
    const std::lock_guard lock(m_mutex);
    flag = true;
    m_changed.notify_one();
  }
  std::mutex m_mutex;
  std::condition_variable m_changed;
  bool m_woken = false, m_stop = false, m_drained = false;
};

/// Prints what happens to the tunnel, for people or as JSON.
class Reporter {
 public:
  /// `embedded`: the server is this process's own.
  Reporter(bool json, std::string target, bool embedded)
      : m_json(json), m_target(std::move(target)), m_embedded(embedded) {}

  void tunnel(const engine::TunnelSnapshot& tunnel) {
    if (tunnel.state == m_state && tunnel.url == m_url && !tunnel.hasError) return;
    m_state = tunnel.state;
    m_url = tunnel.url;
    if (m_json) {
      nlohmann::json event = {
          {"event", "tunnel"}, {"state", engine::toString(tunnel.state)}, {"name", nameOf(tunnel)}};
      if (!tunnel.url.empty()) event["url"] = tunnel.url;
      if (const std::string local = localUrl(tunnel); !local.empty()) event["localUrl"] = local;
      if (tunnel.hasError && tunnel.state != engine::TunnelState::Online)
        event["error"] = errorJson(tunnel.error);
      printJson(event);
      return;
    }
    switch (tunnel.state) {
      case engine::TunnelState::Online:
        printLine(fmt::format("  online   {}  ->  {}", tunnel.url, m_target));
        if (const std::string local = localUrl(tunnel); !local.empty())
          printLine(fmt::format("           curl {}{}  works, too: not every program resolves *.localhost",
                                tunnel.selfSigned ? "-k " : "", local));
        break;
      case engine::TunnelState::Reconnecting:
        printLine("  offline  the connection to the server was lost; reconnecting");
        break;
      default:
        break;
    }
  }

  void problem(const engine::OriginProblem& problem) {
    if (m_json) {
      nlohmann::json event = {{"event", "problem"},
                              {"name", problem.name},
                              {"code", problem.code},
                              {"message", problem.message},
                              {"requests", problem.requests}};
      if (problem.status != 0) event["status"] = problem.status;
      if (!problem.cause.empty()) event["cause"] = problem.cause;
      printJson(event);
      return;
    }
    const std::string outcome = problem.status != 0 ? std::to_string(problem.status) : "cut off";
    const std::string number = problem.requests > 1 ? fmt::format(" ({} requests)", problem.requests) : "";
    printLine(fmt::format("  {:<7}  {}{}", outcome, problem.message, number));
  }

  void link(const engine::LinkSnapshot& link) {
    if (m_json) {
      nlohmann::json event = {{"event", "link"}, {"state", engine::toString(link.state)}};
      if (link.hasError) event["error"] = errorJson(link.error);
      if (link.state == engine::LinkState::Waiting) {
        event["retryInMs"] = link.retryIn.count();
        event["awayMs"] = link.awayFor.count();
      }
      printJson(event);
    } else if (link.state == engine::LinkState::Waiting && link.hasError) {
      // No duration while attempts follow one another within a second or so.
      const auto away = std::chrono::duration_cast<std::chrono::seconds>(link.awayFor);
      printLine(away < kWorthSaying ? fmt::format("  waiting  {}; trying again", link.error.detail)
                                    : fmt::format("  waiting  {}; trying again (away for {} s)",
                                                  link.error.detail, away.count()));
    }
  }

 private:
  /// The same without the name, which few programs but browsers resolve: an embedded server's tunnel answers
  /// there, too, while it is the only one, as it is in a process of this command. Empty for other servers.
  [[nodiscard]] std::string localUrl(const engine::TunnelSnapshot& tunnel) const {
    const std::size_t start = tunnel.url.find("://");
    const std::size_t host = tunnel.url.rfind("localhost");
    if (!m_embedded || start == std::string::npos || host == std::string::npos) return {};
    return tunnel.url.substr(0, start + 3) + tunnel.url.substr(host);
  }
  static std::string nameOf(const engine::TunnelSnapshot& tunnel) {
    if (!tunnel.spec.name.empty()) return tunnel.spec.name;
    // http://NAME.domain[:port]
    const std::size_t start = tunnel.url.find("://");
    if (start == std::string::npos) return {};
    const std::size_t end = tunnel.url.find('.', start);
    return tunnel.url.substr(start + 3, end == std::string::npos ? end : end - start - 3);
  }

  bool m_json;
  std::string m_target;
  bool m_embedded;
  std::optional<engine::TunnelState> m_state;
  std::string m_url;
};

/// Why the tunnel failed, and what the user can do.
Error withHint(const engine::TunnelSnapshot& tunnel) {
  Error error = tunnel.error;
  if (tunnel.heldElsewhere && error.code == ErrorCode::NameTaken)
    error.detail += "; --take-over moves it here";
  return error;
}

/// Reports on the tunnel until it is stopped or has failed for good.
int follow(engine::Engine& engine, engine::TunnelId id, Inbox& inbox, Reporter& reporter, bool json) {
  engine::TunnelSnapshot tunnel;
  bool draining = false;
  for (;;) {
    const Inbox::News news = inbox.wait();
    for (const engine::Event& event : engine.takeEvents()) {
      if (const auto* changed = std::get_if<engine::TunnelChanged>(&event);
          changed != nullptr && changed->id == id) {
        tunnel = changed->tunnel;
        reporter.tunnel(tunnel);
        if (changed->tunnel.state == engine::TunnelState::Failed)
          return reportError(withHint(changed->tunnel), json, kExitFailure);
      } else if (const auto* seen = std::get_if<engine::ProblemSeen>(&event)) {
        reporter.problem(seen->problem);
      } else if (const auto* link = std::get_if<engine::LinkChanged>(&event); link != nullptr && !draining) {
        reporter.link(link->link);
        if (link->link.state != engine::LinkState::Failed) continue;
        // Without a link the process ends, and with it the tunnel.
        tunnel.state = engine::TunnelState::Failed;
        tunnel.error = link->link.error;
        tunnel.hasError = true;
        reporter.tunnel(tunnel);
        return reportError(link->link.error, json, kExitFailure);
      }
    }
    if (news.drained) return 0;
    if (news.stop && !draining) {
      draining = true;
      engine.drain(kDrainDeadline, [&inbox] { inbox.drained(); });
    }
  }
}

}  // namespace

int runClient(const HttpCommand& command) {
  const bool json = command.common.json;
  logToStandardError(command.common.verbose ? LogLevel::Info : LogLevel::Error);
  if (command.common.verbose) logInfo("app", "{}", quic::buildInfo());
  engine::EngineParams params;
  params.stateDirectory = stateDirectory(command.common.stateDirectory);
  if (!command.embedded) {
    auto link = findJoinLink(command.joinFile, command.profile, params.stateDirectory);
    if (!link) return reportError(link.error(), json);
    if (*link && !command.embeddedOption.empty()) {
      return reportError(
          {ErrorCode::InvalidArgument,
           fmt::format("{} is for the embedded server, but {} was joined; add --embedded to use it instead",
                       command.embeddedOption, (*link)->serverName()),
           0},
          json, kExitUsage);
    }
    params.join = std::move(*link);
  }
  // Not earlier: at the prompt for a link, Ctrl-C must end the process. Not later: threads inherit the signal
  // mask. The signal thread keeps the inbox, so that it outlives everything.
  const auto inbox = std::make_shared<Inbox>();
  watchSignals({[inbox] { inbox->stop(); }});
  params.embeddedHttpPort = command.httpPort;
  if (command.https) params.embeddedHttpsPort = command.httpsPort;
  params.embeddedVia = command.via;
  params.clientName = machineName();
  params.program = "terminal";
  params.loopbackPayload = command.common.quicPayload;
  params.congestion = command.common.congestion;
  params.wake = [inbox] { inbox->wake(); };

  std::unique_ptr<SampleService> sample;
  engine::TunnelSpec spec{command.name, command.target, command.origin, command.takeOver};
  if (command.demo) {
    auto started = SampleService::start();
    if (!started) return reportError(started.error(), json);
    sample = std::move(*started);
    spec.target = std::to_string(sample->port());
    if (spec.name.empty()) spec.name = "demo";
  }
  params.targets = {spec.target};

  auto engine = engine::Engine::start(params);
  if (!engine) {
    return reportError(withDirectoryHint(engine.error(), params.stateDirectory, kStateDirectoryOption), json);
  }
  if (!json) printLine(fmt::format("adit {}  (Ctrl-C stops)", ADIT_VERSION));
  Reporter reporter(json, command.demo ? "the built-in sample" : spec.target, !params.join);
  auto id = (*engine)->addTunnel(spec);
  if (!id) return reportError(id.error(), json);
  return follow(**engine, *id, *inbox, reporter, json);
}

}  // namespace adit::app
