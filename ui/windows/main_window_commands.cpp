// SPDX-License-Identifier: Apache-2.0
// The main window's commands.
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QMenu>
#include <QUrl>

#include "core/base/log.h"
#include "ui/dialogs/join_dialog.h"
#include "ui/dialogs/message_box.h"
#include "ui/dialogs/tunnel_dialog.h"
#include "ui/format.h"
#include "ui/language.h"
#include "ui/messages.h"
#include "ui/settings.h"
#include "ui/theme/theme.h"
#include "ui/widgets/copy_button.h"
#include "ui/widgets/detail_pane.h"
#include "ui/widgets/log_pane.h"
#include "ui/widgets/tunnel_list.h"
#include "ui/windows/main_window.h"
#include "ui/windows/window_actions.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {

Result<> MainWindow::addTunnel(const engine::TunnelSpec& spec) {
  Result<engine::TunnelId> added = m_parts.bridge.engine().addTunnel(spec);
  if (!added) return tl::unexpected(added.error());
  m_selectNext = *added;
  return {};
}

void MainWindow::addTunnelDialog() {
  bringToFront();
  auto* dialog = new TunnelDialog(std::nullopt, this);
  connect(dialog, &TunnelDialog::submitted, this, [this, dialog](const engine::TunnelSpec& spec) {
    const Result<> added = addTunnel(spec);
    if (added) {
      dialog->accept();
    } else {
      dialog->showProblem(added.error());
    }
  });
  dialog->open();
}

void MainWindow::editSelected() {
  const engine::TunnelSnapshot* tunnel = selected();
  if (tunnel == nullptr) return;
  auto* dialog = new TunnelDialog(*tunnel, this);
  connect(dialog, &TunnelDialog::submitted, this,
          [this, dialog, id = tunnel->id](const engine::TunnelSpec& spec) {
            const Result<> changed = m_parts.bridge.engine().changeTunnel(id, spec);
            if (changed) {
              dialog->accept();
            } else {
              dialog->showProblem(changed.error());
            }
          });
  dialog->open();
}

void MainWindow::takeOverSelected() {
  const engine::TunnelSnapshot* tunnel = selected();
  if (tunnel == nullptr || !tunnel->heldElsewhere) return;
  engine::TunnelSpec spec = tunnel->spec;
  spec.takeOver = true;
  m_list->setFocus();  // The button that was pressed is hidden next.
  if (const Result<> asked = m_parts.bridge.engine().changeTunnel(tunnel->id, spec); !asked)
    m_parts.messages.tell(this, tr("Not taken over"), tunnelProblem(asked.error(), spec));
}

void MainWindow::removeSelected() {
  const engine::TunnelSnapshot* tunnel = selected();
  if (tunnel == nullptr) return;
  m_parts.messages.ask(this,
                       {.objectName = u"removeQuestion"_s,
                        .text = tr("Remove “%1”?").arg(fromUtf8(tunnel->name)),
                        .information = tr("Its public address stops answering at once."),
                        .yes = tr("Remove"),
                        .destructive = true},
                       [this, id = tunnel->id] {
                         // The button that was pressed now belongs to another tunnel, or is hidden.
                         m_list->setFocus();
                         m_parts.bridge.engine().removeTunnel(id);
                       });
}

void MainWindow::copyAddress(engine::TunnelId id) {
  const engine::TunnelSnapshot* tunnel = m_parts.bridge.tunnel(id);
  if (tunnel == nullptr || tunnel->url.empty()) return;
  QApplication::clipboard()->setText(fromUtf8(tunnel->url));
  m_list->showCopied(id);
  if (selectedId() == id) m_detail->copyButton().showCopied();
}

void MainWindow::copyPlainAddress() {
  const engine::TunnelSnapshot* tunnel = selected();
  if (tunnel == nullptr || tunnel->plainUrl.empty()) return;
  QApplication::clipboard()->setText(fromUtf8(tunnel->plainUrl));
  m_detail->copyPlainButton().showCopied();
}

void MainWindow::copyFocused() {
  if (m_logPane->hasListFocus()) {
    m_logPane->copy();
  } else if (const auto id = selectedId()) {
    copyAddress(*id);
  }
}

void MainWindow::openPage(std::string_view address) {
  const QUrl url(fromUtf8(address), QUrl::StrictMode);
  // The address comes from the server, so only web pages may be opened.
  if (url.scheme() == "http"_L1 || url.scheme() == "https"_L1) m_parts.openUrl(url);
}

void MainWindow::openAddress(engine::TunnelId id) {
  if (const engine::TunnelSnapshot* tunnel = m_parts.bridge.tunnel(id)) openPage(tunnel->url);
}

void MainWindow::joinDialog() {
  const bool embedded = m_parts.bridge.snapshot().link.embedded;
  auto* dialog = new JoinDialog(embedded ? JoinDialog::Current::Embedded : JoinDialog::Current::Server, this);
  connect(dialog, &JoinDialog::submitted, this,
          [this, dialog](const session::JoinLink& link) { join(dialog, link); });
  connect(dialog, &JoinDialog::embeddedRequested, this, [this, dialog] { join(dialog, std::nullopt); });
  connect(dialog, &QDialog::rejected, this, [this] {
    if (!std::exchange(m_joining, std::nullopt)) return;
    // Return to the server that was used before.
    const std::optional<session::JoinLink> kept = m_parts.keptJoin ? m_parts.keptJoin() : std::nullopt;
    const Result<> back = kept ? m_parts.bridge.engine().join(*kept) : m_parts.bridge.engine().useEmbedded();
    if (!back) logError("ui", "cannot return to the previous server: {}", back.error().describe());
  });
  dialog->open();
}

void MainWindow::join(JoinDialog* dialog, const std::optional<session::JoinLink>& link) {
  engine::Engine& engine = m_parts.bridge.engine();
  const std::uint64_t revision = m_parts.bridge.snapshot().revision;
  const Result<> joined = link ? engine.join(*link) : engine.useEmbedded();
  if (!joined) {
    dialog->showProblem(withDetail(errorSentence(joined.error()), joined.error()));
    return;
  }
  m_joining = Joining{.dialog = dialog, .link = link, .revision = revision};
  dialog->showJoining();
}

/// A link is saved only after its server accepted it, because a wrong link must not replace a working one.
void MainWindow::followJoin() {
  if (!m_joining) return;
  const engine::Snapshot& snapshot = m_parts.bridge.snapshot();
  const bool isThatServer =
      m_joining->link ? !snapshot.link.embedded && snapshot.link.server == m_joining->link->serverName()
                      : snapshot.link.embedded;
  if (snapshot.revision == m_joining->revision || !isThatServer) return;
  // The choice of the embedded server is saved as soon as that runs.
  if (snapshot.link.state == engine::LinkState::Online || !m_joining->link) {
    const Joining joined = *std::exchange(m_joining, std::nullopt);
    joined.dialog->accept();
    keepJoin(joined.link);
  } else if (snapshot.link.hasError) {
    m_joining->dialog->showProblem(linkProblem(snapshot.link.error, serverName(snapshot.link)));
  }
}

void MainWindow::onServerChangeFailed(const Error& error) {
  // The engine kept the server it had, so there is nothing to return to.
  const auto joining = std::exchange(m_joining, std::nullopt);
  if (joining && !joining->link) {
    joining->dialog->showProblem(withDetail(errorSentence(error), error));
  } else {
    m_joining = joining;
    logError("ui", "the embedded server could not be started: {}", error.describe());
  }
}

void MainWindow::keepJoin(const std::optional<session::JoinLink>& link) {
  const Result<> saved = m_parts.saveJoin ? m_parts.saveJoin(link) : Result<>();
  if (saved) return;
  m_parts.messages.tell(this, tr("Not saved"),
                        withDetail(tr("The server is used now but could not be saved for the next start.") +
                                       u' ' + errorSentence(saved.error()),
                                   saved.error()));
}

void MainWindow::showContextMenu(QPoint position) {
  const QModelIndex index = m_list->indexAt(position);
  if (!index.isValid()) return;
  m_list->setCurrentIndex(index);
  auto* menu = new QMenu(this);
  menu->setObjectName(u"tunnelMenu"_s);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  m_actions->fillTunnelMenu(menu);
  menu->popup(m_list->viewport()->mapToGlobal(position));
}

void MainWindow::chooseTheme(const QString& theme) {
  m_parts.settings.set(Settings::Key::Theme, theme);
  m_parts.theme.apply(Theme::modeFromString(theme));
}

void MainWindow::chooseLanguage(const QString& language) {
  m_parts.settings.set(Settings::Key::Language, language);
  m_parts.language.apply(language);
}

void MainWindow::about() {
  m_parts.messages.tell(
      this, u"Adit"_s,
      tr("Version %1. Gives a service on your computer a public address, through a server of your own, over "
         "QUIC.\n\nLicensed under the Apache License 2.0.")
          .arg(QApplication::applicationVersion()));
}

}  // namespace adit::ui
