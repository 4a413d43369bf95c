/* SPDX-License-Identifier: Apache-2.0 */
#include "core/event.h"

#include "tests/unit/test.h"

static char room[64];

/* The text of the address that `text` is, "no" when it is none. */
static str round_trip(const char *text)
{
    struct addr a;
    struct buf b = {0};

    if (!addr_parse(str_of(text), &a))
        return STR("no");
    addr_text(&a, &b);
    size_t n = b.len < sizeof room ? b.len : sizeof room;
    memcpy(room, b.p, n);
    buf_free(&b);
    return (str){room, n};
}

TEST(addr_texts)
{
    static const char *const pairs[][2] = {
        {"10.1.2.3", "10.1.2.3"},
        {"255.255.255.255", "255.255.255.255"},
        {"0.0.0.0", "0.0.0.0"},
        {"::ffff:10.1.2.3", "10.1.2.3"},
        {"::FFFF:0a01:0203", "10.1.2.3"},
        {"[2001:DB8::1]", "2001:db8::1"},
        {"fe80::1%eth0", "fe80::1"},
        {"fe80::dead%12", "fe80::dead"},
        {"::", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"}, /* RFC 5952 section 4.2.3 */
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"}, /* 4.2.2 */
        {"1:0:0:4:0:0:0:8", "1:0:0:4::8"},
        {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
        {"0:0:0:0:0:0:0:0", "::"},
    };

    for (size_t i = 0; i < array_len(pairs); i++)
        CHECK_STR(round_trip(pairs[i][0]), pairs[i][1]);
}

TEST(addr_refuses_what_is_none)
{
    static const char *const bad[] = {
        "", "-", "LOCAL", "localhost", "10.1.2", "10.1.2.3.4", "10.1.2.256", "10.1.2.03",
        "10.1.2.3 ", " 10.1.2.3", "1.2.3.4%eth0", ":", ":1", "1:", ":::", "1:::2", "1::2::3",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "::g", "[::1", "::1]", "fe80::1%",
        "%eth0", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:6:7:8::",
    };

    for (size_t i = 0; i < array_len(bad); i++)
        if (!str_eq(round_trip(bad[i]), STR("no")))
            CHECK_STR(str_of(bad[i]), "refused");
}

TEST(addr_ports)
{
    struct addr a;
    uint16_t port = 7;

    CHECK(addr_parse_port(STR("10.1.2.3:445"), &a, &port) && port == 445);
    CHECK(addr_parse_port(STR("[fe80::1]:65535"), &a, &port) && port == 65535);
    CHECK(addr_parse_port(STR("10.1.2.3"), &a, &port) && port == 0);
    CHECK(addr_parse_port(STR("fe80::1:445"), &a, &port) && port == 0);
    CHECK(!addr_parse_port(STR("10.1.2.3:65536"), &a, &port));
    CHECK(!addr_parse_port(STR("10.1.2.3:"), &a, &port));
    CHECK(!addr_parse_port(STR("10.1.2.3:4x"), &a, &port));
    CHECK(!addr_parse_port(STR("host:445"), &a, &port));
    CHECK(!addr_parse_port(STR(":445"), &a, &port));
    CHECK(!addr_parse_port(STR("1:2:3:4:5:6:7:8:9"), &a, &port));
}

static bool of(bool (*is)(const struct addr *), const char *text)
{
    struct addr a;

    CHECK(addr_parse(str_of(text), &a));
    return is(&a);
}

TEST(addr_ranges)
{
    static const char *const private[] = {"10.0.0.0", "10.255.255.255", "172.16.0.0",
        "172.31.255.255", "192.168.0.1", "169.254.9.9", "100.64.0.0", "100.127.255.255",
        "127.0.0.1", "::1", "fc00::", "fdff::1", "fe80::1", "febf::1", "::ffff:10.0.0.1"};
    static const char *const public[] = {"9.255.255.255", "11.0.0.0", "172.15.255.255",
        "172.32.0.0", "192.167.255.255", "192.169.0.0", "100.63.255.255", "100.128.0.0",
        "8.8.8.8", "fbff::", "fe00::", "fec0::", "2001:db8::1", "::2", "::10.0.0.1"};

    for (size_t i = 0; i < array_len(private); i++)
        if (!of(addr_is_private, private[i]))
            CHECK_STR(str_of(private[i]), "private");
    for (size_t i = 0; i < array_len(public); i++)
        if (of(addr_is_private, public[i]))
            CHECK_STR(str_of(public[i]), "public");
    CHECK(of(addr_is_local, "127.9.9.9") && of(addr_is_local, "::1"));
    CHECK(of(addr_is_local, "0.0.0.0") && of(addr_is_local, "::"));
    CHECK(!of(addr_is_local, "0.0.0.1") && !of(addr_is_local, "10.0.0.1"));
    CHECK(of(addr_is_none, "::") && !of(addr_is_none, "0.0.0.0"));
}
