// SPDX-License-Identifier: Apache-2.0
#include "ui/windows/window_actions.h"

#include <QAction>
#include <QMenu>

#include "ui/theme/icons.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {

WindowActions::WindowActions(QWidget* window)
    : QObject(window),
      m_window(window),
      m_themes(new QActionGroup(this)),
      m_languages(new QActionGroup(this)),
      m_themeMenu(new QMenu(window)),
      m_languageMenu(new QMenu(window)) {
  add = make(u"actionAdd"_s, Command::Add);
  // Only one of these two is enabled at a time.
  start = make(u"actionStart"_s, Command::StartStop);
  stop = make(u"actionStop"_s, Command::StartStop);
  takeOver = make(u"actionTakeOver"_s);
  edit = make(u"actionEdit"_s, Command::Edit);
  remove = make(u"actionRemove"_s, Command::Remove);
  copy = make(u"actionCopy"_s, Command::Copy);
  open = make(u"actionOpen"_s, Command::Open);
  overview = make(u"actionOverview"_s, Command::Overview);
  retry = make(u"actionRetry"_s, Command::Retry);
  join = make(u"actionJoin"_s, Command::Join);
  log = make(u"actionLog"_s, Command::Log);
  filterLog = make(u"actionFilterLog"_s, Command::FilterLog);
  about = make(u"actionAbout"_s);
  close = make(u"actionClose"_s, Command::Close);
  quit = make(u"actionQuit"_s, Command::Quit);
  log->setCheckable(true);
  add->setIcon(symbolIcon(Symbol::Add));
  start->setIcon(symbolIcon(Symbol::Play));
  stop->setIcon(symbolIcon(Symbol::Stop));
  edit->setIcon(symbolIcon(Symbol::Edit));
  remove->setIcon(symbolIcon(Symbol::Remove));
  copy->setIcon(symbolIcon(Symbol::Copy));
  open->setIcon(symbolIcon(Symbol::Open));
  join->setIcon(symbolIcon(Symbol::Link));
  retry->setIcon(symbolIcon(Symbol::Retry));

  for (const auto& value : {u"system"_s, u"light"_s, u"dark"_s})
    m_themeMenu->addAction(makeChoice(m_themes, u"actionTheme_"_s, value));
  for (const auto& value : {u"system"_s, u"en"_s, u"zh_CN"_s}) {
    m_languageMenu->addAction(makeChoice(m_languages, u"actionLanguage_"_s, value));
  }
  connect(m_themes, &QActionGroup::triggered, this,
          [this](const QAction* action) { Q_EMIT themeChosen(action->data().toString()); });
  connect(m_languages, &QActionGroup::triggered, this,
          [this](const QAction* action) { Q_EMIT languageChosen(action->data().toString()); });
  retranslate();
}

QAction* WindowActions::make(const QString& name, Command command) {
  auto* action = new QAction(this);
  action->setObjectName(name);
  action->setShortcut(keysOf(command));
  m_window->addAction(action);
  return action;
}

QAction* WindowActions::makeChoice(QActionGroup* group, const QString& name, const QString& value) {
  auto* action = new QAction(group);
  action->setObjectName(name + value);
  action->setCheckable(true);
  action->setData(value);
  return action;
}

void WindowActions::setTheme(const QString& theme) {
  for (QAction* action : m_themes->actions()) action->setChecked(action->data().toString() == theme);
}

void WindowActions::setLanguage(const QString& language) {
  for (QAction* action : m_languages->actions()) action->setChecked(action->data().toString() == language);
}

void WindowActions::update(const engine::TunnelSnapshot* tunnel, const engine::LinkSnapshot& link) {
  const bool stopped = tunnel != nullptr && tunnel->state == engine::TunnelState::Stopped;
  start->setEnabled(stopped);
  stop->setEnabled(tunnel != nullptr && !stopped);
  takeOver->setVisible(tunnel != nullptr && tunnel->heldElsewhere);
  edit->setEnabled(tunnel != nullptr);
  remove->setEnabled(tunnel != nullptr);
  copy->setEnabled(true);  // Also copies log lines; does nothing if there is nothing to copy.
  open->setEnabled(tunnel != nullptr && !tunnel->url.empty());
  overview->setEnabled(tunnel != nullptr);
  retry->setEnabled(link.state != engine::LinkState::Online);
}

void WindowActions::retranslate() {
  add->setText(tr("Expose a port…"));
  start->setText(tr("Start"));
  stop->setText(tr("Stop"));
  takeOver->setText(tr("Take the name over"));
  edit->setText(tr("Edit…"));
  remove->setText(tr("Remove…"));
  copy->setText(tr("Copy address"));
  open->setText(tr("Open in browser"));
  overview->setText(tr("All tunnels together"));
  filterLog->setText(tr("Search the log"));
  retry->setText(tr("Reconnect now"));
  join->setText(tr("Join a server…"));
  log->setText(tr("Show log"));
  about->setText(tr("About Adit"));
  close->setText(tr("Close window"));
  quit->setText(tr("Quit"));
  m_themeMenu->setTitle(tr("Appearance"));
  m_languageMenu->setTitle(tr("Language"));
  const QString themes[] = {tr("As the system"), tr("Light"), tr("Dark")};
  for (int i = 0; i < 3; ++i) m_themes->actions().at(i)->setText(themes[i]);
  // Each language is named in itself, so that its speakers can read it.
  const QString languages[] = {tr("As the system"), u"English"_s, u"简体中文"_s};
  for (int i = 0; i < 3; ++i) m_languages->actions().at(i)->setText(languages[i]);
}

void WindowActions::fillMainMenu(QMenu* menu) const {
  menu->addAction(add);
  menu->addAction(join);
  menu->addAction(retry);
  menu->addSeparator();
  menu->addAction(overview);
  menu->addAction(log);
  menu->addAction(filterLog);
  menu->addSeparator();
  menu->addMenu(m_themeMenu);
  menu->addMenu(m_languageMenu);
  menu->addSeparator();
  menu->addAction(about);
  menu->addAction(close);
  menu->addAction(quit);
}

void WindowActions::fillTunnelMenu(QMenu* menu) const {
  menu->addAction(copy);
  menu->addAction(open);
  menu->addSeparator();
  menu->addAction(start);
  menu->addAction(stop);
  menu->addAction(takeOver);
  menu->addSeparator();
  menu->addAction(edit);
  menu->addAction(remove);
}

}  // namespace adit::ui
