// SPDX-License-Identifier: Apache-2.0
// adit --server: the public side. Runs until it is told to stop.
#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>

#include <spdlog/fmt/fmt.h>
#include <nlohmann/json.hpp>

#include "app/console.h"
#include "app/log_output.h"
#include "app/paths.h"
#include "app/run.h"
#include "app/server_files.h"
#include "app/signals.h"
#include "core/base/log.h"
#include "core/quic/build_info.h"
#include "core/server/server.h"
#include "core/session/join_link.h"
#include "core/tls/certificate_watcher.h"
#include "core/tls/self_signed.h"

namespace adit::app {

namespace {

constexpr auto kDrainDeadline = std::chrono::seconds(10);

/// A gate that opens once and that threads can wait for.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(m_mutex);
    m_open = true;
    m_changed.notify_all();
  }
  void wait() {
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [this] { return m_open; });
  }

 private:
  std::mutex m_mutex;
  std::condition_variable m_changed;
  bool m_open = false;
};

/// What SIGHUP does while the server runs; it does nothing before and after.
class Reloader {
 public:
  void open(std::function<void()> action) {
    const std::lock_guard lock(m_mutex);
    m_action = std::move(action);
  }
  void close() { open({}); }
  void reload() {
    const std::lock_guard lock(m_mutex);
    if (m_action) m_action();
  }

 private:
  std::mutex m_mutex;
  std::function<void()> m_action;
};

/// The host in join links: the name that the operator gave, else the address that the server listens on.
std::string linkHost(const ServerCommand& command, const net::SocketAddress& quic) {
  if (!command.publicHost.empty()) return command.publicHost;
  if (command.domain != "localhost" && quic.isUnspecified()) return command.domain;
  return quic.isUnspecified() ? std::string("127.0.0.1") : quic.host();
}

session::JoinLink linkOf(const ServerCommand& command, const server::Server& server,
                         const ServerFiles& files) {
  session::JoinLink link;
  link.token = files.firstToken;
  link.host = linkHost(command, server.quicAddress());
  link.port = server.quicAddress().port();
  link.pin = files.identity->pin();
  return link;
}

bool wantsJoinLink(const ServerCommand& command) {
  const char* variable = std::getenv("ADIT_PRINT_JOIN");
  return command.printJoin || (variable != nullptr && std::string_view(variable) == "1");
}

/// Prints where the server listens and, if it was not shown before, the join link. In JSON the link is left
/// out unless the user asked for it, because the output of services is kept in logs. Returns whether the link
/// was printed.
bool announce(const ServerCommand& command, const server::Server& server, const session::JoinLink& link) {
  const bool hasLink = !link.token.empty();
  if (wantsJoinLink(command) && !hasLink) {
    logWarning("server",
               "the first join link was shown before and is not kept: use 'adit token create NAME' "
               "for another one");
  }
  if (command.common.json) {
    const bool shows = hasLink && wantsJoinLink(command);
    nlohmann::json ready = {{"event", "ready"},
                            {"quic", server.quicAddress().toString()},
                            {"http", server.httpAddress().toString()}};
    if (command.httpsListen) ready["https"] = server.httpsAddress().toString();
    if (shows) ready["join"] = link.toString();
    printJson(ready);
    return shows;
  }
  printLine(fmt::format("adit {} is a server for *.{}", ADIT_VERSION, command.domain));
  printLine(fmt::format("  clients   {} by UDP", server.quicAddress().toString()));
  printLine(fmt::format("  visitors  {}", server.httpAddress().toString()));
  if (command.httpsListen) {
    printLine(fmt::format("            {} with TLS{}", server.httpsAddress().toString(),
                          command.certificates.empty() ? ", self-signed: browsers will warn" : ""));
  }
  if (hasLink) {
    printLine("");
    printLine("Give this join link to your developers. It is a secret and is shown only now:");
    printLine("");
    printLine("  " + link.toString());
    printLine("");
  }
  return hasLink;
}

/// The certificates that were named; otherwise a self-signed one, kept with the server's files.
Result<std::unique_ptr<tls::CertificateWatcher>> openCertificates(const ServerCommand& command) {
  std::vector<tls::CertificateFiles> files = command.certificates;
  if (files.empty()) {
    auto made = tls::ensureSelfSigned(command.dataDirectory, command.domain);
    if (!made) return fail(std::move(made.error()));
    files.push_back(std::move(*made));
  }
  return tls::CertificateWatcher::start(std::move(files));
}

}  // namespace

int runServer(const ServerCommand& command) {
  const bool json = command.common.json;
  const auto stop = std::make_shared<Gate>();
  const auto reloader = std::make_shared<Reloader>();
  watchSignals({[stop] { stop->open(); }, [reloader] { reloader->reload(); }});
  logToStandardError(command.common.verbose ? LogLevel::Debug : LogLevel::Info);
  if (command.common.verbose) logDebug("app", "{}", quic::buildInfo());

  auto files = ServerFiles::open(command.dataDirectory);
  if (!files) return reportError(withDirectoryHint(files.error(), command.dataDirectory, "--data-dir"), json);

  server::ServerParams params;
  params.identity = files->identity;
  params.keys = files->keys;
  params.domain = command.domain;
  params.quicListen = command.quicListen;
  params.httpListen = command.httpListen;
  params.workers = command.workers != 0 ? command.workers : std::max(1U, std::thread::hardware_concurrency());
  params.publicPort = command.publicPort;
  params.publicScheme = command.publicScheme;
  params.trustedProxies = command.trustedProxies;
  if (command.via) params.requestVia = http::RequestVia::Added;
  params.limits = command.limits;
  params.loopbackPayload = command.common.quicPayload;
  params.congestion = command.common.congestion;
  params.tokens = std::make_shared<access::TokenWatcher>(files->tokens);
  params.nameGrace = command.nameGrace;
  params.namesFile = command.dataDirectory / "names";
  std::unique_ptr<tls::CertificateWatcher> watcher;
  if (command.httpsListen) {
    auto certificates = openCertificates(command);
    if (!certificates) {
      // Invalid files are a configuration error (2); a directory that cannot be written is not.
      const ErrorCode code = certificates.error().code;
      const bool failed = code == ErrorCode::DiskFull || code == ErrorCode::IoError;
      return reportError(certificates.error(), json, failed ? kExitFailure : kExitUsage);
    }
    watcher = std::move(*certificates);
    params.certificates = watcher->source();
    params.httpsListen = *command.httpsListen;
    params.redirectHttp = command.redirectHttp;
  }
  auto server = server::Server::start(params);
  if (!server) return reportError(server.error(), json);
  if (auto made = files->makeFirstToken(); !made) return reportError(made.error(), json);
  const session::JoinLink link = linkOf(command, **server, *files);
  if (auto kept = files->keepAddress(link); !kept)
    logWarning("server", "{}; 'adit token create' cannot print whole links", kept.error().describe());
  // Before the ready line, because its reader may send the signal at once.
  reloader->open([&watcher, tokens = params.tokens] {
    logInfo("server", "SIGHUP: reading certificates and tokens again");
    if (watcher != nullptr) watcher->lookNow();
    tokens->refresh([] {});
  });
  const bool hasShownLink = announce(command, **server, link);
  if (auto said = outputWritten(); !said && hasShownLink) {
    logWarning("server", "{}; the join link was not shown, the next start shows it", said.error().detail);
  } else if (hasShownLink) {
    if (auto forgotten = files->forgetFirstToken(); !forgotten)
      logWarning("server", "{}", forgotten.error().describe());
  }

  stop->wait();
  reloader->close();
  logInfo("server", "stopping; waiting for requests in flight");
  Gate drained;
  (*server)->drain(kDrainDeadline, [&drained] { drained.open(); });
  drained.wait();
  return 0;
}

}  // namespace adit::app
