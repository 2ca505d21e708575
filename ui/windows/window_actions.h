// SPDX-License-Identifier: Apache-2.0
#pragma once
// The main window's commands as actions: the text, shortcut and state of each, for menus, buttons and keys.
// Owned by the window; GUI thread.

#include <QActionGroup>
#include <QObject>

#include "core/engine/types.h"
#include "ui/shortcuts.h"

class QMenu;
class QWidget;

namespace adit::ui {

class WindowActions : public QObject {
  Q_OBJECT
 public:
  explicit WindowActions(QWidget* window);

  /// Enables the actions that are possible for the selected tunnel (null: none) and the link.
  void update(const engine::TunnelSnapshot* tunnel, const engine::LinkSnapshot& link);
  void retranslate();
  void fillMainMenu(QMenu* menu) const;
  void fillTunnelMenu(QMenu* menu) const;
  void setTheme(const QString& theme);
  void setLanguage(const QString& language);

  QAction *add, *start, *stop, *takeOver, *edit, *remove, *copy, *open, *overview, *retry, *join, *log,
      *filterLog, *about, *close, *quit;

 Q_SIGNALS:
  void themeChosen(const QString& theme);
  void languageChosen(const QString& language);

 private:
  QAction* make(const QString& name, Command command = Command::Count);
  QAction* makeChoice(QActionGroup* group, const QString& name, const QString& value);

  QWidget* m_window;
  QActionGroup* m_themes;
  QActionGroup* m_languages;
  QMenu* m_themeMenu;
  QMenu* m_languageMenu;
};

}  // namespace adit::ui
