// SPDX-License-Identifier: Apache-2.0
#pragma once
// Adit's icon in the system's tray. Icon and tooltip show the state, and the menu copies each tunnel's
// address. Does nothing if there is no tray. GUI thread.

#include <memory>
#include <QMenu>
#include <QSystemTrayIcon>

#include "core/engine/types.h"
#include "ui/status.h"
#include "ui/tray/notifier.h"

namespace adit::ui {

class TrayIcon : public QObject {
  Q_OBJECT
 public:
  explicit TrayIcon(QObject* parent = nullptr);
  ~TrayIcon() override;

  static bool available() { return QSystemTrayIcon::isSystemTrayAvailable(); }
  void setVisible(bool visible) { m_icon.setVisible(visible); }
  /// Updates icon, tooltip and menu.
  void show(const engine::Snapshot& snapshot);
  void notify(const Notifier::Notice& notice, QSystemTrayIcon::MessageIcon icon);
  [[nodiscard]] Status status() const { return m_status; }
  [[nodiscard]] QMenu& menu() { return *m_menu; }

 Q_SIGNALS:
  void openRequested();
  void toggleRequested();
  void addRequested();
  void copyRequested(adit::engine::TunnelId id);
  void quitRequested();

 private:
  void addTunnel(const engine::TunnelSnapshot& tunnel);

  Status m_status = Status::Offline;
  std::unique_ptr<QMenu> m_menu;  // Outlives the icon that shows it.
  QSystemTrayIcon m_icon;
};

}  // namespace adit::ui
