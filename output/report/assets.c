/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of the page, taken in by the assembler: no generator, no copy in the source tree. The
 * paths are relative to the top of the tree, where make runs; the order of the script files is
 * the order in which they stand in the page. */
#include "output/report/assets.h"

#define FILE_IN(path) ".incbin \"output/report/" path "\"\n"
#define BLOCK(name, files)                                                                         \
    ".global " name "\n" name ":\n" files ".global " name "_end\n" name "_end:\n.byte 0\n"

__asm__(".pushsection .rodata\n"
        BLOCK("report_css", FILE_IN("report.css"))
        BLOCK("report_js", FILE_IN("text.js") FILE_IN("base.js") FILE_IN("data.js")
              FILE_IN("time.js") FILE_IN("filter.js") FILE_IN("answers.js") FILE_IN("overview.js")
              FILE_IN("brush.js") FILE_IN("movement.js") FILE_IN("facets.js")
              FILE_IN("table.js") FILE_IN("detail.js")
              FILE_IN("sections.js") FILE_IN("report.js"))
        ".popsection\n");
