// SPDX-License-Identifier: Apache-2.0
#include "app/cli.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>

#include <spdlog/fmt/fmt.h>
#include <CLI/CLI.hpp>

#include "app/help_topics.h"
#include "app/join_source.h"
#include "app/paths.h"
#include "core/base/display_text.h"
#include "core/base/host_port.h"
#include "core/base/nearest_word.h"
#include "core/client/origin_settings.h"
#include "core/client/target.h"
#include "core/quic/build_info.h"
#include "core/session/join_link.h"
#include "core/session/tunnel_name.h"

namespace adit::app {

namespace {

constexpr const char* kFooter =
    "Examples:\n"
    "  adit http 3000                     expose localhost:3000 on this machine\n"
    "  adit join --join-file link.txt     remember a server\n"
    "  adit --server --domain t.example.com\n"
    "                                     be a server and print its join link\n"
    "A join link is a secret: give it by file, standard input (-) or ADIT_JOIN, never as an argument.";

/// Empty if this build has the congestion control `name`; otherwise what is wrong with it.
std::string checkCongestion(const std::string& name) {
  const auto congestion = quic::parseCongestion(name);
  if (!congestion) return "--congestion is bbr or cubic";
  return std::string(quic::whyUnavailable(*congestion));
}

void addCommon(CLI::App& app, CommonOptions& common) {
  app.add_option("--state-dir", common.stateDirectory,
                 "Directory for keys, profiles and tunnels (see 'adit help files')");
  app.add_flag("--json", common.json, "Print one JSON object per line on standard output");
  app.add_flag("-v,--verbose", common.verbose, "Log more on standard error");
  app.add_option("--quic-payload", common.quicPayload,
                 "Bytes of UDP payload towards peers on this machine; 0: the same as on the internet")
      ->check(CLI::Range(0, 65000))
      ->check([](const std::string& given) {
        // RFC 9000 section 14.1: a QUIC path carries at least this much.
        return given != "0" && given.size() < 5 && std::atoi(given.c_str()) < 1200
                   ? std::string("--quic-payload is 0 or 1200 to 65000")
                   : std::string();
      })
      ->group("Advanced");
  app.add_option_function<std::string>(
         "--congestion",
         [&common](const std::string& name) { common.congestion = quic::parseCongestion(name); },
         "How fast this end sends: bbr or cubic (otherwise bbr, and cubic on this machine)")
      ->check(checkCongestion)
      ->group("Advanced");
}

/// Options given before the command apply to it, too, unless it was given them itself.
void inherit(CommonOptions& common, const CLI::App& sub, const CommonOptions& given) {
  if (sub.count("--state-dir") == 0) common.stateDirectory = given.stateDirectory;
  if (sub.count("--quic-payload") == 0) common.quicPayload = given.quicPayload;
  if (sub.count("--congestion") == 0) common.congestion = given.congestion;
  common.json = common.json || given.json;
  common.verbose = common.verbose || given.verbose;
}

Result<std::string> checkDomain(std::string domain) {
  constexpr std::size_t kLongest = 200;  // leaves room for a tunnel's name before it
  std::transform(domain.begin(), domain.end(), domain.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  if (!isDomainName(domain) || domain.size() > kLongest)
    return fail(ErrorCode::InvalidArgument, "'" + domain + "' is not a domain name");
  return domain;
}

/// The host as it is in a join link: an IPv6 address without its brackets.
Result<std::string> linkableHost(std::string_view given) {
  // The link is shown only once, so check that clients can read it.
  const bool isBare = given.find(':') != std::string_view::npos && !given.starts_with('[');
  const std::string host = isBare ? fmt::format("[{}]", given) : std::string(given);
  const auto parsed = parseHostPort(host);
  if (parsed && !parsed->port) {
    session::JoinLink link;
    link.token = "token";
    link.host = parsed->host;
    if (const auto read = session::JoinLink::parse(link.toString())) return read->host;
  }
  return fail(ErrorCode::InvalidArgument,
              fmt::format("--public-host: '{}' is not a host name or address without a port", given));
}

/// A sentence about the first unexpected word, with the nearest known one; empty if there is no such word.
std::string unexpectedWord(const CLI::App& root) {
  const CLI::App* app = &root;
  while (app->remaining().empty() && !app->get_subcommands().empty()) app = app->get_subcommands().front();
  const std::vector<std::string> words = app->remaining();
  if (words.empty()) return {};
  const bool isOption = words.front().starts_with('-');
  std::string_view word = words.front();
  word = word.substr(0, isOption ? word.find('=') : word.size());

  std::vector<const CLI::App*> places{app};
  std::vector<std::string> commands;
  for (const CLI::App* sub : app->get_subcommands({})) {
    if (sub->get_name().empty()) {
      places.push_back(sub);  // a group of options
    } else {
      commands.push_back(sub->get_name());
    }
  }
  std::vector<std::string> names = commands;
  if (isOption) {
    names.clear();
    for (const CLI::App* place : places) {
      for (const CLI::Option* option : place->get_options())
        names.insert(names.end(), option->get_lnames().begin(), option->get_lnames().end());
    }
  }
  const std::string_view bare = word.substr(std::min(word.find_first_not_of('-'), word.size()));
  const std::vector<std::string_view> known(names.begin(), names.end());
  const std::string_view meant = nearestWord(bare, known);
  const std::string hint =
      meant.empty() ? std::string() : fmt::format("; did you mean '{}{}'?", isOption ? "--" : "", meant);
  const std::string after = app == &root ? std::string() : fmt::format(" of '{}'", app->get_name());
  if (isOption) return fmt::format("there is no option '{}'{}{}", word, after, hint);
  if (commands.empty()) return fmt::format("unexpected argument '{}' after '{}'", word, app->get_name());
  if (app == &root && client::Target::parse(word))
    return fmt::format("there is no command '{}'; did you mean 'adit http {}'?", word, word);
  return fmt::format("there is no command '{}'{}{}", word, after, hint);
}

/// One sentence, as for any other error.
std::string parseFailure(const CLI::App* app, const CLI::Error& error) {
  // If something is missing, too, the unexpected word was most likely meant to be that.
  const bool isAboutWords = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr ||
                            dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  const std::string unexpected = isAboutWords ? unexpectedWord(*app) : std::string();
  return fmt::format("adit: {}\nRun with --help for more information.\n",
                     unexpected.empty() ? std::string(error.what()) : unexpected);
}

Finished usageError(const Error& error) {
  std::fprintf(stderr, "adit: %s\n", error.detail.c_str());
  return {kExitUsage};
}

/// Server options as the text that was given.
struct ServerWords {
  std::string quicListen = "0.0.0.0:4433";
  std::string httpListen;
  std::string httpsListen;
  std::vector<std::string> certificates, keys;
  std::vector<std::string> limits;
  std::vector<std::string> trustedProxies;
  std::string publicScheme;
};

/// Turns HTTPS on if an address or a certificate for it was given.
Result<> finishHttps(ServerCommand& server, const ServerWords& words, bool named) {
  if (words.certificates.size() != words.keys.size()) {
    return fail(ErrorCode::InvalidArgument, "every --cert needs its --key: there are " +
                                                std::to_string(words.certificates.size()) + " and " +
                                                std::to_string(words.keys.size()));
  }
  for (std::size_t i = 0; i < words.keys.size(); ++i)
    server.certificates.push_back({words.certificates[i], words.keys[i]});
  if (words.httpsListen.empty() && server.certificates.empty()) {
    if (!server.redirectHttp) return {};
    return fail(ErrorCode::InvalidArgument, "--redirect-http needs HTTPS: give --https-listen or --cert");
  }
  auto https = net::SocketAddress::parse(!words.httpsListen.empty() ? words.httpsListen
                                         : named                    ? "0.0.0.0:443"
                                                                    : "0.0.0.0:8443");
  if (!https) return fail(https.error().code, "--https-listen: " + https.error().detail);
  server.httpsListen = *https;
  return {};
}

Command finishServer(ServerCommand server, const ServerWords& words) {
  auto domain = checkDomain(server.domain.empty() ? "localhost" : server.domain);
  if (!domain) return usageError(domain.error());
  const bool named = !server.domain.empty();
  server.domain = *domain;
  if (!server.publicHost.empty()) {
    auto host = linkableHost(server.publicHost);
    if (!host) return usageError(host.error());
    server.publicHost = std::move(*host);
  }
  auto quic = net::SocketAddress::parse(words.quicListen);
  if (!quic) return usageError({quic.error().code, "--quic-listen: " + quic.error().detail, 0});
  server.quicListen = *quic;
  // With a domain, addresses should need no port.
  auto http = net::SocketAddress::parse(!words.httpListen.empty() ? words.httpListen
                                        : named                   ? "0.0.0.0:80"
                                                                  : "0.0.0.0:8080");
  if (!http) return usageError({http.error().code, "--http-listen: " + http.error().detail, 0});
  server.httpListen = *http;
  if (auto https = finishHttps(server, words, named); !https) return usageError(https.error());
  for (const std::string& limit : words.limits) {
    if (auto set = server::setLimit(server.limits, limit); !set)
      return usageError({set.error().code, "--limit: " + set.error().detail, 0});
  }
  for (const std::string& proxy : words.trustedProxies) {
    auto network = net::Network::parse(proxy);
    if (!network) return usageError({network.error().code, "--trusted-proxy: " + network.error().detail, 0});
    server.trustedProxies.push_back(*network);
  }
  if (!words.publicScheme.empty())
    server.publicScheme = words.publicScheme == "https" ? http::Scheme::Https : http::Scheme::Http;
  if (server.dataDirectory.empty())
    server.dataDirectory = stateDirectory(server.common.stateDirectory) / "server";
  return server;
}

void addOriginOptions(CLI::App& app, config::OriginOptions& origin) {
  const auto range = [](std::chrono::seconds most) {
    return CLI::Range(static_cast<int>(config::OriginOptions::kLeastTimeout.count()),
                      static_cast<int>(most.count()));
  };
  const auto seconds = [&app, &range](const char* name, std::chrono::seconds& value, const char* help) {
    app.add_option_function<std::uint32_t>(
           name, [&value](std::uint32_t given) { value = std::chrono::seconds(given); }, help)
        ->check(range(config::OriginOptions::kMostTimeout));
  };
  app.add_option("--host-header", origin.hostHeader,
                 "The Host field that the service sees: keep (the visitor's, default), target, or a name");
  app.add_option("--origin-ca", origin.caFile,
                 "PEM file of authorities to verify an https:// or h2s:// service with");
  app.add_option("--origin-server-name", origin.serverName, "The name that its certificate must be for");
  app.add_flag("--origin-insecure", origin.insecure, "Accept any certificate of the service");
  seconds("--origin-connect-timeout", origin.connectTimeout,
          "Seconds to connect to the service (default: 10)");
  seconds("--origin-tls-timeout", origin.tlsTimeout,
          "Seconds for the TLS handshake with the service (default: 10)");
  app.add_option_function<std::uint32_t>(
         "--origin-timeout",
         [&origin](std::uint32_t given) { origin.answerTimeout = std::chrono::seconds(given); },
         "Seconds until the service begins its answer (default: 100; for gRPC calls no limit)")
      ->check(range(config::OriginOptions::kMostAnswerTimeout));
}

Command finishHttp(HttpCommand http, const CLI::App& sub) {
  for (const char* option : {"--http-port", "--https", "--via"}) {
    if (sub.count(option) > 0 && http.embeddedOption.empty()) http.embeddedOption = option;
  }
  if (!http.demo) {
    const auto target = client::Target::parse(http.target);
    if (!target) return usageError(target.error());
    if (!target->tls && sub.count("--origin-tls-timeout") > 0) {
      return usageError(
          {ErrorCode::InvalidArgument, "--origin-tls-timeout needs an https:// or h2s:// target", 0});
    }
    if (auto origin = client::OriginSettings::prepare(http.origin, *target); !origin)
      return usageError(origin.error());
  }
  if (!http.name.empty()) {
    if (auto name = session::normalizeName(http.name); !name) return usageError(name.error());
  }
  return http;
}

Command printHelp(const std::string& topic) {
  const std::optional<std::string> text = topic.empty() ? helpTopics() : helpTopic(topic);
  if (text) {
    std::fputs(text->c_str(), stdout);
    return Finished{0};
  }
  const std::string_view meant = nearestTopic(topic);
  return usageError({ErrorCode::InvalidArgument,
                     fmt::format("there is no topic '{}'{}", displayText(topic),
                                 meant.empty() ? std::string("; 'adit help' lists them")
                                               : fmt::format("; did you mean '{}'?", meant)),
                     0});
}

}  // namespace

Command parseCommandLine(int argc, char** argv, Default byDefault) {
  // First, because most errors repeat the word that is wrong.
  if (std::any_of(argv, argv + argc, holdsJoinLink)) return usageError(joinLinkAsArgument());
  CLI::App app(
      "Adit exposes a service on your machine at a public address, through a server you own, over QUIC.",
      "adit");
  app.footer(kFooter + ("\n\n" + helpTopics()));
  app.set_version_flag("--version",
                       [] { return fmt::format("adit {}\n{}", ADIT_VERSION, quic::buildInfo()); });
  app.require_subcommand(0, 1);
  app.failure_message(parseFailure);

  bool isServer = false;
  GuiCommand gui;
  ServerCommand server;
  ServerWords words;
  app.add_flag("--server", isServer, "Run as a server");
  app.add_flag("--minimized", gui.minimized, "Start in the tray");
  addCommon(app, server.common);
  auto* serverGroup = app.add_option_group("Server");
  serverGroup->add_option("--data-dir", server.dataDirectory,
                          "Directory for the server's keys and tokens; created at the first start");
  serverGroup->add_option("--domain", server.domain,
                          "Tunnels get addresses below this domain: NAME.DOMAIN (default: localhost)");
  serverGroup->add_option("--quic-listen", words.quicListen,
                          "UDP address:port for clients (default: 0.0.0.0:4433)");
  serverGroup->add_option(
      "--http-listen", words.httpListen,
      "TCP address:port for visitors (default: 0.0.0.0:80 with a domain, else 0.0.0.0:8080)");
  serverGroup->add_option("--https-listen", words.httpsListen,
                          "For visitors with TLS (default with --cert: 0.0.0.0:443 with a domain, else "
                          "0.0.0.0:8443; otherwise none)");
  serverGroup
      ->add_option("--cert", words.certificates,
                   "Certificate chain in PEM; needs a --key; may be repeated (default: self-signed)")
      ->allow_extra_args(false);
  serverGroup
      ->add_option("--key", words.keys,
                   "Private key of the certificate in PEM; only you may be able to read it")
      ->allow_extra_args(false);
  serverGroup->add_flag("--redirect-http", server.redirectHttp, "Redirect visitors from http:// to https://");
  serverGroup->add_flag("--via", server.via,
                        "Add Via to requests (RFC 9110; some services then do not compress their answers)");
  serverGroup
      ->add_option("--limit", words.limits,
                   "A limit as name=value ('adit help limits' lists them); may be repeated")
      ->allow_extra_args(false);
  serverGroup
      ->add_option_function<std::uint64_t>(
          "--name-grace",
          [&server](std::uint64_t seconds) { server.nameGrace = std::chrono::seconds(seconds); },
          "How long a name stays reserved after its last tunnel ended, as 90s, 30m, 12h or 7d (default: 7d)")
      ->check(CLI::Range(0, 366 * 24 * 3600))
      ->transform(CLI::AsNumberWithUnit(
          std::map<std::string, std::uint64_t>{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}}));
  serverGroup->add_option("--workers", server.workers, "Worker threads (default: one per core)")
      ->check(CLI::Range(1, 64));
  serverGroup->add_option("--public-host", server.publicHost,
                          "Host name in the join link, if it is not the domain");
  serverGroup
      ->add_option("--public-port", server.publicPort,
                   "Port in the addresses of tunnels, if it is not the one listened on")
      ->check(CLI::Range(1, 65535));

  serverGroup->add_flag("--print-join", server.printJoin,
                        "With --json, show the first join link in the ready line (or set ADIT_PRINT_JOIN=1)");
  serverGroup
      ->add_option("--public-scheme", words.publicScheme,
                   "http or https: the scheme of the addresses of tunnels, if a proxy in front of the server "
                   "uses another one (https: with port 443 unless --public-port is given)")
      ->check(CLI::IsMember({"http", "https"}));
  serverGroup
      ->add_option(
          "--trusted-proxy", words.trustedProxies,
          "A proxy in front of the server, as an address or network (10.0.0.0/8), whose X-Forwarded-For, "
          "-Proto and -Host, or Forwarded, are trusted; may be repeated ('adit help proxy')")
      ->allow_extra_args(false);

  HttpCommand http;
  auto* httpApp = app.add_subcommand("http", "Expose an HTTP service");
  httpApp
      ->add_option("target", http.target,
                   "A port, host:port, unix:/path, or http://, https://, h2c:// (HTTP/2), h2s:// (HTTP/2 "
                   "with TLS) with host:port")
      ->required();
  addOriginOptions(*httpApp, http.origin);
  HttpCommand demo;
  demo.demo = true;
  auto* demoApp = app.add_subcommand("demo", "Expose a small built-in service to try Adit out");
  for (auto& [sub, command] : {std::pair{httpApp, &http}, std::pair{demoApp, &demo}}) {
    sub->add_option("--name", command->name,
                    "The first label of the public address (default: the server chooses)");
    sub->add_flag("--take-over", command->takeOver, "Take the name from another of your tunnels that has it")
        ->needs("--name");
    auto* joinFile = sub->add_option("--join-file", command->joinFile,
                                     "File with the server's join link; - reads standard input");
    auto* profile =
        sub->add_option("--profile", command->profile,
                        "A server remembered by 'adit join' (default: ADIT_JOIN, then the profile 'default')")
            ->excludes(joinFile);
    sub->add_flag("--embedded", command->embedded, "Use a server inside this process, even if one was joined")
        ->excludes(joinFile)
        ->excludes(profile);
    sub->add_option("--http-port", command->httpPort,
                    "First port to try for the embedded server; 0: any free port")
        ->check(CLI::Range(0, 65535))
        ->default_val(engine::kEmbeddedHttpPort);
    auto* https = sub->add_flag("--https", command->https,
                                "Make the embedded server speak HTTPS, too, with a self-signed certificate");
    sub->add_option("--https-port", command->httpsPort, "First port to try for HTTPS; 0: any free port")
        ->check(CLI::Range(0, 65535))
        ->default_val(engine::kEmbeddedHttpsPort)
        ->needs(https);
    sub->add_flag(
        "--via", command->via,
        "Let the embedded server add Via to requests (RFC 9110; some origins then do not compress)");
    addCommon(*sub, command->common);
  }
  JoinCommand join;
  auto* joinApp = app.add_subcommand("join", "Remember a server by its join link");
  auto* linkFile = joinApp->add_option("--join-file", join.joinFile,
                                       "File with the link; - or nothing reads standard input");
  auto* linkWord = joinApp->add_option("file", join.joinFile, "The same")->excludes(linkFile);
  joinApp->add_option("--profile", join.profile, "Name to remember it by")->default_val("default");
  joinApp->add_flag("--forget", join.forget, "Forget the profile instead")
      ->excludes(linkFile)
      ->excludes(linkWord);
  addCommon(*joinApp, join.common);

  ReleaseCommand release;
  auto* releaseApp = app.add_subcommand(
      "release", "Give up a name that the server reserves for you, so that anybody may have it");
  releaseApp->add_option("name", release.name, "The first label of the address")->required();
  auto* releaseLink = releaseApp->add_option("--join-file", release.joinFile,
                                             "A file with the server's join link; - reads standard input");
  releaseApp->add_option("--profile", release.profile, "A server remembered by 'adit join'")
      ->excludes(releaseLink);
  addCommon(*releaseApp, release.common);

  TokenCommand token;
  auto* tokenApp = app.add_subcommand("token", "Create, list and revoke tokens of a server on this machine");
  tokenApp->require_subcommand(1);
  auto* listApp = tokenApp->add_subcommand("list", "List the tokens (not their secrets)");
  auto* createApp = tokenApp->add_subcommand(
      "create", "Create a token and print its join link (the bare token if the server has never run)");
  createApp->add_option("label", token.value, "For whom")->default_val("token");
  createApp->add_option("--principal", token.principal,
                        "The principal whose names it shares, as shown by 'list' (default: a new one)");
  createApp
      ->add_option("--max-names", token.maxNames, "Names it may hold, reserved ones included (default: 1000)")
      ->check(CLI::Range(1, 100'000));
  auto* revokeApp = tokenApp->add_subcommand("revoke", "Revoke a token");
  revokeApp->add_option("id", token.value, "As shown by 'list'")->required();
  for (auto* sub : {listApp, createApp, revokeApp}) {
    sub->add_option("--data-dir", token.dataDirectory, "The server's data directory");
    addCommon(*sub, token.common);
  }

  std::string topic;
  auto* helpApp = app.add_subcommand("help", "Explain a topic");
  helpApp->add_option("topic", topic, "One of the topics below");
  helpApp->footer(helpTopics());

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Finished{app.exit(error) == 0 ? 0 : kExitUsage};
  } catch (const std::exception& error) {
    return usageError({ErrorCode::InvalidArgument, error.what(), 0});
  }

  const bool isCommand = !app.get_subcommands().empty();
  if (isCommand && (isServer || serverGroup->count_all() > 0)) {
    return usageError({ErrorCode::InvalidArgument,
                       fmt::format("--server and its options do not go with '{}'",
                                   app.get_subcommands().front()->get_name()),
                       0});
  }
  if (gui.minimized && (isCommand || isServer || byDefault == Default::Server))
    return usageError({ErrorCode::InvalidArgument, "--minimized is for the window", 0});
  for (const auto& [sub, common] :
       {std::pair{httpApp, &http.common}, std::pair{demoApp, &demo.common}, std::pair{joinApp, &join.common},
        std::pair{releaseApp, &release.common}, std::pair{listApp, &token.common},
        std::pair{createApp, &token.common}, std::pair{revokeApp, &token.common}}) {
    if (sub->parsed()) inherit(*common, *sub, server.common);
  }

  if (helpApp->parsed()) return printHelp(topic);
  if (httpApp->parsed()) return finishHttp(http, *httpApp);
  if (demoApp->parsed()) return finishHttp(demo, *demoApp);
  if (joinApp->parsed()) return join;
  if (releaseApp->parsed()) {
    if (auto name = session::normalizeName(release.name); !name) return usageError(name.error());
    return release;
  }
  if (tokenApp->parsed()) {
    token.action = createApp->parsed()   ? TokenCommand::Action::Create
                   : revokeApp->parsed() ? TokenCommand::Action::Revoke
                                         : TokenCommand::Action::List;
    if (token.dataDirectory.empty())
      token.dataDirectory = stateDirectory(token.common.stateDirectory) / "server";
    return token;
  }
  if (isServer || byDefault == Default::Server) return finishServer(server, words);
  if (serverGroup->count_all() > 0) {
    return usageError({ErrorCode::InvalidArgument, "these options belong to --server", 0});
  }
  if (byDefault == Default::Help && !gui.minimized) {
    std::fputs(app.help().c_str(), stdout);
    return Finished{0};
  }
  gui.common = server.common;
  return gui;
}

}  // namespace adit::app
