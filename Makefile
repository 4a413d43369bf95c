# SPDX-License-Identifier: Apache-2.0
# make demo    sets up, builds, runs the main job on the sample incident
# make check   sets up, builds under ASan and UBSan, runs every test
# make compare sets up, builds, compares EVTX records with evtx_dump's, where that is installed
# make deps bench fuzz lint install clean; V=1 shows the commands; VARIANT=debug|asan|tsan
VARIANT ?= release
B       := build/$(VARIANT)
PREFIX  ?= /usr/local
CFLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -ffile-prefix-map=$(CURDIR)=. \
                  $(if $(findstring clang,$(CC)),,-flto=auto)
CFLAGS_debug   := -O0 -g3
CFLAGS_asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
CFLAGS_tsan    := -O1 -g -fsanitize=thread
ifndef CFLAGS_$(VARIANT)
$(error VARIANT=$(VARIANT): choose release, debug, asan or tsan)
endif
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
        -Wwrite-strings -Wvla -Wformat=2 -Wundef $(if $(WERROR),-Werror)
PKGS := libzstd zlib libdeflate libcrypto libxxhash sqlite3 libevtx libbfio liblz4 liblzma
pkg  := $(shell pkg-config --cflags --libs $(PKGS) 2>/dev/null)
CFLAGS   ?= $(CFLAGS_$(VARIANT))
CPPFLAGS += -I. -D_GNU_SOURCE -include core/banned.h $(filter -I% -D%,$(pkg))
# libevt and libevtx hold different versions of the same libraries and would call each other's: the
# first is linked in, its symbols hidden, and stands before the others.
LDLIBS   += -Wl,--exclude-libs,libevt.a -l:libevt.a $(filter-out -I% -D%,$(pkg))
ALL      := -std=c11 -pthread $(WARN) $(CPPFLAGS) $(CFLAGS)
LIB := $(wildcard core/*.c evidence/*.c parsers/*.c parsers/*/*.c correlate/*.c output/*.c output/*/*.c)
obj  = $(1:%.c=$B/%.o)
say  = $(if $V,,@printf '%-4s %s\n' $1 $2;)
.DEFAULT_GOAL := all
all: $B/ashiato $B/incident
$B/ashiato:     $(call obj,$(wildcard cli/*.c) $(LIB))
$B/incident:    $(call obj,$(wildcard samples/*.c))
$B/unit-tests:  $(call obj,$(wildcard tests/unit/*.c) $(LIB))
$B/fuzz-replay: $(call obj,$(wildcard tests/fuzz/*.c) $(LIB))
$B/ashiato $B/incident $B/unit-tests $B/fuzz-replay:
	$(call say,LD,$@)$(CC) -pthread $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$B/%.o: %.c $B/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL) -MMD -MP -c -o $@ $<
# .incbin is not seen by -MMD
$B/output/report/assets.o: $(wildcard output/report/*.css output/report/*.js output/report/*.html)
ifneq ($(file <$B/flags),$(CC) $(ALL))
$(shell mkdir -p $B)$(file >$B/flags,$(CC) $(ALL))
endif
-include $(shell find $B -name '*.d' 2>/dev/null)

# What needs packages enters make again once they are there: the flags above come from them.
again := $(MAKE) --no-print-directory -j$(shell nproc 2>/dev/null || echo 1)
deps:
	@sh tests/deps.sh packages.txt
demo: deps
	@$(again) VARIANT=release all
	@sh samples/demo.sh build/release
check: deps
	@$(again) VARIANT=asan WERROR=1 all build/asan/unit-tests build/asan/fuzz-replay
	@bash tests/check.sh build/asan
compare: deps
	@$(again) VARIANT=release all
	@bash tests/check.sh build/release compare
bench: deps
	@$(again) VARIANT=release all
	@bash tests/bench/run.sh build/release
fuzz: deps
	@bash tests/fuzz/run.sh
lint:
	@$(again) VARIANT=debug all
	@bash tests/lint.sh build/debug
install: all
	install -D -m 755 $B/ashiato $(DESTDIR)$(PREFIX)/bin/ashiato
	install -D -m 644 docs/event.schema.json $(DESTDIR)$(PREFIX)/share/ashiato/event.schema.json
clean:
	rm -rf build
.PHONY: all deps demo check compare bench fuzz lint install clean
