// SPDX-License-Identifier: Apache-2.0
#pragma once
// The language of the window: the system's, or one that the user chose. Changing it sends LanguageChange to
// every widget, which then sets its texts again. Owned by the Application; GUI thread.

#include <QString>
#include <QTranslator>

namespace adit::ui {

class Language {
 public:
  Language() = default;
  Language(const Language&) = delete;
  Language& operator=(const Language&) = delete;
  ~Language();

  /// "system", "en" or "zh_CN". Returns false if there is no translation; the window is then in English.
  bool apply(const QString& choice);
  [[nodiscard]] const QString& choice() const { return m_choice; }

 private:
  QString m_choice;
  QTranslator m_own;
  QTranslator m_qt;
};

}  // namespace adit::ui
