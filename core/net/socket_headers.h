// SPDX-License-Identifier: Apache-2.0
#pragma once
// The system's socket headers, which differ in name only. For .cpp files; no public header includes this.

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
// afunix.h wants winsock2.h first.
#include <afunix.h>
#else
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#endif
