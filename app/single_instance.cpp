// SPDX-License-Identifier: Apache-2.0
#include "app/single_instance.h"

#include <QLocalSocket>

namespace adit::app {

namespace {
constexpr int kAnswerMs = 500;
}

bool SingleInstance::claim() {
  QLocalSocket other;
  other.connectToServer(m_name);
  if (other.waitForConnected(kAnswerMs)) {
    other.write("raise\n");
    other.waitForBytesWritten(kAnswerMs);
    return false;
  }
  // Nobody answers, so remove a socket that a crashed process left.
  QLocalServer::removeServer(m_name);
  m_server.setSocketOptions(QLocalServer::UserAccessOption);
  connect(&m_server, &QLocalServer::newConnection, this, [this] {
    while (QLocalSocket* caller = m_server.nextPendingConnection()) {
      caller->deleteLater();
      Q_EMIT raiseRequested();
    }
  });
  m_server.listen(m_name);  // if it fails, a second window is possible, which is better than none
  return true;
}

}  // namespace adit::app
