/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls that read past what they were given, depend on the locale or the zone of the machine, or
 * cut silently. The Makefile includes this before every file, so using one does not compile. */
#ifndef CORE_BANNED_H
#define CORE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* macros where _FORTIFY_SOURCE meets clang */
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf
#pragma GCC poison strcpy strcat strncpy strncat strtok sprintf vsprintf sscanf atoi atol atof
#pragma GCC poison gmtime localtime localtime_r ctime asctime mktime strftime setlocale gets

#endif
