/* SPDX-License-Identifier: Apache-2.0
 *
 * What names, paths and command lines give away. Pure functions of text. */
#ifndef CORRELATE_SIGNS_H
#define CORRELATE_SIGNS_H

#include "core/event.h"

enum method {
    METHOD_SMB,
    METHOD_TASK,
    METHOD_SERVICE,
    METHOD_PSEXEC,
    METHOD_WMI,
    METHOD_DCOM,
    METHOD_WINRM,
    METHOD_RDP,
    METHOD_SSH,
    METHOD_COUNT
};

/* Signs that an edge is hostile, and how much each says; correlate/lateral.c has the texts. */
enum sign {
    SIGN_EXTERNAL = 1 << 0,
    SIGN_PSEXEC = 1 << 1,        /* PSEXESVC itself: administrators use it too */
    SIGN_CLONE = 1 << 2,         /* RemCom, smbexec, PAExec, Metasploit, Cobalt Strike ... */
    SIGN_RANDOM_NAME = 1 << 3,
    SIGN_COMMAND = 1 << 4,       /* a service or task that is a shell command */
    SIGN_ODD_PLACE = 1 << 5,     /* a program in Temp, Users, ProgramData or on an admin share */
    SIGN_WROTE_PROGRAM = 1 << 6,
    SIGN_OUTPUT_FILE = 1 << 7,   /* wmiexec's, atexec's, smbexec's */
    SIGN_LOOPBACK = 1 << 8,
    SIGN_GUESSED = 1 << 9,       /* many failed logons from there before */
    SIGN_NEW_ACCOUNT = 1 << 10,
    SIGN_FAN_OUT = 1 << 11,
    SIGN_VPN = 1 << 12,
    SIGN_SWEEP = 1 << 13,
    /* not of hostility, but of how the ends were joined */
    JOIN_PORT = 1 << 24,         /* J1: client address and port on both sides */
    JOIN_PIPE = 1 << 25,         /* J4: source host and PID in the name of a pipe */
    JOIN_TIME = 1 << 26,         /* by time alone */
    JOIN_CREDENTIALS = 1 << 27,  /* seen only as explicit credentials so far */
    JOIN_TICKET = 1 << 28        /* J5: a service ticket of the domain controller */
};

unsigned signs_of_command(str text); /* that a service, a task or WMI runs */
unsigned signs_of_service(str name, str path);
unsigned signs_of_task(str name, str content);

/* A file opened on a share: what it says; *method is set when the file shows one. */
unsigned signs_of_share_file(str name, bool written, enum method *method);
/* A pipe: svcctl, atsvc, PsExec's. *host gets the source's name where the pipe tells it. False
 * for a pipe that says nothing. */
bool signs_of_pipe(str name, enum method *method, unsigned *signs, str *host);
/* Is it a program by its ending? */
bool is_program(str name);
/* ADMIN$, C$ and other drives. */
bool is_admin_share(str share);
bool is_ipc_share(str share);

/* A command that reaches another host: which, how. */
bool command_reaches(str image, str command, enum method *method, str *host);

/* What a command line destroys, hides or takes away; NULL for nothing known. */
struct deed {
    const char *id, *title, *technique, *tactic;
    enum severity severity;
};
const struct deed *deed_of(str image, str command);

/* "README_RESTORE.txt", "HOW_TO_DECRYPT.html" and their kind. */
bool is_ransom_note(str name);

#endif
