// SPDX-License-Identifier: Apache-2.0
#include "ui/application.h"

#include <algorithm>
#include <QApplication>
#include <QDesktopServices>
#include <QDialog>
#include <QUrl>

#include "core/base/log.h"
#include "ui/accessibility.h"
#include "ui/dialogs/message_box.h"
#include "ui/format.h"
#include "ui/messages.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/tray/notifier.h"
#include "ui/tray/tray_icon.h"
#include "ui/windows/main_window.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

using namespace std::chrono_literals;
constexpr auto kObserveInterval = 1000ms;
// The engine answers within its deadline; if its thread is stuck, the user still gets out.
constexpr auto kQuitGrace = 1000ms;

bool same(const SavedTunnel& a, const SavedTunnel& b) { return a.spec == b.spec && a.started == b.started; }

}  // namespace

Application::Application(Params params)
    : m_params(std::move(params)), m_settings(m_params.settingsDirectory) {
  if (!m_params.messages) m_params.messages = std::make_unique<MessageBox>();
  if (!m_params.trayAvailable) m_params.trayAvailable = &TrayIcon::available;
  if (!m_params.openUrl) m_params.openUrl = &QDesktopServices::openUrl;
}

Application::~Application() = default;

Result<std::unique_ptr<Application>> Application::create(Params params) {
  std::unique_ptr<Application> application(new Application(std::move(params)));
  installAccessibility();
  application->m_theme = std::make_unique<Theme>();
  application->m_theme->apply(Theme::modeFromString(application->m_settings.text(Settings::Key::Theme)));
  application->m_language.apply(application->m_settings.text(Settings::Key::Language));
  const Result<> started = application->m_bridge.start(application->m_params.engine);
  if (!started) return tl::unexpected(started.error());
  application->compose();
  return application;
}

void Application::compose() {
  QApplication::setQuitOnLastWindowClosed(false);
  m_tray = std::make_unique<TrayIcon>();
  m_window = std::make_unique<MainWindow>(MainWindow::Parts{.bridge = m_bridge,
                                                            .settings = m_settings,
                                                            .theme = *m_theme,
                                                            .language = m_language,
                                                            .messages = *m_params.messages,
                                                            .trayAvailable = m_params.trayAvailable,
                                                            .openUrl = m_params.openUrl,
                                                            .saveJoin = m_params.saveJoin,
                                                            .keptJoin = m_params.keptJoin});
  m_notifier = std::make_unique<Notifier>(std::chrono::steady_clock::now());

  connect(m_tray.get(), &TrayIcon::openRequested, this, &Application::raiseWindow);
  connect(m_tray.get(), &TrayIcon::toggleRequested, this, [this] {
    if (m_window->isVisible() && m_window->isActiveWindow()) {
      m_window->close();
    } else {
      raiseWindow();
    }
  });
  connect(m_tray.get(), &TrayIcon::addRequested, m_window.get(), &MainWindow::addTunnelDialog);
  connect(m_tray.get(), &TrayIcon::copyRequested, m_window.get(), &MainWindow::copyAddress);
  connect(m_tray.get(), &TrayIcon::quitRequested, this, &Application::quit);
  connect(m_window.get(), &MainWindow::quitRequested, this, &Application::quit);
  connect(m_window.get(), &MainWindow::firstHidden, this, [this] {
    m_tray->notify({.title = tr("Adit keeps running in the tray"),
                    .text = tr("Your tunnels stay open. Use the icon to come back or to quit.")},
                   QSystemTrayIcon::Information);
  });

  connect(m_window.get(), &MainWindow::openListRequested, this,
          [this] { m_params.openUrl(QUrl::fromLocalFile(m_params.tunnelsFile)); });
  connect(m_window.get(), &MainWindow::readListRequested, this, &Application::readTunnels);
  readTunnels();

  const auto showInTray = [this] { m_tray->show(m_bridge.snapshot()); };
  connect(&m_bridge, &EngineBridge::tunnelsChanged, this, [this, showInTray] {
    showInTray();
    saveTunnels();
  });
  connect(&m_bridge, &EngineBridge::linkChanged, this, showInTray);
  connect(&m_bridge, &EngineBridge::drained, this, [] { QCoreApplication::exit(0); });
  connect(&m_observe, &QTimer::timeout, this, &Application::observe);
  m_observe.start(kObserveInterval);
  showInTray();

  const bool tray = m_params.trayAvailable();
  m_tray->setVisible(tray);
  if (m_params.start == Start::Shown) {
    m_window->show();
  } else if (!tray) {
    m_window->showMinimized();
  }
}

void Application::observe() {
  for (const auto& notice : m_notifier->observe(std::chrono::steady_clock::now(), m_bridge.snapshot())) {
    m_tray->notify(notice, QSystemTrayIcon::Warning);
  }
}

void Application::readTunnels() {
  if (!m_params.loadTunnels) return;
  const std::vector<std::string> problems =
      m_params.loadTunnels([this](const SavedTunnel& saved) { return takeTunnel(saved); });
  QStringList texts;
  for (const std::string& problem : problems) {
    logWarning("ui", "{}", problem);
    texts.append(fromUtf8(problem));
  }
  m_window->showListProblems(texts, m_params.tunnelsFile);
}

/// When the list is read again, it may contain tunnels that are already in use.
Result<> Application::takeTunnel(const SavedTunnel& saved) {
  engine::Engine& engine = m_bridge.engine();
  for (const auto& present : engine.snapshot().tunnels) {
    const engine::TunnelSpec& spec = present.spec;
    const bool same = saved.spec.name.empty() ? spec.name.empty() && spec.target == saved.spec.target
                                              : present.name == saved.spec.name;
    if (!same) continue;
    if (spec.target == saved.spec.target && spec.origin == saved.spec.origin) return {};
    return engine.changeTunnel(present.id, saved.spec);
  }
  const Result<engine::TunnelId> added = engine.addTunnel(saved.spec, saved.started);
  if (!added) return fail(added.error());
  m_saved.push_back(saved);
  return {};
}

void Application::saveTunnels() {
  // While the engine drains, tunnels stop one after another. The next start must not find them stopped.
  if (m_quitting || !m_params.saveTunnels) return;
  std::vector<SavedTunnel> tunnels;
  for (const auto& tunnel : m_bridge.engine().snapshot().tunnels) {
    SavedTunnel saved{.spec = tunnel.spec, .started = tunnel.state != engine::TunnelState::Stopped};
    // Keep a name that the server chose, because people know the address.
    saved.spec.name = tunnel.name;
    tunnels.push_back(std::move(saved));
  }
  if (std::ranges::equal(tunnels, m_saved, same)) return;
  if (const Result<> saved = m_params.saveTunnels(tunnels); !saved) {
    // It is saved again with the next change and when quitting.
    logError("ui", "the list of tunnels was not saved: {}", saved.error().describe());
    return;
  }
  m_saved = std::move(tunnels);
}

void Application::raiseWindow() {
  if (!m_quitting) m_window->bringToFront();
}

void Application::quit() {
  saveTunnels();
  if (std::exchange(m_quitting, true)) {
    QCoreApplication::exit(0);
    return;
  }
  m_window->saveState();
  m_window->hide();
  m_tray->setVisible(false);
  m_observe.stop();
  QTimer::singleShot(m_params.drainDeadline + kQuitGrace, this, [] { QCoreApplication::exit(0); });
  m_bridge.drain(m_params.drainDeadline);
}

void Application::reportFailure(const Error& error) {
  logError("ui", "{}", error.describe());
  Theme theme;
  theme.apply(ThemeMode::System);
  Language language;
  language.apply(u"system"_s);
  QWidget root;
  root.setWindowIcon(pictureIcon(u"adit"_s));
  MessageBox box;
  QDialog* message = box.tell(&root, tr("Adit cannot start"), withDetail(errorSentence(error), error));
  connect(message, &QDialog::finished, qApp, [] { QCoreApplication::quit(); });
  QApplication::exec();
}

}  // namespace adit::ui
