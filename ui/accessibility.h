// SPDX-License-Identifier: Apache-2.0
#pragma once
// What screen readers are told about the widgets that draw themselves: a link is a link that can be pressed,
// a graph is a chart, the rest is text. Names and descriptions are the widgets' own. And the order in which
// the keyboard goes through widgets. GUI thread.

#include <initializer_list>

class QWidget;

namespace adit::ui {

/// Once an application; again does nothing.
void installAccessibility();
/// Tab goes from each to the next, as they are read.
void setTabOrder(std::initializer_list<QWidget*> widgets);

}  // namespace adit::ui
