// SPDX-License-Identifier: Apache-2.0
#pragma once
// Accessibility of the widgets that draw themselves: a screen reader sees a link as a link that can be
// pressed, a graph as a chart, and the others as text. Names and descriptions come from the widgets. Also
// sets the tab order. GUI thread.

#include <initializer_list>

class QWidget;

namespace adit::ui {

/// Call once per application; further calls do nothing.
void installAccessibility();
/// Makes Tab go through the widgets in this order.
void setTabOrder(std::initializer_list<QWidget*> widgets);

}  // namespace adit::ui
