# SPDX-License-Identifier: Apache-2.0
VARIANT ?= release
B       := build/$(VARIANT)
PREFIX  ?= /usr/local
CFLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -ffile-prefix-map=$(CURDIR)=.
CFLAGS_debug   := -O0 -g3
CFLAGS_asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
CFLAGS_tsan    := -O1 -g -fsanitize=thread
ifndef CFLAGS_$(VARIANT)
$(error VARIANT=$(VARIANT): choose release, debug, asan or tsan)
endif
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
        -Wwrite-strings -Wvla -Wformat=2 -Wundef $(if $(WERROR),-Werror)
PKGS := libzstd libcjson libdeflate libcrypto libxxhash sqlite3
pkg  := $(shell pkg-config --cflags --libs $(PKGS) 2>/dev/null)
CFLAGS   ?= $(CFLAGS_$(VARIANT))
CPPFLAGS += -I. -I$B/gen -D_GNU_SOURCE -include core/banned.h $(filter -I% -D%,$(pkg))
LDLIBS   += $(filter-out -I% -D%,$(pkg)) -levtx -lm
ALL      := -std=c11 -pthread $(WARN) $(CPPFLAGS) $(CFLAGS)
LIB := $(wildcard core/*.c evidence/*.c parsers/*.c parsers/*/*.c correlate/*.c output/*.c output/*/*.c)
obj  = $(1:%.c=$B/%.o)
say  = $(if $V,,@printf '%-4s %s\n' $1 $2;)
.DEFAULT_GOAL := all
all: $B/ashiato $B/incident
$B/ashiato:     $(call obj,$(wildcard cli/*.c) $(LIB))
$B/incident:    $(call obj,$(wildcard samples/*.c))
$B/unit-tests:  $(call obj,$(wildcard tests/unit/*.c) $(LIB))
$B/ashiato $B/incident $B/unit-tests:
	$(call say,LD,$@)$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$B/%.o: %.c $B/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL) -MMD -MP -c -o $@ $<
ifneq ($(file <$B/flags),$(CC) $(ALL))
$(shell mkdir -p $B)$(file >$B/flags,$(CC) $(ALL))
endif
-include $(shell find $B -name '*.d' 2>/dev/null)
clean:
	rm -rf build
.PHONY: all clean
