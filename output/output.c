/* SPDX-License-Identifier: Apache-2.0
 *
 * The writers there are, from list.def. */
#include "core/writer.h"

#define WRITER(name) extern const struct writer writer_##name;
#include "output/list.def"
#undef WRITER

const struct writer *const writers[] = {
#define WRITER(name) &writer_##name,
#include "output/list.def"
#undef WRITER
};

const size_t writer_count = array_len(writers);
