// SPDX-License-Identifier: Apache-2.0
#pragma once
// The command line as values: what the user asked for, checked as far as the words alone allow. main thread.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/config/origin_options.h"
#include "core/engine/types.h"
#include "core/http/message.h"
#include "core/net/address.h"
#include "core/net/network.h"
#include "core/quic/congestion.h"
#include "core/server/limits.h"
#include "core/tls/certificate_store.h"

namespace adit::app {

inline constexpr int kExitFailure = 1;  ///< The command failed while it was running.
inline constexpr int kExitUsage = 2;    ///< The command line or the configuration is wrong.

/// Options of every command.
struct CommonOptions {
  std::filesystem::path stateDirectory;  ///< Empty: the platform's.
  bool json = false;
  bool verbose = false;
  std::size_t quicPayload = 16376;             ///< UDP payload towards loopback peers; 0: as on the internet.
  std::optional<quic::Congestion> congestion;  ///< Empty: quic::chooseCongestion decides.
};

struct GuiCommand {
  CommonOptions common;
  bool minimized = false;
};
struct HttpCommand {
  CommonOptions common;
  std::string target;
  std::string name;
  std::optional<std::string> joinFile;  ///< "-": standard input.
  std::optional<std::string> profile;
  bool embedded = false;  ///< Use the embedded server even if a profile is stored.
  std::uint16_t httpPort = engine::kEmbeddedHttpPort;
  bool https = false;
  std::uint16_t httpsPort = engine::kEmbeddedHttpsPort;
  bool via = false;
  bool takeOver = false;
  std::string embeddedOption;  ///< An option for the embedded server that was given; empty: none.
  config::OriginOptions origin;
  bool demo = false;
};
struct JoinCommand {
  CommonOptions common;
  std::optional<std::string> joinFile;
  std::string profile;
  bool forget = false;
};
struct ServerCommand {
  CommonOptions common;
  std::filesystem::path dataDirectory;
  std::string domain;
  net::SocketAddress quicListen, httpListen;
  std::optional<net::SocketAddress> httpsListen;    ///< None: no HTTPS.
  std::vector<tls::CertificateFiles> certificates;  ///< Empty with HTTPS: a self-signed one.
  bool redirectHttp = false;
  bool via = false;      ///< Add a Via field to requests.
  unsigned workers = 0;  ///< 0: one per core.
  std::string publicHost;
  std::uint16_t publicPort = 0;
  bool printJoin = false;  ///< The first join link in the ready line of --json.
  std::optional<http::Scheme> publicScheme;
  std::vector<net::Network> trustedProxies;
  server::ServerLimits limits;
  Duration nameGrace = std::chrono::hours(7 * 24);
};
struct TokenCommand {
  enum class Action : std::uint8_t { List, Create, Revoke };
  CommonOptions common;
  std::filesystem::path dataDirectory;
  Action action = Action::List;
  std::string value;         ///< The label of a new token, or the id of the one to revoke.
  std::string principal;     ///< The principal of a new token; empty: a new one.
  std::size_t maxNames = 0;  ///< For a new token; 0: the default.
};
struct ReleaseCommand {
  CommonOptions common;
  std::string name;
  std::optional<std::string> joinFile;
  std::optional<std::string> profile;
};
/// Nothing is left to do: the output was already printed.
struct Finished {
  int exitCode = 0;
};

using Command =
    std::variant<Finished, GuiCommand, HttpCommand, JoinCommand, ReleaseCommand, ServerCommand, TokenCommand>;

/// What a call without a command means.
enum class Default : std::uint8_t { Gui, Server, Help };

Command parseCommandLine(int argc, char** argv, Default byDefault);

}  // namespace adit::app
