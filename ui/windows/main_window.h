// SPDX-License-Identifier: Apache-2.0
#pragma once
// The main window: header, notices, the list of tunnels beside the details of the selected one, and the log.
// It reads the bridge's snapshots and gives commands to the engine; it stores no state of the engine. Closing
// it leaves the tray icon, or ends the application if there is no tray. GUI thread.

#include <functional>
#include <optional>
#include <QMainWindow>

#include "core/session/join_link.h"
#include "ui/engine_bridge.h"
#include "ui/models/log_model.h"
#include "ui/models/traffic_history.h"
#include "ui/models/tunnel_model.h"

class QLabel;
class QMenu;
class QScrollArea;
class QSplitter;
class QStackedWidget;
class QUrl;

namespace adit::ui {

class ContentScroll;
class DetailPane;
class EmptyPanel;
class HeaderBar;
class JoinDialog;
class Language;
class ListNotice;
class LogPane;
class MessageBox;
class Settings;
class StatusBanner;
class Theme;
class TunnelList;
class WindowActions;

class MainWindow : public QMainWindow {
  Q_OBJECT
 public:
  /// All must outlive the window.
  struct Parts {
    EngineBridge& bridge;
    Settings& settings;
    Theme& theme;
    Language& language;
    MessageBox& messages;
    std::function<bool()> trayAvailable;
    std::function<void(const QUrl&)> openUrl;
    /// Saves the link (nothing: the embedded server) for the next start; called once the server has answered.
    std::function<Result<>(const std::optional<session::JoinLink>&)> saveJoin;
    /// The link that was saved last; nothing for the embedded server. May be empty.
    std::function<std::optional<session::JoinLink>()> keptJoin;
  };

  explicit MainWindow(Parts parts);
  ~MainWindow() override;

  /// Shows the window in front of the others.
  void bringToFront();
  void addTunnelDialog();
  void copyAddress(engine::TunnelId id);
  void saveState();
  /// Shows the problems of the stored list of tunnels, in `file`. Without problems it hides the notice.
  void showListProblems(const QStringList& problems, const QString& file);
  [[nodiscard]] LogModel& log() { return m_log; }

 Q_SIGNALS:
  void quitRequested();
  /// The window was closed for the first time; the application continues in the tray.
  void firstHidden();
  /// The user wants to open the stored list of tunnels, or wants it to be read again.
  void openListRequested();
  void readListRequested();

 protected:
  void closeEvent(QCloseEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;
  void changeEvent(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void build();
  void connectParts();
  void restoreSettings();
  void keepOnScreen();
  void keepLogHeight();
  void shareRows();
  void retranslate();

  void onTunnelsChanged();
  void onLinkChanged();
  void onTrafficSampled();
  void showSelected();
  void showOverview();
  void refreshFigures();
  void updateSampling();
  void updateBanners();
  /// Gives the notices the height that their texts need, as far as the rest of the window allows.
  void placeBanners();
  void setLogOpen(bool open);
  [[nodiscard]] std::optional<engine::TunnelId> selectedId() const;
  [[nodiscard]] const engine::TunnelSnapshot* selected() const;
  void select(engine::TunnelId id);
  void selectAgain();
  void focusBeginning();

  /// Adds a tunnel and selects it. Returns the engine's error.
  Result<> addTunnel(const engine::TunnelSpec& spec);
  void editSelected();
  void takeOverSelected();
  void removeSelected();
  void openAddress(engine::TunnelId id);
  void openPage(std::string_view address);
  void copyPlainAddress();
  void joinDialog();
  void join(JoinDialog* dialog, const std::optional<session::JoinLink>& link);
  void followJoin();
  void onServerChangeFailed(const Error& error);
  void keepJoin(const std::optional<session::JoinLink>& link);
  void copyFocused();
  void showContextMenu(QPoint position);
  void chooseTheme(const QString& theme);
  void chooseLanguage(const QString& language);
  void about();

  Parts m_parts;
  TrafficBook m_traffic;
  TunnelModel m_tunnels;
  LogModel m_log;
  std::optional<engine::TunnelId> m_selectNext;  ///< Was added, but is not in the model yet.
  QString m_selectedBefore;  ///< The selected tunnel of the last run, until it is added or the user selects
                             ///< another.
  bool m_selecting = false;
  bool m_shared = false;  ///< The height was shared among the rows.
  SteadyTime m_figuresShown;
  /// A server that was asked to let this client join and has not answered yet.
  struct Joining {
    JoinDialog* dialog;
    std::optional<session::JoinLink> link;  ///< Empty: the embedded server.
    std::uint64_t revision;                 ///< The revision before it was asked.
  };
  std::optional<Joining> m_joining;

  WindowActions* m_actions;
  QMenu* m_menu;
  HeaderBar* m_header;
  QWidget* m_bannerFrame;
  ContentScroll* m_bannerScroll = nullptr;
  StatusBanner* m_banner;
  ListNotice* m_notice;
  QStackedWidget* m_stack;
  EmptyPanel* m_empty;
  QScrollArea* m_emptyPage;
  QSplitter* m_columns;
  QSplitter* m_rows;
  QLabel* m_listTitle;
  TunnelList* m_list;
  DetailPane* m_detail;
  LogPane* m_logPane;
};

}  // namespace adit::ui
