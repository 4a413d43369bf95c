/* SPDX-License-Identifier: Apache-2.0
 *
 * The style sheet and the script of report.html, put into the binary by assets.c. */
#ifndef OUTPUT_REPORT_ASSETS_H
#define OUTPUT_REPORT_ASSETS_H

extern const char report_css[], report_css_end[];
extern const char report_js[], report_js_end[];

#endif
