// SPDX-License-Identifier: Apache-2.0
#pragma once
// The language of the window: the system's, or one that was chosen. Installing another one sends
// LanguageChange to every widget, which then sets its texts again. Owned by the composition of the window;
// GUI thread.

#include <QString>
#include <QTranslator>

namespace adit::ui {

class Language {
 public:
  Language() = default;
  Language(const Language&) = delete;
  Language& operator=(const Language&) = delete;
  ~Language();

  /// "system", "en" or "zh_CN". Returns false where there is no translation for it; the window is English
  /// then.
  bool apply(const QString& choice);
  [[nodiscard]] const QString& choice() const { return m_choice; }

 private:
  QString m_choice;
  QTranslator m_own;
  QTranslator m_qt;
};

}  // namespace adit::ui
