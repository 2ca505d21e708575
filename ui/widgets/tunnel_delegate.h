// SPDX-License-Identifier: Apache-2.0
#pragma once
// Draws a tunnel as a card: state dot and name, sparkline, address with Copy and Open, target and rates. One
// function computes the geometry, for drawing and for finding the part under the pointer. GUI thread.

#include <QPersistentModelIndex>
#include <QStyledItemDelegate>

#include "ui/models/tunnel_model.h"

namespace adit::ui {

class TunnelDelegate : public QStyledItemDelegate {
  Q_OBJECT
 public:
  enum class Part { None, Copy, Open };

  /// Where the parts of a row are.
  struct Layout {
    QRect card, dot, name, spark, state, address, copy, open, target, rates;
  };

  explicit TunnelDelegate(const TunnelModel& model, QObject* parent = nullptr)
      : QStyledItemDelegate(parent), m_model(model) {}

  [[nodiscard]] static Layout layoutOf(const QRect& row, const QFont& font);
  [[nodiscard]] static Part partAt(const Layout& layout, QPoint position);

  /// The part under the pointer, and the row whose address was just copied (it shows a check mark).
  void setHot(const QModelIndex& index, Part part);
  void setCopied(const QModelIndex& index) { m_copied = index; }
  /// Whether the current row shows its focus ring: not while the mouse is used.
  void setRing(bool shown) { m_ring = shown; }

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

 private:
  void paintButton(QPainter& painter, const QRect& rect, Part part, const QModelIndex& index,
                   const QPalette& palette) const;

  const TunnelModel& m_model;
  QPersistentModelIndex m_hotIndex;
  Part m_hotPart = Part::None;
  QPersistentModelIndex m_copied;
  bool m_ring = false;
};

}  // namespace adit::ui
