// SPDX-License-Identifier: Apache-2.0
#pragma once
// The desktop application; app/ creates it after the QApplication. Owns the bridge to the engine, the window,
// the tray icon and the notifier. Whatever it stores, apart from the window's own settings, goes through
// callbacks. GUI thread.

#include <functional>
#include <memory>
#include <optional>
#include <QObject>
#include <QTimer>
#include <QUrl>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/engine/types.h"
#include "core/session/join_link.h"
#include "ui/engine_bridge.h"
#include "ui/language.h"
#include "ui/settings.h"

namespace adit::ui {

class MainWindow;
class MessageBox;
class Notifier;
class Theme;
class TrayIcon;

/// A tunnel as it is kept between starts.
struct SavedTunnel {
  engine::TunnelSpec spec;
  bool started = true;
};

/// Puts a stored tunnel into use; an error says why that is not possible.
using TakeTunnel = std::function<Result<>(const SavedTunnel&)>;

class Application : public QObject {
  Q_OBJECT
 public:
  enum class Start { Shown, Minimized };

  struct Params {
    EngineFactory engine;       ///< Called once, with the wake function to hand to the engine.
    QString settingsDirectory;  ///< For adit.ini; must exist.
    /// Reads the stored tunnels and passes each to `take`. Returns a sentence, with the place in the file,
    /// for each that cannot be used. Called at the start and when the user asks for it. May be empty.
    std::function<std::vector<std::string>(const TakeTunnel& take)> loadTunnels;
    QString tunnelsFile;  ///< What loadTunnels reads, for the user to open.
    /// Called whenever the list of tunnels changed. May be empty.
    std::function<Result<>(const std::vector<SavedTunnel>&)> saveTunnels;
    /// The link that the engine was started with, or the one saved last. May be empty.
    std::function<std::optional<session::JoinLink>()> keptJoin;
    /// Called after a server accepted the login, or without a link after returning to the embedded server.
    /// May be empty.
    std::function<Result<>(const std::optional<session::JoinLink>&)> saveJoin;
    Start start = Start::Shown;
    std::unique_ptr<MessageBox> messages;           ///< Empty: real ones.
    std::function<bool()> trayAvailable;            ///< Empty: asks the system.
    std::function<void(const QUrl&)> openUrl;       ///< Empty: the desktop does.
    std::chrono::milliseconds drainDeadline{3000};  ///< For requests in flight when quitting.
  };

  /// Needs a QApplication. Returns the engine's error if that cannot start.
  static Result<std::unique_ptr<Application>> create(Params params);
  ~Application() override;

  [[nodiscard]] MainWindow& window() { return *m_window; }
  [[nodiscard]] TrayIcon& tray() { return *m_tray; }

  /// Shows why the application cannot start; returns when the message was closed. Needs a QApplication whose
  /// event loop is not running yet.
  static void reportFailure(const Error& error);

 public Q_SLOTS:
  /// Called when the application is started a second time.
  void raiseWindow();
  /// Waits for requests in flight, then ends the event loop with exit code 0. Also for SIGTERM. A second call
  /// ends it at once.
  void quit();

 private:
  explicit Application(Params params);
  void compose();
  void readTunnels();
  Result<> takeTunnel(const SavedTunnel& saved);
  void saveTunnels();
  void observe();

  Params m_params;
  std::unique_ptr<Theme> m_theme;
  Language m_language;
  Settings m_settings;
  EngineBridge m_bridge;
  std::unique_ptr<TrayIcon> m_tray;
  std::unique_ptr<MainWindow> m_window;
  std::unique_ptr<Notifier> m_notifier;
  QTimer m_observe;
  std::vector<SavedTunnel> m_saved;
  bool m_quitting = false;
};

}  // namespace adit::ui
