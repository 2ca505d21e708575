// SPDX-License-Identifier: Apache-2.0
#include "ui/messages.h"

#include <QCoreApplication>

#include "ui/format.h"

namespace adit::ui {
namespace {

struct Messages {
  Q_DECLARE_TR_FUNCTIONS(adit::ui::Messages)
};

}  // namespace

QString errorSentence(const Error& error) {
  switch (error.code) {
    case ErrorCode::InvalidArgument:
      return Messages::tr("One of the values cannot be used.");
    case ErrorCode::Malformed:
      return Messages::tr("The input cannot be read.");
    case ErrorCode::LimitExceeded:
      return Messages::tr("This would exceed a limit.");
    case ErrorCode::NotFound:
      return Messages::tr("Something that is needed was not found.");
    case ErrorCode::PermissionDenied:
      return Messages::tr("The system does not permit it.");
    case ErrorCode::InsecurePermissions:
      return Messages::tr("Other users can read a file that holds a secret. Make it readable for you alone.");
    case ErrorCode::AddressInUse:
      return Messages::tr("Another program uses this port.");
    case ErrorCode::AddressUnavailable:
      return Messages::tr("This address is not one of this computer's.");
    case ErrorCode::ConnectionRefused:
      return Messages::tr("Nothing answers there.");
    case ErrorCode::ConnectionReset:
    case ErrorCode::Closed:
      return Messages::tr("The connection was closed.");
    case ErrorCode::Unreachable:
      return Messages::tr("The network cannot reach it. Is this computer online?");
    case ErrorCode::TimedOut:
      return Messages::tr("No answer came in time.");
    case ErrorCode::Cancelled:
      return Messages::tr("It was cancelled.");
    case ErrorCode::IoError:
      return Messages::tr("Reading or writing failed.");
    case ErrorCode::DiskFull:
      return Messages::tr("The disk is full.");
    case ErrorCode::ResolveFailed:
      return Messages::tr("The name has no address. Check it, or the network.");
    case ErrorCode::TlsFailure:
      return Messages::tr("No secure connection could be made.");
    case ErrorCode::PinMismatch:
      return Messages::tr("The server has another key than expected.");
    case ErrorCode::ProtocolViolation:
      return Messages::tr("The other side does not follow the protocol.");
    case ErrorCode::VersionMismatch:
      return Messages::tr(
          "The other side speaks another version of the protocol. Update Adit here or there.");
    case ErrorCode::TokenUnknown:
      return Messages::tr("The server does not know this token. Ask its operator for a new join link.");
    case ErrorCode::TokenRevoked:
      return Messages::tr("This token was revoked. Ask for a new join link.");
    case ErrorCode::NameTaken:
      return Messages::tr("Somebody else uses this name. Choose another.");
    case ErrorCode::NameInvalid:
      return Messages::tr("This cannot be a name here.");
    case ErrorCode::TakenOver:
      return Messages::tr("Another Adit with this computer's key took over.");
    case ErrorCode::Overloaded:
      return Messages::tr("There is too much to do right now. Try again later.");
    case ErrorCode::Unsupported:
      return Messages::tr("This is not possible here.");
    case ErrorCode::Internal:
      break;
  }
  return Messages::tr("An internal error happened. The log has more.");
}

QString withDetail(const QString& sentence, const Error& error) {
  return error.detail.empty() ? sentence : sentence + u'\n' + fromUtf8(error.detail);
}

QString linkProblem(const Error& error, const QString& server) {
  switch (error.code) {
    case ErrorCode::TimedOut:
      return Messages::tr(
                 "%1 does not answer over UDP. Check that the server runs and that no firewall blocks its "
                 "UDP port.")
          .arg(server);
    case ErrorCode::ConnectionRefused:
    case ErrorCode::ConnectionReset:
    case ErrorCode::Closed:
      return Messages::tr("The connection to %1 was closed. The server may be restarting.").arg(server);
    case ErrorCode::Unreachable:
      return Messages::tr("The network cannot reach %1. Is this computer online?").arg(server);
    case ErrorCode::ResolveFailed:
      return Messages::tr("The name in %1 has no address. Check the join link, or the network.").arg(server);
    case ErrorCode::PinMismatch:
      return Messages::tr(
                 "%1 has another key than the one in your join link. Do not continue unless its operator "
                 "gave you a new link.")
          .arg(server);
    case ErrorCode::TlsFailure:
      return Messages::tr("No secure connection could be made with %1.").arg(server);
    case ErrorCode::TokenUnknown:
      return Messages::tr("%1 does not know this token. Ask its operator for a new join link.").arg(server);
    case ErrorCode::TokenRevoked:
      return Messages::tr("The operator of %1 revoked this token. Ask for a new join link.").arg(server);
    case ErrorCode::VersionMismatch:
      return Messages::tr("%1 speaks another version of the protocol. Update Adit here or there.")
          .arg(server);
    case ErrorCode::TakenOver:
      return Messages::tr("Another Adit with this computer's key took over the session with %1.").arg(server);
    case ErrorCode::Overloaded:
      return Messages::tr("%1 is overloaded right now.").arg(server);
    case ErrorCode::AddressInUse:
      return withDetail(Messages::tr("A port that the built-in server needs is in use."), error);
    case ErrorCode::PermissionDenied:
    case ErrorCode::InsecurePermissions:
      return withDetail(Messages::tr("A key file cannot be used."), error);
    default:
      return withDetail(Messages::tr("No connection to %1.").arg(server) + u' ' + errorSentence(error),
                        error);
  }
}

QString tunnelProblem(const Error& error, const engine::TunnelSpec& spec) {
  const QString name = fromUtf8(spec.name);
  switch (error.code) {
    case ErrorCode::NameTaken:
      return withDetail(Messages::tr("The name “%1” is in use on this server.").arg(name), error);
    case ErrorCode::TakenOver:
      return withDetail(Messages::tr("Another of your tunnels took the name “%1” over.").arg(name), error);
    case ErrorCode::NameInvalid:
      return Messages::tr(
                 "“%1” cannot be a name here: it is reserved, or has more than letters, digits and hyphens.")
          .arg(name);
    case ErrorCode::LimitExceeded:
      return withDetail(Messages::tr("This server allows you no more tunnels."), error);
    case ErrorCode::PermissionDenied:
      return Messages::tr("Your token does not allow the name “%1”.").arg(name);
    case ErrorCode::Overloaded:
      return Messages::tr("The server is overloaded right now.");
    case ErrorCode::ConnectionRefused:
      return Messages::tr("Nothing answers at %1. Is your service running?").arg(displayTarget(spec.target));
    case ErrorCode::TimedOut:
    case ErrorCode::ConnectionReset:
    case ErrorCode::Closed:
    case ErrorCode::Unreachable:
      return Messages::tr("The connection to the server was lost. Reconnecting.");
    default:
      return withDetail(errorSentence(error), error);
  }
}

QString tunnelProblem(const engine::TunnelSnapshot& tunnel) {
  if (tunnel.heldElsewhere && tunnel.error.code == ErrorCode::NameTaken) {
    return withDetail(Messages::tr("Another of your tunnels uses the name “%1”.").arg(fromUtf8(tunnel.name)),
                      tunnel.error);
  }
  engine::TunnelSpec spec = tunnel.spec;
  spec.name = tunnel.name;
  return tunnelProblem(tunnel.error, spec);
}

QString trafficText(const TrafficRates& rates) {
  return Messages::tr("%1 in, %2 out, %3 requests a second")
      .arg(formatRate(rates.bytesIn), formatRate(rates.bytesOut), formatRequests(rates.requests));
}

QString serverName(const engine::LinkSnapshot& link) {
  return link.embedded ? Messages::tr("this computer") : fromUtf8(link.server);
}

}  // namespace adit::ui
