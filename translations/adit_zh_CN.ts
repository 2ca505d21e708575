<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN">
<context>
    <name>adit::ui::Application</name>
    <message>
        <source>Adit keeps running in the tray</source>
        <translation>Adit 仍在托盘中运行</translation>
    </message>
    <message>
        <source>Your tunnels stay open. Use the icon to come back or to quit.</source>
        <translation>隧道保持连通。点击托盘图标可重新打开窗口或退出。</translation>
    </message>
    <message>
        <source>Adit cannot start</source>
        <translation>Adit 无法启动</translation>
    </message>
</context>
<context>
    <name>adit::ui::CopyButton</name>
    <message>
        <source>Copied</source>
        <translation>已复制</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy the address</source>
        <translation>复制地址</translation>
    </message>
</context>
<context>
    <name>adit::ui::DetailPane</name>
    <message>
        <source>none failed</source>
        <translation>无失败</translation>
    </message>
    <message>
        <source>%1 failed</source>
        <translation>%1 个失败</translation>
    </message>
    <message>
        <source>No public address yet</source>
        <translation>尚无公网地址</translation>
    </message>
    <message>
        <source>Visitors reach %1</source>
        <translation>访客将到达 %1</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>启动</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Start this tunnel</source>
        <translation>启动此隧道</translation>
    </message>
    <message>
        <source>Stop this tunnel</source>
        <translation>停止此隧道</translation>
    </message>
    <message>
        <source>All tunnels: %1 of %2 online</source>
        <translation>全部隧道：%2 条中有 %1 条在线</translation>
    </message>
    <message>
        <source>All tunnels</source>
        <translation>全部隧道</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Open the address in the browser</source>
        <translation>在浏览器中打开此地址</translation>
    </message>
    <message>
        <source>Remove this tunnel</source>
        <translation>移除此隧道</translation>
    </message>
    <message>
        <source>In</source>
        <translation>流入</translation>
    </message>
    <message>
        <source>Out</source>
        <translation>流出</translation>
    </message>
    <message>
        <source>Requests/s</source>
        <translation>请求/秒</translation>
    </message>
    <message>
        <source>Active now</source>
        <translation>进行中</translation>
    </message>
    <message>
        <source>Traffic of the last minute</source>
        <translation>最近一分钟的流量</translation>
    </message>
    <message>
        <source>%1 total</source>
        <translation>共 %1</translation>
    </message>
    <message>
        <source>Edit this tunnel</source>
        <translation>编辑此隧道</translation>
    </message>
    <message>
        <source>Edit…</source>
        <translation>编辑…</translation>
    </message>
    <message>
        <source>Browsers warn of the https address: the server signed its certificate itself, no authority did.</source>
        <translation>浏览器会对 https 地址发出警告：证书由服务器自行签发，没有权威机构认证。</translation>
    </message>
    <message>
        <source>Unusual: %1</source>
        <translation>非默认设置：%1</translation>
    </message>
    <message>
        <source>Take over</source>
        <translation>接管</translation>
    </message>
    <message>
        <source>Take the name over from the other tunnel</source>
        <translation>从另一条隧道接管此名称</translation>
    </message>
    <message>
        <source>Moves the name to this tunnel. The other tunnel loses it.</source>
        <translation>将此名称转到本隧道，另一条隧道将失去它。</translation>
    </message>
</context>
<context>
    <name>adit::ui::EmptyPanel</name>
    <message>
        <source>Expose a port</source>
        <translation>发布一个端口</translation>
    </message>
    <message>
        <source>Give a service on this computer an address of its own. Without a server of yours it can be reached from this computer; join one to reach it from everywhere.</source>
        <translation>为本机上的服务分配一个专属地址。没有服务器时，只能在本机访问；加入服务器后，在任何地方都能访问。</translation>
    </message>
    <message>
        <source>Give a service on this computer a public address, through your own server.</source>
        <translation>通过您自己的服务器，为本机上的服务分配一个公网地址。</translation>
    </message>
    <message>
        <source>Port, such as 3000</source>
        <translation>端口，例如 3000</translation>
    </message>
    <message>
        <source>Port or address of the service</source>
        <translation>服务的端口或地址</translation>
    </message>
    <message>
        <source>Expose</source>
        <translation>发布</translation>
    </message>
    <message>
        <source>Expose this port</source>
        <translation>发布此端口</translation>
    </message>
    <message>
        <source>Often used:</source>
        <translation>常用：</translation>
    </message>
    <message>
        <source>Join a server…</source>
        <translation>加入服务器…</translation>
    </message>
    <message>
        <source>Join another server…</source>
        <translation>加入其他服务器…</translation>
    </message>
    <message>
        <source>Port %1</source>
        <translation>端口 %1</translation>
    </message>
</context>
<context>
    <name>adit::ui::HeaderBar</name>
    <message>
        <source>In</source>
        <translation>流入</translation>
    </message>
    <message>
        <source>Out</source>
        <translation>流出</translation>
    </message>
    <message>
        <source>Requests/s</source>
        <translation>请求/秒</translation>
    </message>
    <message>
        <source>Server on this computer</source>
        <translation>服务器在本机运行</translation>
    </message>
    <message>
        <source>Connecting to %1…</source>
        <translation>正在连接 %1…</translation>
    </message>
    <message>
        <source>Not connected to %1</source>
        <translation>未连接到 %1</translation>
    </message>
    <message>
        <source>Expose a port</source>
        <translation>发布一个端口</translation>
    </message>
    <message>
        <source>Give a service on this computer a public address</source>
        <translation>为本机上的服务分配公网地址</translation>
    </message>
    <message>
        <source>Menu</source>
        <translation>菜单</translation>
    </message>
    <message>
        <source>Traffic of all tunnels</source>
        <translation>全部隧道的流量</translation>
    </message>
    <message>
        <source>Show all tunnels together</source>
        <translation>查看全部隧道的合计</translation>
    </message>
</context>
<context>
    <name>adit::ui::Input</name>
    <message>
        <source>Enter a port, such as 3000.</source>
        <translation>请输入端口，例如 3000。</translation>
    </message>
    <message>
        <source>A port is a number from 1 to 65535.</source>
        <translation>端口是 1 到 65535 之间的数字。</translation>
    </message>
    <message>
        <source>There is a space in the target.</source>
        <translation>目标中含有空格。</translation>
    </message>
    <message>
        <source>Enter the whole path, such as unix:/run/app.sock.</source>
        <translation>请给出完整路径，例如 unix:/run/app.sock。</translation>
    </message>
    <message>
        <source>This is not an address, such as http://localhost:3000.</source>
        <translation>这不是有效的地址，正确的例子：http://localhost:3000。</translation>
    </message>
    <message>
        <source>Leave out what follows the port.</source>
        <translation>请去掉端口之后的内容。</translation>
    </message>
    <message>
        <source>Use a port, host:port, unix:/path, or http, https, h2c or h2s with ://host:port.</source>
        <translation>请使用端口、主机:端口、unix:/路径，或 http、https、h2c、h2s 加 ://主机:端口。</translation>
    </message>
    <message>
        <source>Add the port, as in %1:3000.</source>
        <translation>请加上端口，例如 %1:3000。</translation>
    </message>
    <message>
        <source>A name has at most 63 characters.</source>
        <translation>名称最多 63 个字符。</translation>
    </message>
    <message>
        <source>Use letters, digits and hyphens, with no hyphen at either end.</source>
        <translation>请使用字母、数字和连字符，首尾不能是连字符。</translation>
    </message>
    <message>
        <source>Enter a host, such as shop.example.com.</source>
        <translation>请输入主机名，例如 shop.example.com。</translation>
    </message>
    <message>
        <source>This is not a host or host:port.</source>
        <translation>这不是有效的“主机”或“主机:端口”。</translation>
    </message>
    <message>
        <source>Leave out the port.</source>
        <translation>请去掉端口。</translation>
    </message>
    <message>
        <source>A certificate cannot be for this name.</source>
        <translation>证书不能使用这个名称。</translation>
    </message>
    <message>
        <source>A whole number of seconds, from 1 to %1.</source>
        <translation>请输入 1 到 %1 之间的整数秒数。</translation>
    </message>
    <message>
        <source>Choose a file.</source>
        <translation>请选择一个文件。</translation>
    </message>
    <message>
        <source>There is no such file.</source>
        <translation>文件不存在。</translation>
    </message>
    <message>
        <source>This is not a file.</source>
        <translation>这不是一个文件。</translation>
    </message>
    <message>
        <source>You are not allowed to read this file.</source>
        <translation>您没有读取此文件的权限。</translation>
    </message>
    <message>
        <source>A number is not a host. Enter the port alone, such as 3000.</source>
        <translation>数字不是主机名。请只输入端口，例如 3000。</translation>
    </message>
    <message>
        <source>Write an IPv6 address in brackets, as in [::1]:3000.</source>
        <translation>IPv6 地址请用方括号括起来，例如 [::1]:3000。</translation>
    </message>
</context>
<context>
    <name>adit::ui::JoinDialog</name>
    <message>
        <source>Join a server</source>
        <translation>加入服务器</translation>
    </message>
    <message>
        <source>The operator of the server has a join link for you: adit --server prints it. Your tunnels move to that server and get addresses there.</source>
        <translation>请向服务器的管理者索取加入链接（由 adit --server 显示）。您的隧道会随之迁移，并在那里获得地址。</translation>
    </message>
    <message>
        <source>Join link</source>
        <translation>加入链接</translation>
    </message>
    <message>
        <source>Server</source>
        <translation>服务器</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>密钥</translation>
    </message>
    <message>
        <source>The link contains the fingerprint of the server&apos;s key. Adit accepts no other key, so nobody in between can pretend to be your server.</source>
        <translation>链接中带有服务器密钥的指纹。Adit 不接受其他密钥，因此中间的任何人都无法冒充您的服务器。</translation>
    </message>
    <message>
        <source>Use this computer instead</source>
        <translation>改用本机</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Join</source>
        <translation>加入</translation>
    </message>
    <message>
        <source>A join link starts with adit://</source>
        <translation>加入链接以 adit:// 开头</translation>
    </message>
    <message>
        <source>Paste the whole line</source>
        <translation>请粘贴完整的一行</translation>
    </message>
    <message>
        <source>Asking the server…</source>
        <translation>正在询问服务器……</translation>
    </message>
    <message>
        <source>This join link is incomplete or has a mistake in it.</source>
        <translation>此加入链接不完整或有误。</translation>
    </message>
</context>
<context>
    <name>adit::ui::ListNotice</name>
    <message numerus="yes">
        <source>…and %n more, in the log</source>
        <translation>
            <numerusform>……还有 %n 处，见日志</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Your list of tunnels has %n problem(s)</source>
        <translation>
            <numerusform>隧道列表有 %n 处问题</numerusform>
        </translation>
    </message>
    <message>
        <source>The valid entries are used, and nothing in the file is lost. Correct it and read it again.</source>
        <translation>正确的部分照常使用，文件中的内容不会丢失。请改正后重新读取。</translation>
    </message>
    <message>
        <source>Open the file</source>
        <translation>打开文件</translation>
    </message>
    <message>
        <source>Read again</source>
        <translation>重新读取</translation>
    </message>
    <message>
        <source>Read the list of tunnels again</source>
        <translation>重新读取隧道列表</translation>
    </message>
    <message>
        <source>Dismiss this notice</source>
        <translation>收起此提示</translation>
    </message>
</context>
<context>
    <name>adit::ui::LogModel</name>
    <message>
        <source>Detail</source>
        <translation>详细</translation>
    </message>
    <message>
        <source>Info</source>
        <translation>信息</translation>
    </message>
    <message>
        <source>Warning</source>
        <translation>警告</translation>
    </message>
    <message>
        <source>Error</source>
        <translation>错误</translation>
    </message>
</context>
<context>
    <name>adit::ui::LogPane</name>
    <message>
        <source>Log</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>Show or hide the log</source>
        <translation>显示或隐藏日志</translation>
    </message>
    <message>
        <source>Everything</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>Info and above</source>
        <translation>信息及以上</translation>
    </message>
    <message>
        <source>Warnings and errors</source>
        <translation>警告和错误</translation>
    </message>
    <message>
        <source>Errors only</source>
        <translation>仅错误</translation>
    </message>
    <message>
        <source>Least level shown</source>
        <translation>显示的最低级别</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>筛选</translation>
    </message>
    <message>
        <source>Show lines with this text</source>
        <translation>只显示包含此文字的行</translation>
    </message>
    <message>
        <source>Copy the log</source>
        <translation>复制日志</translation>
    </message>
    <message>
        <source>Copy the selected lines, or all shown</source>
        <translation>复制选中的行；未选中时复制全部显示的行</translation>
    </message>
    <message>
        <source>Clear the log</source>
        <translation>清空日志</translation>
    </message>
</context>
<context>
    <name>adit::ui::MainWindow</name>
    <message>
        <source>Tunnels</source>
        <translation>隧道</translation>
    </message>
    <message numerus="yes">
        <source>%n tunnel(s)</source>
        <translation>
            <numerusform>%n 条隧道</numerusform>
        </translation>
    </message>
    <message>
        <source>Remove “%1”?</source>
        <translation>要移除“%1”吗？</translation>
    </message>
    <message>
        <source>Its public address stops answering at once.</source>
        <translation>它的公网地址会立即停止响应。</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Not saved</source>
        <translation>未保存</translation>
    </message>
    <message>
        <source>Version %1. Gives a service on your computer a public address, through a server of your own, over QUIC.

Licensed under the Apache License 2.0.</source>
        <translation>版本 %1。通过您自己的服务器，经由 QUIC，为您电脑上的服务提供公网地址。

以 Apache License 2.0 许可发布。</translation>
    </message>
    <message>
        <source>The server is used now but could not be saved for the next start.</source>
        <translation>服务器现已启用，但未能保存以供下次启动使用。</translation>
    </message>
    <message>
        <source>Not taken over</source>
        <translation>未能接管</translation>
    </message>
</context>
<context>
    <name>adit::ui::Messages</name>
    <message>
        <source>%1 does not answer over UDP. Check that the server runs and that no firewall blocks its UDP port.</source>
        <translation>%1 没有响应 UDP。请检查服务器是否在运行，以及防火墙是否拦截了它的 UDP 端口。</translation>
    </message>
    <message>
        <source>The connection to %1 was closed. The server may be restarting.</source>
        <translation>与 %1 的连接中断了，服务器可能正在重启。</translation>
    </message>
    <message>
        <source>The network cannot reach %1. Is this computer online?</source>
        <translation>无法到达 %1。这台电脑是否已联网？</translation>
    </message>
    <message>
        <source>The name in %1 has no address. Check the join link, or the network.</source>
        <translation>%1 中的域名没有对应的地址。请检查加入链接或网络。</translation>
    </message>
    <message>
        <source>%1 has another key than the one in your join link. Do not continue unless its operator gave you a new link.</source>
        <translation>%1 出示的密钥与加入链接中的不一致。除非管理者给了您新的链接，否则请勿继续。</translation>
    </message>
    <message>
        <source>No secure connection could be made with %1.</source>
        <translation>无法与 %1 建立安全连接。</translation>
    </message>
    <message>
        <source>%1 does not know this token. Ask its operator for a new join link.</source>
        <translation>%1 不认识此令牌。请向管理者索取新的加入链接。</translation>
    </message>
    <message>
        <source>The operator of %1 revoked this token. Ask for a new join link.</source>
        <translation>%1 的管理者已撤销此令牌。请索取新的加入链接。</translation>
    </message>
    <message>
        <source>%1 speaks another version of the protocol. Update Adit here or there.</source>
        <translation>%1 使用的协议版本不同。请更新本机或服务器上的 Adit。</translation>
    </message>
    <message>
        <source>Another Adit with this computer&apos;s key took over the session with %1.</source>
        <translation>使用本机密钥的另一个 Adit 接管了与 %1 的会话。</translation>
    </message>
    <message>
        <source>%1 is overloaded right now.</source>
        <translation>%1 目前过载。</translation>
    </message>
    <message>
        <source>A port that the built-in server needs is in use.</source>
        <translation>内置服务器需要的端口已被占用。</translation>
    </message>
    <message>
        <source>The name “%1” is in use on this server.</source>
        <translation>此服务器上的名称“%1”正在使用中。</translation>
    </message>
    <message>
        <source>Another of your tunnels took the name “%1” over.</source>
        <translation>您的另一条隧道接管了名称“%1”。</translation>
    </message>
    <message>
        <source>This server allows you no more tunnels.</source>
        <translation>此服务器不允许您再添加隧道。</translation>
    </message>
    <message>
        <source>Your token does not allow the name “%1”.</source>
        <translation>您的令牌不允许使用名称“%1”。</translation>
    </message>
    <message>
        <source>The server is overloaded right now.</source>
        <translation>服务器目前过载。</translation>
    </message>
    <message>
        <source>Nothing answers at %1. Is your service running?</source>
        <translation>%1 没有响应。您的服务是否在运行？</translation>
    </message>
    <message>
        <source>The connection to the server was lost. Reconnecting.</source>
        <translation>与服务器的连接已断开，正在重新建立。</translation>
    </message>
    <message>
        <source>this computer</source>
        <translation>本机</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>“%1” cannot be a name here: it is reserved, or has more than letters, digits and hyphens.</source>
        <translation>“%1”不能作为这里的名称：它已被保留，或含有字母、数字和连字符以外的字符。</translation>
    </message>
    <message>
        <source>%1 in, %2 out, %3 requests a second</source>
        <translation>流入 %1，流出 %2，每秒 %3 个请求</translation>
    </message>
    <message>
        <source>One of the values cannot be used.</source>
        <translation>给出的某项内容无法使用。</translation>
    </message>
    <message>
        <source>The input cannot be read.</source>
        <translation>给出的某项内容无法解析。</translation>
    </message>
    <message>
        <source>This would exceed a limit.</source>
        <translation>超出了允许的数量。</translation>
    </message>
    <message>
        <source>Something that is needed was not found.</source>
        <translation>缺少所需的内容。</translation>
    </message>
    <message>
        <source>The system does not permit it.</source>
        <translation>系统不允许此操作。</translation>
    </message>
    <message>
        <source>Other users can read a file that holds a secret. Make it readable for you alone.</source>
        <translation>含有机密的文件可被他人读取。请改为仅您自己可读。</translation>
    </message>
    <message>
        <source>Another program uses this port.</source>
        <translation>另一个程序正在使用此端口。</translation>
    </message>
    <message>
        <source>This address is not one of this computer&apos;s.</source>
        <translation>此地址不属于本机。</translation>
    </message>
    <message>
        <source>Nothing answers there.</source>
        <translation>那里没有任何响应。</translation>
    </message>
    <message>
        <source>The connection was closed.</source>
        <translation>连接已被切断。</translation>
    </message>
    <message>
        <source>The network cannot reach it. Is this computer online?</source>
        <translation>无法到达该处。本机是否已联网？</translation>
    </message>
    <message>
        <source>No answer came in time.</source>
        <translation>未能及时收到应答。</translation>
    </message>
    <message>
        <source>It was cancelled.</source>
        <translation>操作已取消。</translation>
    </message>
    <message>
        <source>Reading or writing failed.</source>
        <translation>读取或写入失败。</translation>
    </message>
    <message>
        <source>The disk is full.</source>
        <translation>磁盘已满。</translation>
    </message>
    <message>
        <source>The name has no address. Check it, or the network.</source>
        <translation>该名称没有对应的地址。请检查名称或网络。</translation>
    </message>
    <message>
        <source>No secure connection could be made.</source>
        <translation>无法建立安全连接。</translation>
    </message>
    <message>
        <source>The server has another key than expected.</source>
        <translation>服务器出示的密钥与预期不符。</translation>
    </message>
    <message>
        <source>The other side does not follow the protocol.</source>
        <translation>对方未遵守协议。</translation>
    </message>
    <message>
        <source>The other side speaks another version of the protocol. Update Adit here or there.</source>
        <translation>对方使用的协议版本不同。请更新本机或对方的 Adit。</translation>
    </message>
    <message>
        <source>The server does not know this token. Ask its operator for a new join link.</source>
        <translation>服务器不认识此令牌。请向其运营者索取新的加入链接。</translation>
    </message>
    <message>
        <source>This token was revoked. Ask for a new join link.</source>
        <translation>此令牌已被撤销。请索取新的加入链接。</translation>
    </message>
    <message>
        <source>Somebody else uses this name. Choose another.</source>
        <translation>此名称已被他人使用。请另选一个。</translation>
    </message>
    <message>
        <source>This cannot be a name here.</source>
        <translation>此处不能使用这个名称。</translation>
    </message>
    <message>
        <source>Another Adit with this computer&apos;s key took over.</source>
        <translation>另一个持有本机密钥的 Adit 接管了会话。</translation>
    </message>
    <message>
        <source>There is too much to do right now. Try again later.</source>
        <translation>目前负载过高。请稍后再试。</translation>
    </message>
    <message>
        <source>This is not possible here.</source>
        <translation>此处无法做到。</translation>
    </message>
    <message>
        <source>An internal error happened. The log has more.</source>
        <translation>发生了不应出现的错误。详情请见日志。</translation>
    </message>
    <message>
        <source>A key file cannot be used.</source>
        <translation>某个密钥文件无法使用。</translation>
    </message>
    <message>
        <source>No connection to %1.</source>
        <translation>无法连接到 %1。</translation>
    </message>
    <message>
        <source>Another of your tunnels uses the name “%1”.</source>
        <translation>您的另一条隧道正在使用名称“%1”。</translation>
    </message>
</context>
<context>
    <name>adit::ui::Notices</name>
    <message>
        <source>%1 was refused</source>
        <translation>%1 被拒绝</translation>
    </message>
    <message numerus="yes">
        <source>%n tunnel(s) went offline</source>
        <translation>
            <numerusform>%n 条隧道已离线</numerusform>
        </translation>
    </message>
    <message>
        <source>%1: reconnecting…</source>
        <translation>%1：正在重新连接…</translation>
    </message>
    <message numerus="yes">
        <source>%1 and %n more</source>
        <translation>
            <numerusform>%1 及另外 %n 条</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>adit::ui::Origin</name>
    <message>
        <source>HTTP/2 with TLS</source>
        <translation>HTTP/2（TLS）</translation>
    </message>
    <message>
        <source>HTTP/1.1 with TLS</source>
        <translation>HTTP/1.1（TLS）</translation>
    </message>
    <message>
        <source>certificate not verified</source>
        <translation>不验证证书</translation>
    </message>
    <message>
        <source>authorities of %1</source>
        <translation>证书颁发机构来自 %1</translation>
    </message>
    <message>
        <source>certificate for %1</source>
        <translation>证书名称 %1</translation>
    </message>
    <message>
        <source>Host as the service is called</source>
        <translation>Host 为服务自身的地址</translation>
    </message>
    <message>
        <source>Host %1</source>
        <translation>Host 为 %1</translation>
    </message>
    <message>
        <source>%1 s to connect</source>
        <translation>连接限时 %1 秒</translation>
    </message>
    <message>
        <source>%1 s for TLS</source>
        <translation>TLS 限时 %1 秒</translation>
    </message>
    <message>
        <source>%1 s to answer</source>
        <translation>应答限时 %1 秒</translation>
    </message>
</context>
<context>
    <name>adit::ui::OriginSection</name>
    <message>
        <source>Choose…</source>
        <translation>选择…</translation>
    </message>
    <message>
        <source>How the service is spoken to</source>
        <translation>与服务通信的方式</translation>
    </message>
    <message>
        <source>Anybody between this computer and the service can read and change what passes, and nobody will notice. Only for services of your own, on a network that you trust.</source>
        <translation>本机与服务之间的任何人都能查看并篡改往来内容，而且不会被察觉。仅限用于您自己的服务和可信的网络。</translation>
    </message>
    <message>
        <source>Choose a file of authorities</source>
        <translation>选择证书颁发机构文件</translation>
    </message>
    <message>
        <source>As the visitor asked</source>
        <translation>与访客请求的一致</translation>
    </message>
    <message>
        <source>As the service is called</source>
        <translation>服务自身的地址</translation>
    </message>
    <message>
        <source>Another…</source>
        <translation>其他…</translation>
    </message>
    <message>
        <source>Known to this computer</source>
        <translation>本机信任的机构</translation>
    </message>
    <message>
        <source>From a file…</source>
        <translation>来自文件…</translation>
    </message>
    <message>
        <source>Not verified</source>
        <translation>不验证</translation>
    </message>
    <message>
        <source>Path of a PEM file</source>
        <translation>PEM 文件的路径</translation>
    </message>
    <message>
        <source>Host that the service sees</source>
        <translation>服务看到的主机</translation>
    </message>
    <message>
        <source>Which host</source>
        <translation>主机</translation>
    </message>
    <message>
        <source>Authorities of its certificate</source>
        <translation>证书的颁发机构</translation>
    </message>
    <message>
        <source>Name in its certificate</source>
        <translation>证书中的名称</translation>
    </message>
    <message>
        <source>File of authorities</source>
        <translation>颁发机构文件</translation>
    </message>
    <message>
        <source>Seconds to connect</source>
        <translation>连接限时（秒）</translation>
    </message>
    <message>
        <source>Seconds for TLS</source>
        <translation>TLS 限时（秒）</translation>
    </message>
    <message>
        <source>Something here is not valid yet.</source>
        <translation>这里还有内容需要更正。</translation>
    </message>
    <message>
        <source>Who must have signed it</source>
        <translation>证书须由其签发</translation>
    </message>
    <message>
        <source>The Host field of requests</source>
        <translation>请求的 Host 字段</translation>
    </message>
    <message>
        <source>host or host:port</source>
        <translation>主机或主机:端口</translation>
    </message>
    <message>
        <source>After it is connected</source>
        <translation>从连接建立时算起</translation>
    </message>
    <message>
        <source>Certificates in PEM that sign the service&apos;s own</source>
        <translation>签发服务证书的机构证书（PEM）</translation>
    </message>
    <message>
        <source>If it is not the target&apos;s host</source>
        <translation>与目标主机不同时填写</translation>
    </message>
    <message>
        <source>Certificates (*.pem *.crt *.cer)</source>
        <translation>证书 (*.pem *.crt *.cer)</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>所有文件 (*)</translation>
    </message>
    <message>
        <source>Seconds to answer</source>
        <translation>应答限时（秒）</translation>
    </message>
    <message>
        <source>Then an error page</source>
        <translation>超时后显示错误页面</translation>
    </message>
    <message>
        <source>Empty: 100, gRPC: any</source>
        <translation>留空：100，gRPC 不限时</translation>
    </message>
    <message>
        <source>This file cannot be used.</source>
        <translation>此文件无法使用。</translation>
    </message>
</context>
<context>
    <name>adit::ui::Status</name>
    <message>
        <source>Adit: offline</source>
        <translation>Adit：离线</translation>
    </message>
    <message>
        <source>Adit: online</source>
        <translation>Adit：在线</translation>
    </message>
    <message>
        <source>Adit: connecting…</source>
        <translation>Adit：正在连接…</translation>
    </message>
    <message>
        <source>Adit: needs attention</source>
        <translation>Adit：需要处理</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>Connecting…</source>
        <translation>正在连接…</translation>
    </message>
    <message>
        <source>Online</source>
        <translation>在线</translation>
    </message>
    <message>
        <source>Reconnecting…</source>
        <translation>正在重连…</translation>
    </message>
    <message>
        <source>Refused</source>
        <translation>被拒绝</translation>
    </message>
    <message>
        <source>Nothing answers</source>
        <translation>服务无响应</translation>
    </message>
</context>
<context>
    <name>adit::ui::StatusBanner</name>
    <message numerus="yes">
        <source>Not connected. Next attempt in %n second(s).</source>
        <translation>
            <numerusform>未连接，%n 秒后重试。</numerusform>
        </translation>
    </message>
    <message>
        <source>Not connected. Trying again…</source>
        <translation>未连接，正在重试…</translation>
    </message>
    <message>
        <source>Connecting to %1…</source>
        <translation>正在连接 %1…</translation>
    </message>
    <message>
        <source>The connection to %1 failed</source>
        <translation>与 %1 的连接失败</translation>
    </message>
    <message>
        <source>Not connected</source>
        <translation>未连接</translation>
    </message>
    <message>
        <source>Retry now</source>
        <translation>立即重试</translation>
    </message>
    <message>
        <source>New join link…</source>
        <translation>新的加入链接…</translation>
    </message>
    <message>
        <source>Try to connect without waiting</source>
        <translation>不再等待，立即尝试连接</translation>
    </message>
</context>
<context>
    <name>adit::ui::TrafficGraph</name>
    <message>
        <source>60 s ago</source>
        <translation>60 秒前</translation>
    </message>
    <message>
        <source>40 s</source>
        <translation>40 秒</translation>
    </message>
    <message>
        <source>20 s</source>
        <translation>20 秒</translation>
    </message>
    <message>
        <source>now</source>
        <translation>现在</translation>
    </message>
    <message>
        <source>Traffic</source>
        <translation>流量</translation>
    </message>
    <message>
        <source>Requests/s</source>
        <translation>请求/秒</translation>
    </message>
    <message>
        <source>Out</source>
        <translation>流出</translation>
    </message>
    <message>
        <source>In</source>
        <translation>流入</translation>
    </message>
    <message>
        <source>In %1</source>
        <translation>流入 %1</translation>
    </message>
    <message>
        <source>Out %1</source>
        <translation>流出 %1</translation>
    </message>
    <message>
        <source>%1 requests/s</source>
        <translation>%1 请求/秒</translation>
    </message>
</context>
<context>
    <name>adit::ui::TrayIcon</name>
    <message>
        <source>Open Adit</source>
        <translation>打开 Adit</translation>
    </message>
    <message>
        <source>Expose a port…</source>
        <translation>发布端口…</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
    <message>
        <source>Copy %1</source>
        <translation>复制 %1</translation>
    </message>
</context>
<context>
    <name>adit::ui::TunnelDelegate</name>
    <message>
        <source>No public address yet</source>
        <translation>尚无公网地址</translation>
    </message>
    <message>
        <source>%1 req/s</source>
        <translation>%1 请求/秒</translation>
    </message>
</context>
<context>
    <name>adit::ui::TunnelDialog</name>
    <message>
        <source>Edit “%1”</source>
        <translation>编辑“%1”</translation>
    </message>
    <message>
        <source>Expose a port</source>
        <translation>发布一个端口</translation>
    </message>
    <message>
        <source>Chosen for you</source>
        <translation>自动选取</translation>
    </message>
    <message>
        <source>New requests use the new settings; those in flight finish with the old ones.</source>
        <translation>新请求按新设置处理，进行中的请求按原设置完成。</translation>
    </message>
    <message>
        <source>Requests to the public address are passed to this service.</source>
        <translation>访问公网地址的请求会转发给这个服务。</translation>
    </message>
    <message>
        <source>Port or address</source>
        <translation>端口或地址</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Name (optional)</source>
        <translation>名称（可选）</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Expose</source>
        <translation>发布</translation>
    </message>
    <message>
        <source>A port of this computer, host:port, https://host:port, h2c://host:port or unix:/path</source>
        <translation>本机端口、主机:端口、https://主机:端口、h2c://主机:端口 或 unix:/路径</translation>
    </message>
    <message>
        <source>The public address changes with it; the old one stops answering</source>
        <translation>公网地址会随之改变，原地址将停止响应</translation>
    </message>
    <message>
        <source>The first part of the public address</source>
        <translation>公网地址的第一段</translation>
    </message>
</context>
<context>
    <name>adit::ui::TunnelList</name>
    <message>
        <source>Copy the address</source>
        <translation>复制地址</translation>
    </message>
    <message>
        <source>Open in the browser</source>
        <translation>在浏览器中打开</translation>
    </message>
</context>
<context>
    <name>adit::ui::TunnelModel</name>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Public address</source>
        <translation>公网地址</translation>
    </message>
    <message>
        <source>Target</source>
        <translation>目标</translation>
    </message>
    <message>
        <source>In</source>
        <translation>流入</translation>
    </message>
    <message>
        <source>Out</source>
        <translation>流出</translation>
    </message>
    <message>
        <source>Requests/s</source>
        <translation>请求/秒</translation>
    </message>
</context>
<context>
    <name>adit::ui::WindowActions</name>
    <message>
        <source>Expose a port…</source>
        <translation>发布端口…</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>启动</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>移除…</translation>
    </message>
    <message>
        <source>Copy address</source>
        <translation>复制地址</translation>
    </message>
    <message>
        <source>Open in browser</source>
        <translation>在浏览器中打开</translation>
    </message>
    <message>
        <source>Reconnect now</source>
        <translation>立即重新连接</translation>
    </message>
    <message>
        <source>Join a server…</source>
        <translation>加入服务器…</translation>
    </message>
    <message>
        <source>Show log</source>
        <translation>显示日志</translation>
    </message>
    <message>
        <source>About Adit</source>
        <translation>关于 Adit</translation>
    </message>
    <message>
        <source>Close window</source>
        <translation>关闭窗口</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
    <message>
        <source>Appearance</source>
        <translation>外观</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Edit…</source>
        <translation>编辑…</translation>
    </message>
    <message>
        <source>All tunnels together</source>
        <translation>所有隧道总览</translation>
    </message>
    <message>
        <source>Search the log</source>
        <translation>搜索日志</translation>
    </message>
    <message>
        <source>Take the name over</source>
        <translation>接管名称</translation>
    </message>
</context>
</TS>
