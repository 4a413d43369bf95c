/* SPDX-License-Identifier: Apache-2.0
 *
 * What people and programs do on Windows hosts, each with all the records it leaves on the hosts
 * concerned. The background and the attack are made of the same actions. */
#ifndef SAMPLES_ACTIONS_H
#define SAMPLES_ACTIONS_H

#include "samples/forge.h"

#define DOMAIN_SID "S-1-5-21-1004336348-1177238915-682003330"

enum account_name {
    T_KURODA, Y_ITO, N_TANAKA, S_SUZUKI, M_KOBA, /* staff */
    ADM_HAYASHI,                                 /* the administrator who works here */
    ADM_SATO, DA_MORI,                           /* administrators whose passwords are stolen */
    SVC_BACKUP, ACCOUNTS
};
struct account {
    const char *name, *sid, *workstation, *ip; /* where it usually sits */
    bool admin;
};
extern const struct account accounts[ACCOUNTS];

struct session {
    enum host_name host;
    const struct account *account; /* NULL: the system itself */
    uint64_t logon;
    unsigned id;  /* of the desktop */
    unsigned pid; /* of its shell, or of what started it */
    const char *shell;
};

struct client { /* the remote side of a connection */
    const struct session *from; /* NULL: a machine whose logs were not collected */
    const char *name, *ip;
    uint16_t port;
};

struct session system_session(enum host_name host);
/* 4688, and Sysmon 1 where Sysmon runs. Returns the process id. */
unsigned start_process(struct forge *f, int64_t t, const struct session *s, const char *image,
                       const char *command);
/* 5156 on the host of the sender (if collected) and of the receiver (if it is a Windows host). */
void connect_hosts(struct forge *f, int64_t t, const struct client *from, unsigned pid,
                   const char *program, const char *to_ip, int to_host, uint16_t to_port);
/* 4768 and 4769 at the domain controller. */
void get_ticket(struct forge *f, int64_t t, const char *user, const char *sid, const char *ip,
                const char *service);
/* 4624 type 3 by Kerberos, 4672 for administrators. */
struct session logon_network(struct forge *f, int64_t t, enum host_name host,
                             const struct account *account, const struct client *from);
/* 4634. */
void logoff(struct forge *f, int64_t t, const struct session *s, unsigned type);
/* 5140 and 5145. */
void open_share(struct forge *f, int64_t t, const struct session *s, const struct client *from,
                const char *share, const char *local_path);
void open_file(struct forge *f, int64_t t, const struct session *s, const struct client *from,
               const char *share, const char *local_path, const char *file, bool write);
/* A remote desktop session, both sides' records. */
struct session rdp(struct forge *f, int64_t t, const struct client *from, enum host_name to,
                   const struct account *account, unsigned session_id, bool hostile);
void rdp_end(struct forge *f, int64_t t, const struct session *s, const struct client *from,
             unsigned reason);
/* PsExec -s with other credentials: returns the session its commands run in on the target. */
struct session psexec(struct forge *f, int64_t t, const struct session *from, enum host_name to,
                      const struct account *account, uint16_t port, const char *command);
/* sshd on a Linux host, by key; and the client's side when it is a Windows host. */
void ssh(struct forge *f, int64_t t, const struct client *from, enum host_name to,
         const char *user, int64_t until, bool hostile);

#endif
