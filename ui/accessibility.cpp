// SPDX-License-Identifier: Apache-2.0
#include "ui/accessibility.h"

#include <QAccessible>
#include <QAccessibleWidget>

#include "ui/widgets/elided_label.h"
#include "ui/widgets/stat_tile.h"
#include "ui/widgets/state_pill.h"
#include "ui/widgets/traffic_graph.h"

namespace adit::ui {
namespace {

/// A widget that does one thing when it is pressed.
class Pressable : public QAccessibleWidget {
 public:
  Pressable(QWidget* widget, QAccessible::Role role, void (*press)(QWidget*))
      : QAccessibleWidget(widget, role), m_press(press) {}
  QStringList actionNames() const override {
    return QStringList(pressAction()) + QAccessibleWidget::actionNames();
  }
  void doAction(const QString& name) override {
    if (name == pressAction()) {
      if (widget()->isEnabled()) m_press(widget());
    } else {
      QAccessibleWidget::doAction(name);
    }
  }

 private:
  void (*m_press)(QWidget*);
};

QAccessibleInterface* make(const QString&, QObject* object) {
  if (auto* label = qobject_cast<ElidedLabel*>(object)) {
    if (label->kind() != ElidedLabel::Kind::Link)
      return new QAccessibleWidget(label, QAccessible::StaticText);
    return new Pressable(label, QAccessible::Link,
                         [](QWidget* widget) { Q_EMIT static_cast<ElidedLabel*>(widget)->activated(); });
  }
  if (auto* graph = qobject_cast<TrafficGraph*>(object)) {
    if (graph->kind() == TrafficGraph::Kind::Full) return new QAccessibleWidget(graph, QAccessible::Chart);
    return new Pressable(graph, QAccessible::Button,
                         [](QWidget* widget) { Q_EMIT static_cast<TrafficGraph*>(widget)->clicked(); });
  }
  if (qobject_cast<StatTile*>(object) != nullptr || qobject_cast<StatePill*>(object) != nullptr)
    return new QAccessibleWidget(static_cast<QWidget*>(object), QAccessible::StaticText);
  return nullptr;
}

}  // namespace

void setTabOrder(std::initializer_list<QWidget*> widgets) {
  QWidget* before = nullptr;
  for (QWidget* widget : widgets) {
    if (before != nullptr) QWidget::setTabOrder(before, widget);
    before = widget;
  }
}

void installAccessibility() { QAccessible::installFactory(make); }

}  // namespace adit::ui
