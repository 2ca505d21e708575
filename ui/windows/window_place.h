// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where a window can be on the screens, in rectangles. Pure functions.

#include <QList>
#include <QRect>

namespace adit::ui {

/// The part of a screen for a window's content. The frame around it needs room, too, and its size is not
/// known in advance.
QRect roomOn(const QRect& screen);

/// `wanted`, shrunk and moved so that it is inside `room`.
QRect within(const QRect& wanted, const QRect& room);
/// `wanted`, moved into the screen that it covers most of, or into the first screen if it covers none. Stays
/// as it is if enough of it is visible to drag it, title bar included, because people do place windows over
/// edges.
QRect placedOn(const QList<QRect>& screens, const QRect& wanted);

}  // namespace adit::ui
