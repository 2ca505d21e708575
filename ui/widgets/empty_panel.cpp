// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/empty_panel.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QPainterPath>
#include <QPushButton>
#include <QStyle>

#include "ui/dialogs/tunnel_input.h"
#include "ui/theme/colors.h"
#include "ui/theme/icons.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

/// The large logo.
class Mark : public QWidget {
 public:
  explicit Mark(QWidget* parent) : QWidget(parent) { setFixedSize(88, 88); }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    painter.drawPixmap(0, 0, picturePixmap(u"adit"_s, width(), devicePixelRatioF()));
  }
};

constexpr int kColumn = 420;
constexpr int kPictureFrom = 360;

}  // namespace

EmptyPanel::EmptyPanel(QWidget* parent)
    : QWidget(parent),
      m_picture(new Mark(this)),
      m_title(new QLabel(this)),
      m_text(new QLabel(this)),
      m_target(new QLineEdit(this)),
      m_expose(new QPushButton(this)),
      m_problem(new QLabel(this)),
      m_hint(new QLabel(this)),
      m_join(new QPushButton(this)) {
  setObjectName(u"emptyPanel"_s);
  m_picture->setObjectName(u"emptyPicture"_s);
  m_target->setObjectName(u"emptyTarget"_s);
  m_expose->setObjectName(u"emptyExpose"_s);
  m_problem->setObjectName(u"emptyProblem"_s);
  m_join->setObjectName(u"emptyJoin"_s);
  m_title->setFont(scaledFont(font(), 1.9, QFont::Bold));
  m_title->setAlignment(Qt::AlignCenter);
  m_text->setAlignment(Qt::AlignCenter);
  m_text->setWordWrap(true);
  m_text->setProperty("ink", u"secondary"_s);
  m_problem->setWordWrap(true);
  m_problem->setTextFormat(Qt::PlainText);
  m_problem->setProperty("ink", u"error"_s);
  m_hint->setFont(scaledFont(font(), 0.9));
  m_hint->setProperty("ink", u"secondary"_s);
  m_target->setMinimumHeight(40);
  m_target->setFont(scaledFont(font(), 1.1));
  m_expose->setMinimumHeight(40);
  m_expose->setProperty("primary", true);
  m_join->setProperty("quiet", true);
  m_join->setIcon(symbolIcon(Symbol::Link, Ink::Secondary));

  auto* entry = new QHBoxLayout;
  entry->setSpacing(10);
  entry->addWidget(m_target, 1);
  entry->addWidget(m_expose);
  auto* chips = new QHBoxLayout;
  chips->setSpacing(8);
  chips->addWidget(m_hint);
  for (const int port : {3000, 5173, 8000, 8080}) {
    auto* chip = new QPushButton(QString::number(port), this);
    chip->setObjectName(u"emptyChip%1"_s.arg(port));
    chip->setProperty("chip", true);
    connect(chip, &QPushButton::clicked, this, [this, port] {
      m_target->setText(QString::number(port));
      m_target->setFocus();
    });
    m_chips.append(chip);
    chips->addWidget(chip);
  }
  chips->addStretch();

  auto* column = new QVBoxLayout;
  column->setSpacing(10);
  column->addWidget(m_picture, 0, Qt::AlignHCenter);
  column->addSpacing(8);
  column->addWidget(m_title);
  column->addWidget(m_text);
  column->addSpacing(10);
  column->addLayout(entry);
  column->addWidget(m_problem);
  column->addLayout(chips);
  column->addSpacing(14);
  column->addWidget(m_join, 0, Qt::AlignHCenter);
  auto* frame = new QWidget(this);
  frame->setLayout(column);
  frame->setMaximumWidth(kColumn);
  frame->setMinimumWidth(320);
  auto* outer = new QVBoxLayout(this);
  outer->addStretch(2);
  auto* centre = new QHBoxLayout;
  centre->addStretch(1);
  centre->addWidget(frame, 100);
  centre->addStretch(1);
  outer->addLayout(centre);
  outer->addStretch(3);

  connect(m_expose, &QPushButton::clicked, this, &EmptyPanel::submit);
  connect(m_target, &QLineEdit::returnPressed, this, &EmptyPanel::submit);
  connect(m_target, &QLineEdit::textEdited, this, [this] { showProblem({}); });
  connect(m_join, &QPushButton::clicked, this, &EmptyPanel::joinRequested);
  QWidget* before = m_expose;
  for (QPushButton* chip : m_chips) {
    setTabOrder(before, chip);
    before = chip;
  }
  setTabOrder(before, m_join);
  showProblem({});
  retranslate();
}

void EmptyPanel::submit() {
  const QString target = m_target->text().trimmed();
  const QString problem = targetProblem(target);
  showProblem(problem);
  if (problem.isEmpty()) {
    Q_EMIT exposeRequested(target);
  } else {
    m_target->setFocus();
  }
}

void EmptyPanel::showProblem(const QString& problem) {
  m_problem->setText(problem);
  m_problem->setVisible(!problem.isEmpty());
  m_target->setProperty("invalid", !problem.isEmpty());
  m_target->style()->unpolish(m_target);
  m_target->style()->polish(m_target);
}

void EmptyPanel::focusField() { m_target->setFocus(); }

void EmptyPanel::clear() {
  m_target->clear();
  showProblem({});
}

void EmptyPanel::setEmbedded(bool embedded) {
  if (embedded == m_embedded) return;
  m_embedded = embedded;
  retranslate();
}

void EmptyPanel::retranslate() {
  m_title->setText(tr("Expose a port"));
  m_text->setText(
      m_embedded
          ? tr("Give a service on this computer an address of its own. Without a server of yours it can be "
               "reached from this computer; join one to reach it from everywhere.")
          : tr("Give a service on this computer a public address, through your own server."));
  m_target->setPlaceholderText(tr("Port, such as 3000"));
  m_target->setAccessibleName(tr("Port or address of the service"));
  m_expose->setText(tr("Expose"));
  m_expose->setAccessibleName(tr("Expose this port"));
  m_hint->setText(tr("Often used:"));
  m_join->setText(m_embedded ? tr("Join a server…") : tr("Join another server…"));
  m_join->setAccessibleName(m_join->text());
  for (QPushButton* chip : m_chips) chip->setAccessibleName(tr("Port %1").arg(chip->text()));
}

void EmptyPanel::paintEvent(QPaintEvent*) {
  // A hillside at the bottom of the panel, in the window's own colours.
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Colors& colors = colorsOf(palette());
  const double w = width();
  const double h = height();
  const auto fill = [&](QPainterPath path, double amount) {
    path.lineTo(w, h);
    path.lineTo(0, h);
    path.closeSubpath();
    painter.fillPath(path, mixed(colors.window, colors.accent, amount));
  };
  QPainterPath far(QPointF(0, 0.97 * h));
  far.cubicTo(0.28 * w, 0.96 * h, 0.45 * w, 0.80 * h, 0.70 * w, 0.76 * h);
  far.cubicTo(0.82 * w, 0.74 * h, 0.92 * w, 0.77 * h, w, 0.81 * h);
  QPainterPath near(QPointF(0, 0.82 * h));
  near.cubicTo(0.16 * w, 0.73 * h, 0.34 * w, 0.77 * h, 0.52 * w, 0.88 * h);
  near.cubicTo(0.68 * w, 0.97 * h, 0.82 * w, 0.985 * h, w, 0.99 * h);
  fill(far, colors.dark ? 0.07 : 0.06);
  fill(near, colors.dark ? 0.12 : 0.11);
}

void EmptyPanel::showEvent(QShowEvent* event) {
  // The scroll area, if the panel does not fit.
  if (parentWidget() != nullptr) parentWidget()->installEventFilter(this);
  keepRoom();
  QWidget::showEvent(event);
}

bool EmptyPanel::eventFilter(QObject* watched, QEvent* event) {
  if (watched == parentWidget() && event->type() == QEvent::Resize) keepRoom();
  return QWidget::eventFilter(watched, event);
}

/// If there is little room, the picture is hidden first, because the field matters most.
void EmptyPanel::keepRoom() {
  if (parentWidget() != nullptr) m_picture->setVisible(parentWidget()->height() >= kPictureFrom);
}

void EmptyPanel::changeEvent(QEvent* event) {
  const auto type = event->type();
  QWidget::changeEvent(event);
  if (type == QEvent::LanguageChange) retranslate();
}

}  // namespace adit::ui
