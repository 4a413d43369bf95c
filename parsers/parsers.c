/* SPDX-License-Identifier: Apache-2.0
 *
 * The parsers there are, from list.def. */
#include "core/parser.h"

#define PARSER(name) extern const struct parser parser_##name;
#include "parsers/list.def"
#undef PARSER

const struct parser *const parsers[] = {
#define PARSER(name) &parser_##name,
#include "parsers/list.def"
#undef PARSER
};

const size_t parser_count = array_len(parsers);
