/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables behind Windows events: every name and code is found, and no value of any type or
 * length does harm. */
#include "parsers/windows_view.h"
#include "tests/unit/test.h"

TEST(windows_table_is_sorted_and_every_line_finds_itself)
{
    size_t count;
    const struct windows_row *rows = windows_rows(&count);

    CHECK(count > 600);
    for (size_t i = 1; i < count; i++)
        if (rows[i - 1].group > rows[i].group ||
            (rows[i - 1].group == rows[i].group && rows[i - 1].code >= rows[i].code))
            test_failed(__FILE__, __LINE__, "not ascending at %u", rows[i].code);
}

TEST(windows_every_log_name_is_found)
{
    static const struct {
        const char *name;
        unsigned group;
    } logs[] = {
#define LOG(group, name) {name, G_##group},
#include "parsers/windows_logs.def"
#undef LOG
    };
    size_t count;
    const struct windows_row *rows = windows_rows(&count);

    for (size_t i = 0; i < array_len(logs); i++) {
        size_t at = 0;
        while (at < count && rows[at].group != logs[i].group)
            at++;
        CHECK(at < count);
        struct windows_record r = {.provider = str_of(logs[i].name), .code = rows[at].code};
        if (windows_row_of(&r) != &rows[at])
            test_failed(__FILE__, __LINE__, "%s: not found; is windows_logs.def sorted?",
                        logs[i].name);
    }
}

TEST(windows_every_known_field_is_found_in_any_case)
{
    static const char *const names[] = {
#define LENGTH(n)
#define FIELD(id, name) name,
#include "parsers/windows_fields.def"
#undef LENGTH
#undef FIELD
    };

    for (size_t i = 0; i < array_len(names); i++) {
        char upper[64];
        str name = str_of(names[i]);
        for (size_t k = 0; k < name.len; k++)
            upper[k] = (char)(name.p[k] >= 'a' && name.p[k] <= 'z' ? name.p[k] - 32 : name.p[k]);
        if ((size_t)windows_field_of(name) != i ||
            (size_t)windows_field_of((str){upper, name.len}) != i)
            test_failed(__FILE__, __LINE__, "%s: not found", names[i]);
    }
    CHECK_INT(windows_field_of(STR("")), F_COUNT);
    CHECK_INT(windows_field_of(STR("TargetUserNamf")), F_COUNT);
    CHECK_INT(windows_field_of(STR("a name that is longer than any known one is")), F_COUNT);
}

TEST(windows_every_classic_security_event_has_a_line)
{
    static const uint16_t codes[] = {
#define CLASSIC(code, later, ...) code,
#include "parsers/windows_classic.def"
#undef CLASSIC
    };

    for (size_t i = 0; i < array_len(codes); i++) {
        const struct windows_record r = {.provider = STR("Security"), .code = codes[i]};
        CHECK(i == 0 || codes[i - 1] < codes[i]);
        CHECK(windows_classic_of(&r) != NULL);
        CHECK(windows_row_of(&r) != NULL);
    }
    const struct windows_record vista = {
        .provider = STR("Microsoft-Windows-Security-Auditing"), .code = 528};
    CHECK(windows_classic_of(&vista) == NULL);
    CHECK(windows_row_of(&vista) == NULL);
}

TEST(windows_codes_are_spelled_out)
{
    struct buf out = {0};
    struct addr addr;
    uint16_t port = 0;

    CHECK_STR(windows_logon_type(10), "remote interactive");
    CHECK_STR(windows_logon_type(6), "");
    CHECK_STR(windows_ntstatus(0xc0000234), "account locked out");
    CHECK_STR(windows_ntstatus(UINT64_C(0xffffffffc000006a)), "");
    CHECK_STR(windows_kerberos_error(0x25), "clocks too far apart");
    CHECK_STR(windows_encryption(0x17), "RC4-HMAC");
    CHECK_STR(windows_parameter(14592), "inbound");
    CHECK_STR(windows_logon_word(13), "CachedUnlock");
    CHECK_STR(windows_ntstatus(0xc0000418), "NTLM blocked");
    CHECK_STR(windows_kerberos_error(0x44), "wrong realm");
    CHECK_STR(windows_preauth(138), "FAST");
    CHECK_STR(windows_service_type(0x120), "shared process, interactive");
    CHECK_STR(windows_protocol(58), "ICMPv6");
    CHECK_STR(windows_dns_type(255), "ANY");
    CHECK_STR(windows_error(1722), "RPC server unavailable");
    CHECK_STR(windows_disconnect(12), "logged off by the user");
    CHECK_STR(windows_service_start(3), "demand");
    CHECK_STR(windows_right(STR("1131F6AD-9C07-11D1-F79F-00C04FC2DCD2")),
              "DS-Replication-Get-Changes-All");
    windows_file_access(0x120089 | 0x8000000, &out);
    CHECK_STR(buf_view(&out), "read, read extended attributes, read attributes, read permissions, "
                              "synchronize, 0x8000000");
    out.len = 0;
    windows_ticket_options(0x40810010, &out);
    CHECK_STR(buf_view(&out), "renewable-ok, canonicalize, renewable, forwardable");
    out.len = 0;
    CHECK(windows_sockaddr((struct value){"\x02\x00\xf4\xd5\x0a\x70\x8c\x8f", 8, VALUE_BINARY},
                           &addr, &port));
    CHECK_INT(port, 0xf4d5);
    addr_text(&addr, &out);
    CHECK_STR(buf_view(&out), "10.112.140.143");
    buf_free(&out);
}

TEST(windows_every_parameter_is_found)
{
    static const struct {
        uint32_t number;
        const char *text;
    } parameters[] = {
#define PARAMETER(number, text) {number, text},
#include "parsers/windows_parameters.def"
#undef PARAMETER
    };

    for (size_t i = 0; i < array_len(parameters); i++)
        CHECK_STR(windows_parameter(parameters[i].number), parameters[i].text);
}

TEST(windows_every_status_and_privilege_is_found)
{
    static const struct {
        str (*find)(uint64_t);
        uint32_t code;
        const char *text;
    } statuses[] = {
#define windows_NTSTATUS windows_ntstatus
#define windows_KERBEROS windows_kerberos_error
#define windows_WIN32 windows_error
#define windows_HRESULT windows_error
#define STATUS(list, code, words) {windows_##list, code, words},
#include "parsers/windows_status.def"
#undef STATUS
    };
    static const struct {
        const char *name, *words;
    } privileges[] = {
#define PRIVILEGE(name, words) {name, words},
#include "parsers/windows_privileges.def"
#undef PRIVILEGE
    };

    for (size_t i = 0; i < array_len(statuses); i++)
        CHECK_STR(statuses[i].find(statuses[i].code), statuses[i].text);
    for (size_t i = 0; i < array_len(privileges); i++)
        CHECK_STR(windows_privilege(str_of(privileges[i].name)), privileges[i].words);
    CHECK_STR(windows_privilege(STR("SeNothing")), "");
    CHECK_STR(windows_error(0x80070005), "access denied");
    CHECK_STR(windows_error(0xc0000022), "access denied");
    CHECK_STR(windows_error(UINT64_C(0x100000005)), "");
}

TEST(windows_sockaddr_rejects_what_is_none)
{
    struct addr addr;
    uint16_t port;
    static const char v6[28] = {23, 0, 1, 0xbd - 256, 0, 0, 0, 0, 0xfe - 256, 0x80 - 256, [23] = 1};

    CHECK(windows_sockaddr((struct value){v6, 28, VALUE_BINARY}, &addr, &port));
    CHECK_INT(port, 445);
    for (uint32_t len = 0; len < 24; len++)
        CHECK(!windows_sockaddr((struct value){v6, len, VALUE_BINARY}, &addr, &port));
    CHECK(!windows_sockaddr(value_of(STR("")), &addr, &port));
    CHECK(!windows_sockaddr(value_of(STR("02-00-F4")), &addr, &port));
    CHECK(!windows_sockaddr(value_of(STR("not hex at all")), &addr, &port));
    CHECK(!windows_sockaddr(value_of(STR("020001BD00000000")), &addr, &port));
}

TEST(windows_odd_lengths_and_types_do_no_harm)
{
    static const uint8_t bytes[64] = {1, 15, 0xff, 0xd8, 2, 0, 0xff};

    for (unsigned type = 0; type < 256; type++)
        for (uint32_t len = 0; len < 40; len += 1 + len / 9) {
            struct batch b = {0};
            struct windows_record r = {.provider = STR("Microsoft-Windows-Security-Auditing"),
                                       .code = 4624 + type % 2 * 24, .computer = STR("")};
            batch_begin(&b, 0);
            uint8_t *own = arena_alloc(&b.arena, len + 1);
            memcpy(own, bytes, len);
            static const char *const names[] = {
                "LogonType", "IpAddress", "IpPort", "TargetUserSid", "TargetUserName",
                "TargetLogonId", "TargetServerName", "WorkstationName", "Status", "SubStatus", "",
            };
            for (size_t i = 0; i < array_len(names); i++)
                batch_field(&b, FIELD_EVENT_DATA, str_of(names[i]),
                            (struct value){own, len, (uint8_t)type});
            windows_describe(&b, &r, true);
            batch_commit(&b);
            batch_free(&b);
        }
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Any field of any type and length in any event, each value in memory of exactly its size. */
TEST(windows_random_fields_do_no_harm)
{
    static const char *const names[] = {
#define LENGTH(n)
#define FIELD(id, name) name,
#include "parsers/windows_fields.def"
#undef LENGTH
#undef FIELD
        "", "", "", "", "EventXML/Param1", "SettingValue", "unknown",
    };
    static const char *const texts[] = {
        "%%", "%%1537%%", "{", "%{S-1-", "ACME\\", "@", "\\\\", "[CLIENT: ", "a (b clientIP: ",
        "::",
        "Accepted  for ", "Failed x for y from 1.2.3.4 port 99999999", "<Command>&amp", "http://@",
        "HostApplication=", "cifs/", ":65536", "\xf0\x9f", "\xed\xa0\x80", "0x", "-",
    };
    size_t count;
    const struct windows_row *rows = windows_rows(&count);
    uint64_t state = 42;

    for (unsigned round = 0; round < 8000; round++) {
        struct batch b = {0};
        struct windows_memo memo = {0};
        struct windows_record r = {.code = rows[next_random(&state) % count].code,
                                   .computer = STR("SRV01"),
                                   .memo = round % 4 < 2 ? &memo : NULL};
        static const char *const providers[] = {
#define LOG(group, name) name,
#include "parsers/windows_logs.def"
#undef LOG
        };
        r.provider = str_of(providers[next_random(&state) % array_len(providers)]);
        if (round % 2)
            r.provider = STR("Microsoft-Windows-Security-Auditing");
        char *kept[12];
        batch_begin(&b, round);
        for (unsigned k = 0; k < 12; k++) {
            str name = str_of(names[next_random(&state) % array_len(names)]);
            str text = str_of(texts[next_random(&state) % array_len(texts)]);
            uint8_t type = (uint8_t)next_random(&state);
            uint32_t len = (uint32_t)(next_random(&state) % 40);
            if (k % 2) {
                type = k % 4 == 1 ? VALUE_TEXT : VALUE_UTF16;
                len = (uint32_t)(type == VALUE_TEXT ? text.len : 2 * text.len);
            }
            char *own = kept[k] = mem_alloc(len ? len : 1);
            for (uint32_t i = 0; k % 2 == 0 && i < len; i++)
                own[i] = (char)next_random(&state);
            for (size_t i = 0; k % 2 && i < text.len; i++)
                own[type == VALUE_TEXT ? i : 2 * i] = text.p[i];
            batch_field(&b, name.len == 15 ? FIELD_USER_DATA : FIELD_EVENT_DATA, name,
                        (struct value){own, len, type});
        }
        windows_describe(&b, &r, true);
        str message = event_text(b.open, STR("message"), &b.arena);
        CHECK(utf8_valid(message));
        CHECK(message.len <= 1200);
        batch_commit(&b);
        batch_free(&b);
        for (size_t k = 0; k < array_len(kept); k++)
            mem_free(kept[k]);
    }
}
