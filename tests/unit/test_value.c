/* SPDX-License-Identifier: Apache-2.0 */
#include "core/value.h"

#include "tests/unit/test.h"

static char room[4096];

static str text_of(unsigned type, const void *p, size_t len)
{
    struct buf b = {0};

    value_text((struct value){p, (uint32_t)len, (uint8_t)type}, &b);
    size_t n = b.len < sizeof room ? b.len : sizeof room;
    if (n)
        memcpy(room, b.p, n);
    buf_free(&b);
    return (str){room, n};
}

#define CHECK_TEXT(type, lit, want) CHECK_STR(text_of(type, lit, sizeof(lit) - 1), want)

TEST(value_text_of_integers)
{
    CHECK_TEXT(VALUE_I8, "\xff", "-1");
    CHECK_TEXT(VALUE_U8, "\xff", "255");
    CHECK_TEXT(VALUE_I16, "\x00\x80", "-32768");
    CHECK_TEXT(VALUE_U16, "\x00\x80", "32768");
    CHECK_TEXT(VALUE_I32, "\x6d\x00\x00\xc0", "-1073741715");
    CHECK_TEXT(VALUE_U32, "\x6d\x00\x00\xc0", "3221225581");
    CHECK_TEXT(VALUE_I64, "\x00\x00\x00\x00\x00\x00\x00\x80", "-9223372036854775808");
    CHECK_TEXT(VALUE_U64, "\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615");
    CHECK_TEXT(VALUE_HEX32, "\x6d\x00\x00\xc0", "0xc000006d");
    CHECK_TEXT(VALUE_HEX64, "\xe7\x03\x00\x00\x00\x00\x00\x00", "0x3e7");
    CHECK_TEXT(VALUE_HEX64, "\x00\x00\x00\x00\x00\x00\x00\x00", "0x0");
    CHECK_TEXT(VALUE_SIZE, "\x10\x00\x00\x00", "0x10");
    CHECK_TEXT(VALUE_BOOL, "\x01\x00\x00\x00", "true");
    CHECK_TEXT(VALUE_BOOL, "\x00", "false");
}

TEST(value_text_of_structures)
{
    CHECK_TEXT(VALUE_GUID, "\x25\x96\x84\x54\x78\x54\x94\x49\xa5\xba\x3e\x3b\x03\x28\xc3\x0d",
               "{54849625-5478-4994-a5ba-3e3b0328c30d}");
    CHECK_TEXT(VALUE_SID, "\x01\x01\x00\x00\x00\x00\x00\x05\x12\x00\x00\x00", "S-1-5-18");
    CHECK_TEXT(VALUE_SID,
               "\x01\x05\x00\x00\x00\x00\x00\x05\x15\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00"
               "\xff\xff\xff\xff\xf4\x01\x00\x00",
               "S-1-5-21-1-2-4294967295-500");
    CHECK_TEXT(VALUE_SID, "\x01\x00\x01\x00\x00\x00\x00\x05", "S-1-0x010000000005");
    CHECK_TEXT(VALUE_BINARY, "\x00\xab\x7f", "00AB7F");
    CHECK_TEXT(VALUE_FILETIME, "\x00\x80\x3e\xd5\xde\xb1\x9d\x01", "1970-01-01T00:00:00.0000000Z");
    CHECK_TEXT(VALUE_FILETIME, "\x00\x00\x00\x00\x00\x00\x00\x00", "1601-01-01T00:00:00.0000000Z");
    CHECK_TEXT(VALUE_FILETIME, "\xff\xff\xff\xff\xff\xff\xff\x7f",
               "30828-09-14T02:48:05.4775807Z");
    CHECK_TEXT(VALUE_SYSTEMTIME, "\xe8\x07\x0a\x00\x03\x00\x02\x00\x0e\x00\x16\x00\x07\x00\x9b\x01",
               "2024-10-02T14:22:07.411Z");
}

TEST(value_text_of_a_wrong_length_is_hex)
{
    CHECK_TEXT(VALUE_U32, "\x01\x02\x03", "010203");
    CHECK_TEXT(VALUE_GUID, "\x01", "01");
    CHECK_TEXT(VALUE_SID, "\x01\x05\x00\x00\x00\x00\x00\x05", "0105000000000005");
    CHECK_TEXT(VALUE_SYSTEMTIME, "\xe8\x07\x0d\x00\x03\x00\x02\x00\x0e\x00\x16\x00\x07\x00\x9b\x01",
               "E8070D00030002000E00160007009B01");
    CHECK_TEXT(0x33, "\x01\xff", "01FF");
    CHECK_TEXT(VALUE_U32, "", "");
}
