// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/list_notice.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>

#include "ui/format.h"
#include "ui/status.h"
#include "ui/theme/colors.h"
#include "ui/theme/icons.h"
#include "ui/widgets/painting.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {

ListNotice::ListNotice(QWidget* parent)
    : QWidget(parent),
      m_icon(new QLabel(this)),
      m_title(new QLabel(this)),
      m_text(new QLabel(this)),
      m_advice(new QLabel(this)),
      m_open(new QPushButton(this)),
      m_read(new QPushButton(this)),
      m_dismiss(new QToolButton(this)) {
  setObjectName(u"listNotice"_s);
  m_title->setObjectName(u"noticeTitle"_s);
  m_text->setObjectName(u"noticeText"_s);
  m_open->setObjectName(u"noticeOpen"_s);
  m_read->setObjectName(u"noticeRead"_s);
  m_dismiss->setObjectName(u"noticeDismiss"_s);
  for (QLabel* label : {m_title, m_text, m_advice}) {
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setMinimumWidth(1);  // A mistyped word may be long and must not widen the window.
  }
  m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
  m_title->setFont(scaledFont(font(), 1.0, QFont::Bold));
  m_advice->setProperty("ink", u"secondary"_s);
  m_icon->setFixedSize(22, 22);
  m_dismiss->setIcon(symbolIcon(Symbol::Clear, Ink::Secondary));

  auto* texts = new QVBoxLayout;
  texts->setSpacing(3);
  for (QLabel* label : {m_title, m_text, m_advice}) texts->addWidget(label);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(16, 10, 10, 10);
  row->setSpacing(12);
  row->addWidget(m_icon, 0, Qt::AlignTop);
  row->addLayout(texts, 1);
  row->addWidget(m_open, 0, Qt::AlignTop);
  row->addWidget(m_read, 0, Qt::AlignTop);
  row->addWidget(m_dismiss, 0, Qt::AlignTop);
  connect(m_open, &QPushButton::clicked, this, &ListNotice::openRequested);
  connect(m_read, &QPushButton::clicked, this, &ListNotice::readRequested);
  connect(m_dismiss, &QToolButton::clicked, this, [this] {
    hide();
    Q_EMIT dismissed();
  });
  hide();
}

void ListNotice::showProblems(const QStringList& problems, const QString& file) {
  m_problems = problems;
  m_file = file;
  refresh();
  setVisible(!problems.isEmpty());
}

void ListNotice::refresh() {
  const int count = static_cast<int>(m_problems.size());
  QString text = m_problems.mid(0, kShown).join(u'\n');
  if (count > kShown) text += u'\n' + tr("…and %n more, in the log", nullptr, count - kShown);
  m_title->setText(tr("Your list of tunnels has %n problem(s)", nullptr, count));
  m_text->setText(text);
  m_advice->setText(
      tr("The valid entries are used, and nothing in the file is lost. Correct it and read it again."));
  setAccessibleName(m_title->text());
  setAccessibleDescription(text);
  m_open->setText(tr("Open the file"));
  m_open->setAccessibleName(m_open->text());
  m_open->setToolTip(toolTipText(m_file));
  m_read->setText(tr("Read again"));
  m_read->setAccessibleName(tr("Read the list of tunnels again"));
  m_dismiss->setAccessibleName(tr("Dismiss this notice"));
  m_dismiss->setToolTip(m_dismiss->accessibleName());
  const Colors& colors = colorsOf(palette());
  m_icon->setPixmap(symbolPixmap(Symbol::Warn, 22, colors.waiting, devicePixelRatioF()));
}

void ListNotice::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const Colors& colors = colorsOf(palette());
  paintStrip(painter, rect(), colors.waiting, colors);
}

void ListNotice::changeEvent(QEvent* event) {
  const auto type = event->type();
  QWidget::changeEvent(event);
  if (type == QEvent::LanguageChange || type == QEvent::PaletteChange) refresh();
}

}  // namespace adit::ui
