// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/log_pane.h"

#include <algorithm>
#include <QClipboard>
#include <QComboBox>
#include <QEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPainter>
#include <QScrollBar>
#include <QToolButton>
#include <QTreeView>

#include "ui/accessibility.h"
#include "ui/format.h"
#include "ui/shortcuts.h"
#include "ui/theme/icons.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/painting.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

constexpr int kStrip = 42;

}  // namespace

LogPane::LogPane(LogModel* model, QWidget* parent)
    : QWidget(parent),
      m_model(model),
      m_filter(new LogFilter(model, this)),
      m_toggle(new QToolButton(this)),
      m_newest(new ElidedLabel(ElidedLabel::Kind::Secondary, this)),
      m_level(new QComboBox(this)),
      m_text(new QLineEdit(this)),
      m_copy(new QToolButton(this)),
      m_clear(new QToolButton(this)),
      m_list(new QTreeView(this)) {
  setObjectName(u"logPane"_s);
  m_toggle->setObjectName(u"logToggle"_s);
  m_newest->setObjectName(u"logNewest"_s);
  m_level->setObjectName(u"logLevel"_s);
  m_text->setObjectName(u"logText"_s);
  m_copy->setObjectName(u"logCopy"_s);
  m_clear->setObjectName(u"logClear"_s);
  m_list->setObjectName(u"logList"_s);

  m_toggle->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  m_toggle->setFont(scaledFont(font(), 1.0, QFont::Bold));
  m_newest->setFont(scaledFont(font(), 0.92));
  m_level->setProperty("compact", true);
  m_text->setProperty("compact", true);
  m_text->setClearButtonEnabled(true);
  m_text->setMaximumWidth(220);
  m_copy->setIcon(symbolIcon(Symbol::Copy, Ink::Secondary));
  m_clear->setIcon(symbolIcon(Symbol::Clear, Ink::Secondary));
  for (int i = 0; i < 4; ++i) m_level->addItem(QString());

  m_list->setModel(m_filter);
  m_list->setFrameShape(QFrame::NoFrame);
  m_list->setRootIsDecorated(false);
  m_list->setHeaderHidden(true);
  m_list->setUniformRowHeights(true);
  m_list->setSelectionMode(QAbstractItemView::ExtendedSelection);
  m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  m_list->setFont(scaledFont(font(), 0.94));
  const QFontMetrics metrics(m_list->font());
  m_list->header()->setStretchLastSection(true);
  m_list->header()->setMinimumSectionSize(20);
  m_list->setColumnWidth(LogModel::TimeColumn, metrics.horizontalAdvance(u"00:00:00"_s) + 26);
  m_list->setColumnWidth(LogModel::LevelColumn, metrics.horizontalAdvance(u"Warning"_s) + 22);
  m_list->setColumnWidth(LogModel::ComponentColumn, metrics.horizontalAdvance(u"component"_s) + 18);

  auto* strip = new QHBoxLayout;
  strip->setContentsMargins(12, 0, 14, 0);
  strip->setSpacing(8);
  strip->addWidget(m_toggle);
  strip->addWidget(m_newest, 1);
  strip->addWidget(m_text);
  strip->addWidget(m_level);
  strip->addWidget(m_copy);
  strip->addWidget(m_clear);
  auto* bar = new QWidget(this);
  bar->setLayout(strip);
  bar->setFixedHeight(kStrip);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 1, 0, 0);
  column->setSpacing(0);
  column->addWidget(bar);
  auto* body = new QHBoxLayout;
  body->setContentsMargins(16, 0, 6, 8);
  body->addWidget(m_list);
  column->addLayout(body, 1);

  connect(m_toggle, &QToolButton::clicked, this, [this] { Q_EMIT toggleRequested(!isOpen()); });
  connect(m_level, &QComboBox::currentIndexChanged, this, [this](int index) {
    m_filter->setLevel(static_cast<LogLevel>(std::max(0, index)));
    if (m_follow) m_list->scrollToBottom();
    Q_EMIT levelChanged(level());
  });
  connect(m_text, &QLineEdit::textChanged, m_filter, &LogFilter::setText);
  connect(m_copy, &QToolButton::clicked, this, &LogPane::copy);
  connect(m_clear, &QToolButton::clicked, m_model, &LogModel::clear);
  connect(m_model, &QAbstractItemModel::rowsInserted, this, &LogPane::refreshNewest);
  connect(m_model, &QAbstractItemModel::modelReset, this, &LogPane::refreshNewest);
  connect(m_list->verticalScrollBar(), &QScrollBar::actionTriggered, this, [this] {
    const QScrollBar* bar_ = m_list->verticalScrollBar();
    m_follow = bar_->sliderPosition() >= bar_->maximum() - 4;
  });
  ui::setTabOrder({m_toggle, m_text, m_level, m_copy, m_clear, m_list});
  m_text->installEventFilter(this);
  retranslate();
  setOpen(false);
}

/// Escape clears the filter; if it is empty already, the focus moves to the lines.
bool LogPane::eventFilter(QObject* watched, QEvent* event) {
  if (watched == m_text && event->type() == QEvent::KeyPress &&
      static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
    if (m_text->text().isEmpty()) {
      m_list->setFocus();
    } else {
      m_text->clear();
    }
    return true;
  }
  return QWidget::eventFilter(watched, event);
}

void LogPane::focusFilter() {
  m_text->setFocus(Qt::ShortcutFocusReason);
  m_text->selectAll();
}

void LogPane::setOpen(bool open) {
  m_list->setVisible(open);
  m_newest->setVisible(true);
  m_text->setVisible(open);
  m_level->setVisible(open);
  m_copy->setVisible(open);
  m_clear->setVisible(open);
  m_toggle->setIcon(symbolIcon(open ? Symbol::ChevronDown : Symbol::ChevronUp, Ink::Secondary));
  setMinimumHeight(open ? 150 : kStrip + 1);
  setMaximumHeight(open ? QWIDGETSIZE_MAX : kStrip + 1);
  refreshNewest();
  if (open) m_list->scrollToBottom();
}

bool LogPane::isOpen() const { return !m_list->isHidden(); }

void LogPane::setLevel(LogLevel least) { m_level->setCurrentIndex(static_cast<int>(least)); }

LogLevel LogPane::level() const { return static_cast<LogLevel>(std::max(0, m_level->currentIndex())); }

bool LogPane::hasListFocus() const { return m_list->hasFocus(); }

void LogPane::copy() const {
  QList<int> rows;
  for (const QModelIndex& index : m_list->selectionModel()->selectedRows())
    rows.append(m_filter->mapToSource(index).row());
  if (rows.isEmpty()) {
    for (int row = 0; row < m_filter->rowCount(); ++row)
      rows.append(m_filter->mapToSource(m_filter->index(row, 0)).row());
  }
  std::ranges::sort(rows);
  QString text;
  for (const int row : rows) text += m_model->line(row) + u'\n';
  QGuiApplication::clipboard()->setText(text);
}

void LogPane::refreshNewest() {
  const int rows = m_model->rowCount();
  m_newest->setText(isOpen() || rows == 0 ? QString() : fromUtf8(m_model->entryAt(rows - 1).message));
  if (isOpen() && m_follow) m_list->scrollToBottom();
}

void LogPane::retranslate() {
  m_toggle->setText(tr("Log"));
  m_toggle->setAccessibleName(tr("Show or hide the log"));
  m_toggle->setToolTip(withKeys(m_toggle->accessibleName(), Command::Log));
  const QString levels[] = {tr("Everything"), tr("Info and above"), tr("Warnings and errors"),
                            tr("Errors only")};
  for (int i = 0; i < 4; ++i) m_level->setItemText(i, levels[i]);
  m_level->setAccessibleName(tr("Least level shown"));
  m_text->setPlaceholderText(tr("Filter"));
  m_text->setAccessibleName(tr("Show lines with this text"));
  m_text->setToolTip(withKeys(m_text->accessibleName(), Command::FilterLog));
  m_copy->setAccessibleName(tr("Copy the log"));
  m_copy->setToolTip(tr("Copy the selected lines, or all shown"));
  m_clear->setAccessibleName(tr("Clear the log"));
  m_clear->setToolTip(m_clear->accessibleName());
  m_list->setAccessibleName(tr("Log"));
}

void LogPane::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const Colors& colors = colorsOf(palette());
  painter.fillRect(rect(), colors.card);
  painter.fillRect(QRect(0, 0, width(), 1), colors.border);
}

void LogPane::changeEvent(QEvent* event) {
  const auto type = event->type();
  QWidget::changeEvent(event);
  if (type == QEvent::LanguageChange) retranslate();
}

}  // namespace adit::ui
