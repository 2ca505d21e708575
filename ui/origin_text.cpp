// SPDX-License-Identifier: Apache-2.0
#include "ui/origin_text.h"

#include <QCoreApplication>
#include <QFileInfo>

#include "ui/format.h"

using namespace Qt::Literals::StringLiterals;

namespace adit::ui {
namespace {

struct Origin {
  Q_DECLARE_TR_FUNCTIONS(adit::ui::Origin)
};

QString seconds(std::chrono::seconds value) { return formatCount(static_cast<std::uint64_t>(value.count())); }

}  // namespace

// Called while the user types, so the scheme alone decides; the rest may still be missing.
bool targetHasTls(QStringView target) {
  return target.startsWith("https://"_L1, Qt::CaseInsensitive) ||
         target.startsWith("h2s://"_L1, Qt::CaseInsensitive);
}

QString targetHost(QStringView target) {
  const auto read = engine::Target::read(target.toUtf8().toStdString());
  return read && read->kind == engine::Target::Kind::Tcp ? fromUtf8(read->host) : u"localhost"_s;
}

QString protocolText(QStringView target) {
  const bool second = target.startsWith("h2c://"_L1, Qt::CaseInsensitive) ||
                      target.startsWith("h2s://"_L1, Qt::CaseInsensitive);
  if (!targetHasTls(target)) return second ? u"HTTP/2"_s : u"HTTP/1.1"_s;
  return second ? Origin::tr("HTTP/2 with TLS") : Origin::tr("HTTP/1.1 with TLS");
}

QStringList optionTexts(const engine::OriginOptions& options) {
  const engine::OriginOptions usual;
  QStringList texts;
  if (options.insecure) texts += Origin::tr("certificate not verified");
  if (!options.caFile.empty())
    texts += Origin::tr("authorities of %1").arg(QFileInfo(fromUtf8(options.caFile)).fileName());
  if (!options.serverName.empty())
    texts += Origin::tr("certificate for %1").arg(fromUtf8(options.serverName));
  if (options.hostHeader == "target") {
    texts += Origin::tr("Host as the service is called");
  } else if (!options.hostHeader.empty() && options.hostHeader != "keep") {
    texts += Origin::tr("Host %1").arg(fromUtf8(options.hostHeader));
  }
  if (options.connectTimeout != usual.connectTimeout)
    texts += Origin::tr("%1 s to connect").arg(seconds(options.connectTimeout));
  if (options.tlsTimeout != usual.tlsTimeout)
    texts += Origin::tr("%1 s for TLS").arg(seconds(options.tlsTimeout));
  if (options.answerTimeout) texts += Origin::tr("%1 s to answer").arg(seconds(*options.answerTimeout));
  return texts;
}

}  // namespace adit::ui
