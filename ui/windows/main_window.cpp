// SPDX-License-Identifier: Apache-2.0
#include "ui/windows/main_window.h"

#include <algorithm>
#include <QAbstractButton>
#include <QAction>
#include <QCloseEvent>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QResizeEvent>
#include <QScopedValueRollback>
#include <QScreen>
#include <QScrollArea>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "ui/format.h"
#include "ui/language.h"
#include "ui/messages.h"
#include "ui/settings.h"
#include "ui/theme/colors.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/widgets/content_scroll.h"
#include "ui/widgets/detail_pane.h"
#include "ui/widgets/empty_panel.h"
#include "ui/widgets/header_bar.h"
#include "ui/widgets/list_notice.h"
#include "ui/widgets/log_pane.h"
#include "ui/widgets/status_banner.h"
#include "ui/widgets/traffic_graph.h"
#include "ui/widgets/tunnel_list.h"
#include "ui/windows/window_actions.h"
#include "ui/windows/window_place.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

using namespace std::chrono_literals;
// Nobody can read figures that change faster.
constexpr auto kFiguresInterval = 450ms;
constexpr QSize kUsual{1120, 740};
constexpr int kLeastLog = 150;
constexpr int kLeastRows = 60;
constexpr int kLeastDetail = 340;

}  // namespace

MainWindow::MainWindow(Parts parts)
    : m_parts(std::move(parts)),
      m_tunnels(m_traffic),
      m_actions(new WindowActions(this)),
      m_menu(new QMenu(this)),
      m_header(new HeaderBar(this)),
      m_bannerFrame(new QWidget(this)),
      m_banner(new StatusBanner(m_bannerFrame)),
      m_notice(new ListNotice(m_bannerFrame)),
      m_stack(new QStackedWidget(this)),
      m_empty(new EmptyPanel(this)),
      m_emptyPage(new QScrollArea(this)),
      m_columns(new QSplitter(Qt::Horizontal, this)),
      m_rows(new QSplitter(Qt::Vertical, this)),
      m_listTitle(new QLabel(this)),
      m_list(new TunnelList(&m_tunnels, this)),
      m_detail(new DetailPane(this)),
      m_logPane(new LogPane(&m_log, this)) {
  setObjectName(u"mainWindow"_s);
  setWindowTitle(u"Adit"_s);
  setWindowIcon(pictureIcon(u"adit"_s));
  build();
  connectParts();
  restoreSettings();
  retranslate();
  onTunnelsChanged();
  onLinkChanged();
}

MainWindow::~MainWindow() = default;

void MainWindow::build() {
  m_list->setObjectName(u"tunnelList"_s);
  m_listTitle->setObjectName(u"listTitle"_s);
  m_stack->setObjectName(u"stack"_s);
  m_columns->setObjectName(u"columns"_s);
  m_rows->setObjectName(u"rows"_s);
  m_list->setContextMenuPolicy(Qt::CustomContextMenu);
  m_listTitle->setFont(scaledFont(font(), 0.92, QFont::Bold));
  m_list->setMinimumHeight(1);
  m_listTitle->setIndent(5);
  m_actions->fillMainMenu(m_menu);
  m_menu->setObjectName(u"mainMenu"_s);
  m_header->setMenu(m_menu);

  auto* left = new QWidget(this);
  auto* leftColumn = new QVBoxLayout(left);
  leftColumn->setContentsMargins(16, 20, 2, 8);
  leftColumn->setSpacing(8);
  leftColumn->addWidget(m_listTitle);
  leftColumn->addWidget(m_list, 1);
  left->setMinimumWidth(250);
  m_columns->addWidget(left);
  auto* scroll = new QScrollArea(this);
  scroll->setObjectName(u"detailScroll"_s);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setWidgetResizable(true);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setFocusPolicy(Qt::NoFocus);
  scroll->setWidget(m_detail);
  scroll->setMinimumWidth(kLeastDetail);
  scroll->viewport()->setAutoFillBackground(false);
  m_detail->setAutoFillBackground(false);
  m_columns->addWidget(scroll);
  m_columns->setStretchFactor(0, 0);
  m_columns->setStretchFactor(1, 1);
  m_columns->setChildrenCollapsible(false);
  m_columns->setHandleWidth(8);
  m_columns->setSizes({340, 900});

  // A small window with two notices has no room for the whole page.
  m_emptyPage->setFrameShape(QFrame::NoFrame);
  m_emptyPage->setWidgetResizable(true);
  m_emptyPage->setFocusPolicy(Qt::NoFocus);
  m_emptyPage->setWidget(m_empty);
  m_emptyPage->viewport()->setAutoFillBackground(false);
  m_empty->setAutoFillBackground(false);
  m_stack->addWidget(m_emptyPage);
  m_stack->addWidget(m_columns);
  m_stack->setMinimumHeight(kLeastRows);  // In a small window, notices are more important.
  m_rows->addWidget(m_stack);
  m_rows->addWidget(m_logPane);
  m_rows->setStretchFactor(0, 1);
  m_rows->setStretchFactor(1, 0);
  m_rows->setChildrenCollapsible(false);
  m_rows->setHandleWidth(1);

  auto* bannerColumn = new QVBoxLayout(m_bannerFrame);
  bannerColumn->setContentsMargins(20, 14, 20, 0);
  bannerColumn->setSpacing(10);
  bannerColumn->addWidget(m_banner);
  bannerColumn->addWidget(m_notice);

  auto* centre = new QWidget(this);
  auto* column = new QVBoxLayout(centre);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(m_header);
  m_bannerScroll = new ContentScroll(m_bannerFrame, this);
  m_bannerScroll->setObjectName(u"bannerScroll"_s);
  column->addWidget(m_bannerScroll);
  column->addWidget(m_rows, 1);
  setCentralWidget(centre);
  setMinimumSize(620, 480);
  // Must fit a small screen, with room for a title bar and a panel.
  resize(kUsual.boundedTo(screen()->availableSize() - QSize(40, 80)).expandedTo(minimumSize()));
}

void MainWindow::connectParts() {
  EngineBridge& bridge = m_parts.bridge;
  connect(&bridge, &EngineBridge::tunnelsChanged, this, &MainWindow::onTunnelsChanged);
  connect(&bridge, &EngineBridge::linkChanged, this, &MainWindow::onLinkChanged);
  connect(&bridge, &EngineBridge::serverChangeFailed, this, &MainWindow::onServerChangeFailed);
  connect(&bridge, &EngineBridge::trafficSampled, this, &MainWindow::onTrafficSampled);
  connect(&bridge, &EngineBridge::logAdded, &m_log, &LogModel::append);

  connect(m_header, &HeaderBar::addRequested, this, &MainWindow::addTunnelDialog);
  connect(m_header, &HeaderBar::overviewRequested, this, &MainWindow::showOverview);
  connect(m_actions->overview, &QAction::triggered, this, &MainWindow::showOverview);
  connect(m_actions->filterLog, &QAction::triggered, this, [this] {
    setLogOpen(true);
    m_logPane->focusFilter();
  });
  connect(m_banner, &StatusBanner::retryRequested, this, [this] { m_parts.bridge.engine().retryNow(); });
  connect(m_banner, &StatusBanner::joinRequested, this, &MainWindow::joinDialog);
  connect(m_notice, &ListNotice::openRequested, this, &MainWindow::openListRequested);
  connect(m_notice, &ListNotice::readRequested, this, &MainWindow::readListRequested);
  connect(m_notice, &ListNotice::dismissed, this, &MainWindow::updateBanners);
  connect(m_bannerScroll, &ContentScroll::contentChanged, this, &MainWindow::placeBanners);
  connect(m_empty, &EmptyPanel::joinRequested, this, &MainWindow::joinDialog);
  connect(m_empty, &EmptyPanel::exposeRequested, this, [this](const QString& target) {
    const engine::TunnelSpec spec{.name = {}, .target = target.toStdString()};
    const Result<> added = addTunnel(spec);
    if (added) {
      m_empty->clear();
    } else {
      m_empty->showProblem(tunnelProblem(added.error(), spec));
    }
  });
  connect(m_list, &TunnelList::copyRequested, this, &MainWindow::copyAddress);
  connect(m_list, &TunnelList::openRequested, this, &MainWindow::openAddress);
  connect(m_list, &QWidget::customContextMenuRequested, this, &MainWindow::showContextMenu);
  connect(m_list->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
    if (!m_selecting) m_selectedBefore.clear();
    showSelected();
  });

  const auto withSelected = [this](auto command) {
    return [this, command] {
      if (const auto id = selectedId()) command(*id);
    };
  };
  const auto start = withSelected([this](engine::TunnelId id) { m_parts.bridge.engine().startTunnel(id); });
  const auto stop = withSelected([this](engine::TunnelId id) { m_parts.bridge.engine().stopTunnel(id); });
  const auto open = withSelected([this](engine::TunnelId id) { openAddress(id); });
  connect(m_detail, &DetailPane::startRequested, this, start);
  connect(m_detail, &DetailPane::stopRequested, this, stop);
  connect(m_detail, &DetailPane::openRequested, this, open);
  connect(m_detail, &DetailPane::copyRequested, this,
          withSelected([this](engine::TunnelId id) { copyAddress(id); }));
  connect(m_detail, &DetailPane::copyPlainRequested, this, &MainWindow::copyPlainAddress);
  connect(m_detail, &DetailPane::openPlainRequested, this, [this] {
    if (const engine::TunnelSnapshot* tunnel = selected()) openPage(tunnel->plainUrl);
  });
  connect(m_detail, &DetailPane::editRequested, this, &MainWindow::editSelected);
  connect(m_detail, &DetailPane::takeOverRequested, this, &MainWindow::takeOverSelected);
  connect(m_detail, &DetailPane::removeRequested, this, &MainWindow::removeSelected);

  connect(m_actions->add, &QAction::triggered, this, &MainWindow::addTunnelDialog);
  connect(m_actions->start, &QAction::triggered, this, start);
  connect(m_actions->stop, &QAction::triggered, this, stop);
  connect(m_actions->open, &QAction::triggered, this, open);
  connect(m_actions->edit, &QAction::triggered, this, &MainWindow::editSelected);
  connect(m_actions->takeOver, &QAction::triggered, this, &MainWindow::takeOverSelected);
  connect(m_actions->remove, &QAction::triggered, this, [this] {
    // In the log, Delete is not meant for a tunnel.
    if (!m_logPane->hasListFocus()) removeSelected();
  });
  connect(m_actions->copy, &QAction::triggered, this, &MainWindow::copyFocused);
  connect(m_actions->retry, &QAction::triggered, this, [this] { m_parts.bridge.engine().retryNow(); });
  connect(m_actions->join, &QAction::triggered, this, &MainWindow::joinDialog);
  connect(m_actions->about, &QAction::triggered, this, &MainWindow::about);
  connect(m_actions->close, &QAction::triggered, this, &QWidget::close);
  connect(m_actions->quit, &QAction::triggered, this, &MainWindow::quitRequested);
  connect(m_actions->log, &QAction::triggered, this, &MainWindow::setLogOpen);
  connect(m_actions, &WindowActions::themeChosen, this, &MainWindow::chooseTheme);
  connect(m_actions, &WindowActions::languageChosen, this, &MainWindow::chooseLanguage);
  connect(m_logPane, &LogPane::toggleRequested, this, &MainWindow::setLogOpen);
  connect(m_logPane, &LogPane::levelChanged, this,
          [this](LogLevel least) { m_parts.settings.set(Settings::Key::LogLevel, static_cast<int>(least)); });
}

void MainWindow::restoreSettings() {
  const Settings& settings = m_parts.settings;
  restoreGeometry(settings.bytes(Settings::Key::WindowGeometry));
  keepOnScreen();
  m_selectedBefore = settings.text(Settings::Key::SelectedTunnel);
  m_columns->restoreState(settings.bytes(Settings::Key::SplitterState));
  m_logPane->setLevel(static_cast<LogLevel>(qBound(0, settings.number(Settings::Key::LogLevel), 3)));
  setLogOpen(settings.flag(Settings::Key::LogVisible));
  m_actions->setTheme(settings.text(Settings::Key::Theme));
  m_actions->setLanguage(settings.text(Settings::Key::Language));
}

/// A screen may have been removed or become smaller since the window was last open. Qt does not handle all of
/// these cases.
void MainWindow::keepOnScreen() {
  if (windowState().testFlag(Qt::WindowMaximized) || windowState().testFlag(Qt::WindowFullScreen)) return;
  QList<QRect> screens;
  for (const QScreen* each : QGuiApplication::screens()) screens.append(each->availableGeometry());
  const QRect inside = placedOn(screens, geometry());
  if (inside != geometry()) setGeometry(inside);
}

void MainWindow::setLogOpen(bool open) {
  if (!open && m_logPane->isOpen()) keepLogHeight();
  m_logPane->setOpen(open);
  m_actions->log->setChecked(open);
  m_parts.settings.set(Settings::Key::LogVisible, open);
  placeBanners();
  shareRows();
}

/// A splitter keeps its sizes, even if a maximum that was set later is smaller.
void MainWindow::shareRows() {
  const int wanted = qBound(kLeastLog, m_parts.settings.number(Settings::Key::LogHeight),
                            std::max(kLeastLog, m_rows->height() / 2));
  const int pane = m_logPane->isOpen() ? wanted : m_logPane->minimumHeight();
  m_rows->setSizes({std::max(1, m_rows->height() - pane), pane});
}

void MainWindow::keepLogHeight() {
  // Before the window is shown, widgets have no real size.
  if (m_logPane->isOpen() && m_logPane->height() >= kLeastLog)
    m_parts.settings.set(Settings::Key::LogHeight, m_logPane->height());
}

void MainWindow::saveState() {
  keepLogHeight();
  const engine::TunnelSnapshot* tunnel = selected();
  if (m_selectedBefore.isEmpty())
    m_parts.settings.set(Settings::Key::SelectedTunnel,
                         tunnel == nullptr ? QString() : fromUtf8(tunnel->name));
  m_parts.settings.set(Settings::Key::WindowGeometry, saveGeometry());
  m_parts.settings.set(Settings::Key::SplitterState, m_columns->saveState());
  m_parts.settings.sync();
}

void MainWindow::retranslate() {
  m_actions->retranslate();
  m_list->setAccessibleName(tr("Tunnels"));
  m_listTitle->setText(tr("%n tunnel(s)", nullptr, m_tunnels.rowCount()));
}

void MainWindow::onTunnelsChanged() {
  const engine::Snapshot& snapshot = m_parts.bridge.snapshot();
  // New tunnels must have a history before a widget asks for it.
  m_traffic.add(snapshot);
  const bool first = m_tunnels.rowCount() == 0 && !snapshot.tunnels.empty();
  m_tunnels.update(snapshot.tunnels);
  // Users need an address first; the overview is one click away.
  if (first) select(snapshot.tunnels.front().id);
  selectAgain();
  QWidget* page = snapshot.tunnels.empty() ? static_cast<QWidget*>(m_emptyPage) : m_columns;
  if (page != m_stack->currentWidget()) {
    m_stack->setCurrentWidget(page);
    focusBeginning();
  }
  m_listTitle->setText(tr("%n tunnel(s)", nullptr, m_tunnels.rowCount()));
  if (m_selectNext && m_tunnels.rowOf(*m_selectNext) >= 0) {
    select(*std::exchange(m_selectNext, std::nullopt));
    m_list->setFocus();
  }
  showSelected();
}

void MainWindow::onLinkChanged() {
  const engine::Snapshot& snapshot = m_parts.bridge.snapshot();
  m_header->showLink(snapshot);
  m_banner->showLink(snapshot.link);
  updateBanners();
  m_empty->setEmbedded(snapshot.link.embedded);
  m_actions->update(selected(), snapshot.link);
}

void MainWindow::updateBanners() {
  m_bannerScroll->setVisible(!m_banner->isHidden() || !m_notice->isHidden());
  placeBanners();
}

void MainWindow::placeBanners() {
  const int wanted = m_bannerScroll->heightForWidth(width());
  const int room = height() - m_header->height() - m_rows->minimumSizeHint().height();
  m_bannerScroll->setFixedHeight(
      std::min(wanted, std::max(room, m_bannerScroll->minimumSizeHint().height())));
}

void MainWindow::showListProblems(const QStringList& problems, const QString& file) {
  m_notice->showProblems(problems, file);
  updateBanners();
}

void MainWindow::onTrafficSampled() {
  const engine::Snapshot& snapshot = m_parts.bridge.snapshot();
  m_traffic.add(snapshot);
  followJoin();
  updateBanners();
  if (!isVisible() || snapshot.taken - m_figuresShown < kFiguresInterval) return;
  refreshFigures();
}

void MainWindow::refreshFigures() {
  m_figuresShown = m_parts.bridge.snapshot().taken;
  m_tunnels.refreshTraffic();
  m_detail->refreshTraffic();
  m_header->showTraffic(m_traffic.total()->current());
}

std::optional<engine::TunnelId> MainWindow::selectedId() const {
  const QModelIndexList rows = m_list->selectionModel()->selectedIndexes();
  if (rows.isEmpty()) return std::nullopt;
  return m_tunnels.tunnelAt(rows.first().row()).id;
}

const engine::TunnelSnapshot* MainWindow::selected() const {
  const auto id = selectedId();
  return id ? m_parts.bridge.tunnel(*id) : nullptr;
}

/// Selects the tunnel that was selected when the application ended. Tunnels are added one after another, so
/// it may come later.
void MainWindow::selectAgain() {
  if (m_selectedBefore.isEmpty()) return;
  for (const auto& tunnel : m_parts.bridge.snapshot().tunnels) {
    if (fromUtf8(tunnel.name) != m_selectedBefore) continue;
    m_selectedBefore.clear();
    select(tunnel.id);
    return;
  }
}

void MainWindow::select(engine::TunnelId id) {
  const QScopedValueRollback guard(m_selecting, true);
  m_list->setCurrentIndex(m_tunnels.index(m_tunnels.rowOf(id), 0));
}

void MainWindow::showOverview() {
  m_list->selectionModel()->clear();
  // The widget that had the focus may be hidden now.
  if (m_stack->currentWidget() == m_columns) m_list->setFocus();
}

void MainWindow::keyPressEvent(QKeyEvent* event) {
  // Outside of dialogs, Qt does not let Return press the focused button, but people expect it.
  const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
  if (auto* button = qobject_cast<QAbstractButton*>(focusWidget()); button != nullptr && enter) {
    button->click();
  } else {
    QMainWindow::keyPressEvent(event);
  }
}

void MainWindow::showSelected() {
  const engine::Snapshot& snapshot = m_parts.bridge.snapshot();
  const engine::TunnelSnapshot* tunnel = selected();
  if (tunnel != nullptr) {
    m_detail->showTunnel(*tunnel, m_traffic.of(tunnel->id));
  } else {
    m_detail->showTotal(snapshot, m_traffic.total());
  }
  m_header->graph().setHistory(m_traffic.total());
  m_actions->update(tunnel, snapshot.link);
}

void MainWindow::bringToFront() {
  if (isMinimized()) setWindowState(windowState() & ~Qt::WindowMinimized);
  show();
  raise();
  activateWindow();
}

void MainWindow::closeEvent(QCloseEvent* event) {
  saveState();
  event->accept();
  if (!m_parts.trayAvailable()) {
    Q_EMIT quitRequested();
    return;
  }
  if (!m_parts.settings.flag(Settings::Key::TrayExplained)) {
    m_parts.settings.set(Settings::Key::TrayExplained, true);
    Q_EMIT firstHidden();
  }
}

void MainWindow::updateSampling() {
  const bool watched = isVisible() && !isMinimized();
  m_parts.bridge.setSampling(watched ? EngineBridge::Sampling::Watched : EngineBridge::Sampling::Background);
}

void MainWindow::showEvent(QShowEvent* event) {
  QMainWindow::showEvent(event);
  // Only now is the height known.
  if (!std::exchange(m_shared, true)) shareRows();
  // Qt would give the focus to the first button.
  if (focusWidget() == nullptr) focusBeginning();
  updateSampling();
  refreshFigures();
}

void MainWindow::focusBeginning() {
  if (m_stack->currentWidget() == m_emptyPage) {
    m_empty->focusField();
  } else {
    m_list->setFocus();
  }
}

void MainWindow::hideEvent(QHideEvent* event) {
  QMainWindow::hideEvent(event);
  updateSampling();
}

void MainWindow::resizeEvent(QResizeEvent* event) {
  placeBanners();
  QMainWindow::resizeEvent(event);
}

void MainWindow::changeEvent(QEvent* event) {
  const auto type = event->type();
  QMainWindow::changeEvent(event);
  if (type == QEvent::LanguageChange) retranslate();
  if (type == QEvent::WindowStateChange) updateSampling();
}

}  // namespace adit::ui
