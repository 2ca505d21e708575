<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN">
<context>
    <name>adit::ui::AddTunnelDialog</name>
    <message>
        <source>Expose a port</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chosen for you</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Requests to the public address are passed to this service.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Port or address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name (optional)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Expose</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A port of this computer, host:port, http://host:port or unix:/path</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The first part of the public address</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>adit::ui::Application</name>
    <message>
        <source>Adit goes on in the tray</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your tunnels stay open. Use the icon to come back or to quit.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Adit cannot start</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>adit::ui::CopyButton</name>
    <message>
        <source>Copied</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the address</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>adit::ui::DetailPane</name>
    <message>
        <source>%1 in total</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>none failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No public address yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Visitors reach %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start this tunnel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop this tunnel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All tunnels: %1 of %2 online</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All tunnels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the address in the browser</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove this tunnel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Requests/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Active now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Traffic of the last minute</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>adit::ui::EmptyPanel</name>
    <message>
        <source>Expose a port</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Give a service on this computer an address of its own. Without a server of yours it can be reached from this computer; join one to reach it from everywhere.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Give a service on this computer a public address, through your own server.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Port, such as 3000</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Port or address of the service</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Expose</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Expose this port</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Often used:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Join a server…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Join another server…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Port %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>adit::ui::HeaderBar</name>
    <message>
        <source>%1 in, %2 out, %3 requests a second</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Requests/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Server on this computer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connecting to %1…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not connected to %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Expose a port</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Give a service on this computer a public address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Menu</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Traffic of all tunnels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show all tunnels together</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>adit::ui::Input</name>
    <message>
        <source>Enter a port, such as 3000.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A port is a number from 1 to 65535.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is a space in the target.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Give a whole path, such as unix:/run/app.sock.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Services that speak HTTPS are not supported yet. Use http://.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is not an address, such as http://localhost:3000.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Leave out what follows the port.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use a port, host:port, http://… or unix:/path.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add the port, as in %1:3000.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A name has at most 63 characters.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use letters, digits and hyphens, with no hyphen at either end.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>adit::ui::JoinDialog</name>
    <message>
        <source>Join a server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Whoever runs the server has a join link for you: adit --server prints it. Your tunnels move along and get addresses there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Join link</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The link carries the fingerprint of the server&apos;s key. Adit talks to no other key, so nobody in between can pretend to be your server.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use this computer instead</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Join</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This join link is not complete: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A join link starts with adit://</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paste the whole line</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>adit::ui::LogModel</name>
    <message>
        <source>Detail</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Info</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Warning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Error</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>adit::ui::LogPane</name>
    <message>
        <source>Log</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show or hide the log</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Everything</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Info and above</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Warnings and errors</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Errors only</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Least level shown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show lines with this text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the log</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the selected lines, or all shown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clear the log</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>adit::ui::MainWindow</name>
    <message>
        <source>Tunnels</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n tunnel(s)</source>
        <translation type="unfinished">
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>Remove tunnel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove “%1”?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its public address stops answering at once.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not saved</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The server is used now but could not be saved for the next start: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>About Adit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Adit %1

Gives a service on your computer a public address, through a server of your own, over QUIC.

Licensed under the Apache License 2.0.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>adit::ui::Messages</name>
    <message>
        <source>%1 does not answer over UDP. Check that the server runs and that no firewall blocks its UDP port.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The connection to %1 was cut. The server may be restarting.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no way to %1. Is this computer online?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The name in %1 has no address. Check the join link, or the network.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 proved itself with another key than the one in your join link. Do not go on unless its operator gave you a new link.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No secure connection could be made with %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 does not know this token. Ask its operator for a new join link.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The operator of %1 withdrew this token. Ask for a new join link.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 speaks another version of the protocol. Update Adit here or there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Another Adit with this computer&apos;s key took over the session with %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 is overloaded right now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A port that the built-in server needs is in use.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A key file cannot be used: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No connection to %1: %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Somebody else uses the name “%1” on this server. Choose another.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“%1” cannot be a name here. Use letters, digits and hyphens.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This server allows you no more tunnels.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your token does not allow the name “%1”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The server is overloaded right now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing answers at %1. Is your service running?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The connection to the server was lost and is being made again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>this computer</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>adit::ui::Notices</name>
    <message>
        <source>%1 was refused</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n tunnel(s) went offline</source>
        <translation type="unfinished">
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>%1: reconnecting…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>adit::ui::Status</name>
    <message>
        <source>Adit: offline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Adit: online</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Adit: connecting…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Adit: needs attention</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connecting…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Online</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reconnecting…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Refused</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>adit::ui::StatusBanner</name>
    <message numerus="yes">
        <source>Not connected. Next attempt in %n second(s).</source>
        <translation type="unfinished">
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>Not connected. Trying again…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connecting to %1…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The connection to %1 failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not connected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Retry now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New join link…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>adit::ui::TrafficGraph</name>
    <message>
        <source>60 s ago</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>40 s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>20 s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Traffic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Requests/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Out %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 requests/s</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>adit::ui::TrayIcon</name>
    <message>
        <source>Open Adit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Expose a port…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>adit::ui::TunnelDelegate</name>
    <message>
        <source>No public address yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 req/s</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>adit::ui::TunnelList</name>
    <message>
        <source>Copy the address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open in the browser</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>adit::ui::TunnelModel</name>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>State</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Public address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Target</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Requests/s</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>adit::ui::WindowActions</name>
    <message>
        <source>Expose a port…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open in browser</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reconnect now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Join a server…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show log</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>About Adit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Appearance</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Language</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As the system</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Light</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dark</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
