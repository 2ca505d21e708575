// SPDX-License-Identifier: Apache-2.0
#include "app/run_gui.h"

#include <atomic>
#include <cstdlib>

#include <QApplication>
#include <QCryptographicHash>

#include "app/join_source.h"
#include "app/log_output.h"
#include "app/paths.h"
#include "app/signals.h"
#include "app/single_instance.h"
#include "core/base/files.h"
#include "core/config/profile_store.h"
#include "core/config/tunnel_store.h"
#include "core/engine/engine.h"
#include "ui/application.h"
#include "ui/dialogs/message_box.h"

namespace adit::app {

namespace {

/// A name for the directory, however its path is written. Different directories have different names.
QString instanceName(const std::filesystem::path& directory) {
  std::error_code problem;
  const std::filesystem::path real = std::filesystem::canonical(directory, problem);
  const QByteArray path = QByteArray::fromStdString((problem ? directory : real).string());
  return QStringLiteral("adit-") +
         QString::fromLatin1(QCryptographicHash::hash(path, QCryptographicHash::Sha256).toHex().left(16));
}

/// Loads the list. Returns its problems, with the file's name without its directory.
std::vector<std::string> loadTunnels(config::TunnelStore& store, const ui::TakeTunnel& take) {
  const config::StoredTunnels stored = store.load([&take](const config::StoredTunnel& tunnel) {
    return take({{tunnel.name, tunnel.target, tunnel.origin}, tunnel.started});
  });
  const std::string directory = store.file().parent_path().string() + "/";
  std::vector<std::string> problems;
  for (const Error& problem : stored.problems) {
    const bool ours = problem.detail.starts_with(directory);
    problems.push_back(ours ? problem.detail.substr(directory.size()) : problem.detail);
  }
  return problems;
}

}  // namespace

int runGui(int argc, char** argv, const GuiCommand& command) {
  // The handler must be installed before any thread starts; the application that it calls is created later.
  struct Quit {
    std::atomic<ui::Application*> application{nullptr};
  };
  static Quit quit;
  watchSignals({[] {
    if (ui::Application* application = quit.application.load()) {
      QMetaObject::invokeMethod(
          application, [application] { application->quit(); }, Qt::QueuedConnection);
    } else {
      std::_Exit(0);
    }
  }});
  logToStandardError(command.common.verbose ? LogLevel::Debug : LogLevel::Info);

  QApplication qt(argc, argv);
  QApplication::setApplicationName(QStringLiteral("Adit"));
  QApplication::setApplicationVersion(QStringLiteral(ADIT_VERSION));
  QApplication::setDesktopFileName(QStringLiteral("adit"));
  QApplication::setQuitOnLastWindowClosed(false);

  const std::filesystem::path directory = stateDirectory(command.common.stateDirectory);
  if (auto made = ensureDirectory(directory, FileSecrecy::Secret); !made) {
    ui::Application::reportFailure(withDirectoryHint(made.error(), directory, kStateDirectoryOption));
    return kExitUsage;
  }
  SingleInstance instance(instanceName(directory));
  if (!instance.claim()) return 0;

  auto link = findJoinLink(std::nullopt, std::nullopt, directory);
  if (!link) {
    ui::Application::reportFailure(link.error());
    return kExitUsage;
  }
  config::TunnelStore store(directory / "tunnels.toml");
  const config::ProfileStore profiles(profileDirectory(directory));

  ui::Application::Params params;
  params.settingsDirectory = QString::fromStdString(directory.string());
  params.loadTunnels = [&store](const ui::TakeTunnel& take) { return loadTunnels(store, take); };
  params.tunnelsFile = QString::fromStdString(store.file().string());
  params.start = command.minimized ? ui::Application::Start::Minimized : ui::Application::Start::Shown;
  params.engine = [&](std::function<void()> wake) {
    engine::EngineParams engine;
    engine.stateDirectory = directory;
    engine.join = *link;
    engine.clientName = machineName();
    engine.program = "window";
    engine.loopbackPayload = command.common.quicPayload;
    engine.targets = store.peekTargets();
    engine.congestion = command.common.congestion;
    engine.wake = std::move(wake);
    return engine::Engine::start(std::move(engine));
  };
  params.saveTunnels = [&store](const std::vector<ui::SavedTunnel>& tunnels) {
    std::vector<config::StoredTunnel> stored;
    for (const ui::SavedTunnel& tunnel : tunnels)
      stored.push_back({tunnel.spec.name, tunnel.spec.target, tunnel.started, tunnel.spec.origin});
    return store.save(stored);
  };
  params.keptJoin = [&link] { return *link; };
  params.saveJoin = [&profiles, &link](const std::optional<session::JoinLink>& joined) -> Result<> {
    *link = joined;
    if (joined) return profiles.save(*joined);
    auto removed = profiles.remove();
    if (!removed && removed.error().code == ErrorCode::NotFound) return {};
    return removed;
  };
  auto application = ui::Application::create(std::move(params));
  if (!application) {
    ui::Application::reportFailure(withDirectoryHint(application.error(), directory, kStateDirectoryOption));
    return kExitFailure;
  }
  QObject::connect(&instance, &SingleInstance::raiseRequested, application->get(),
                   &ui::Application::raiseWindow);
  quit.application = application->get();
  const int code = QApplication::exec();
  quit.application = nullptr;
  return code;
}

}  // namespace adit::app
