// SPDX-License-Identifier: Apache-2.0
#pragma once
// Allows one desktop application per user and state directory: a second start asks the first to show its
// window, then ends. Uses a local socket that only this user can open. GUI thread.

#include <QLocalServer>
#include <QObject>
#include <QString>

namespace adit::app {

class SingleInstance : public QObject {
  Q_OBJECT
 public:
  explicit SingleInstance(QString name) : m_name(std::move(name)) {}
  /// True if this is the first. False: another one is running and was asked to raise its window.
  bool claim();

 Q_SIGNALS:
  void raiseRequested();

 private:
  QString m_name;
  QLocalServer m_server;
};

}  // namespace adit::app
