// SPDX-License-Identifier: Apache-2.0
#include "ui/tray/tray_icon.h"

#include "ui/format.h"
#include "ui/theme/icons.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {

TrayIcon::TrayIcon(QObject* parent) : QObject(parent), m_menu(std::make_unique<QMenu>()) {
  m_menu->setObjectName(u"trayMenu"_s);
  m_icon.setObjectName(u"trayIcon"_s);
  m_icon.setContextMenu(m_menu.get());
  connect(&m_icon, &QSystemTrayIcon::messageClicked, this, &TrayIcon::openRequested);
  connect(&m_icon, &QSystemTrayIcon::activated, this, [this](QSystemTrayIcon::ActivationReason reason) {
    if (reason == QSystemTrayIcon::Trigger) Q_EMIT toggleRequested();
  });
  show({});
}

TrayIcon::~TrayIcon() { m_icon.hide(); }

void TrayIcon::show(const engine::Snapshot& snapshot) {
  m_status = statusOf(snapshot);
  m_icon.setIcon(pictureIcon(statusIcon(m_status)));
  m_icon.setToolTip(statusText(m_status));

  m_menu->clear();
  QAction* open = m_menu->addAction(tr("Open Adit"));
  open->setObjectName(u"trayOpen"_s);
  connect(open, &QAction::triggered, this, &TrayIcon::openRequested);
  m_menu->addSeparator();
  for (const auto& tunnel : snapshot.tunnels) addTunnel(tunnel);
  QAction* add = m_menu->addAction(tr("Expose a port…"));
  add->setObjectName(u"trayAdd"_s);
  connect(add, &QAction::triggered, this, &TrayIcon::addRequested);
  m_menu->addSeparator();
  QAction* quit = m_menu->addAction(tr("Quit"));
  quit->setObjectName(u"trayQuit"_s);
  connect(quit, &QAction::triggered, this, &TrayIcon::quitRequested);
}

void TrayIcon::addTunnel(const engine::TunnelSnapshot& tunnel) {
  const QString name = fromUtf8(tunnel.name);
  const QString text = tunnel.url.empty() ? u"%1 · %2"_s.arg(name, stateText(tunnel))
                                          : tr("Copy %1").arg(shortAddress(tunnel.url));
  QAction* action = m_menu->addAction(QString(text).replace(u'&', "&&"_L1));
  action->setObjectName(u"trayCopy_"_s + name);
  action->setIcon(symbolIcon(Symbol::Copy, Ink::Secondary));
  action->setEnabled(!tunnel.url.empty());
  connect(action, &QAction::triggered, this, [this, id = tunnel.id] { Q_EMIT copyRequested(id); });
}

void TrayIcon::notify(const Notifier::Notice& notice, QSystemTrayIcon::MessageIcon icon) {
  if (m_icon.isVisible()) m_icon.showMessage(notice.title, notice.text, icon);
}

}  // namespace adit::ui
