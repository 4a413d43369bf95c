/* SPDX-License-Identifier: Apache-2.0
 *
 * The numbers in Windows event records, spelled out. Sources: MS-ERREF (NTSTATUS), RFC 4120 7.5.9
 * and MS-KILE (Kerberos), MS-SAMR and the Win32 headers (rights), msobjs.dll's message table as
 * the event documentation quotes it (%%1234). Wording is ours. The long
 * lists are windows_status.def, windows_parameters.def and windows_privileges.def. */
#ifndef PARSERS_WINDOWS_CODES_H
#define PARSERS_WINDOWS_CODES_H

#include "core/event.h"

/* Each gives "" for a number that its table does not hold. */
str windows_logon_type(uint64_t type);   /* "network" */
str windows_logon_word(uint64_t type);   /* "Network": as winlog.logon.type names it */
str windows_ntstatus(uint64_t status);   /* "wrong password" */
str windows_kerberos_error(uint64_t code);
str windows_encryption(uint64_t etype);  /* "RC4-HMAC" */
str windows_preauth(uint64_t type);      /* "password (encrypted timestamp)" */
str windows_parameter(uint64_t number);  /* of %%1234: "inbound" */
str windows_service_start(uint64_t type);
str windows_service_type(uint64_t type);
str windows_protocol(uint64_t number);   /* "TCP" */
str windows_dns_type(uint64_t number);   /* "AAAA" */
str windows_error(uint64_t number);      /* Win32, HRESULT or NTSTATUS: "access denied" */
str windows_disconnect(uint64_t reason); /* of a remote desktop session */
str windows_clock_reason(uint64_t reason);
str windows_power_reason(uint64_t reason);
str windows_boot_type(uint64_t type);
str windows_firewall_profile(uint64_t profiles);
str windows_firewall_direction(uint64_t direction);
str windows_firewall_action(uint64_t action);
str windows_threat_action(uint64_t action);
str windows_network_category(uint64_t category);
str windows_privilege(str name);         /* SeDebugPrivilege: "debug any process" */
str windows_right(str guid);             /* right or class of the directory, no braces */

/* Bit masks: appends the names of the bits that are set, "read, write"; unknown bits in hex. */
void windows_file_access(uint64_t mask, struct buf *out);
void windows_process_access(uint64_t mask, struct buf *out);
void windows_ticket_options(uint64_t mask, struct buf *out);

/* A SOCKADDR as SMB records hold it: binary, or its bytes as hex digits (with or without '-').
 * AF_INET and AF_INET6 of Windows (2 and 23, little-endian), the port big-endian. */
bool windows_sockaddr(struct value v, struct addr *addr, uint16_t *port);

#endif
