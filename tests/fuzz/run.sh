#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes all parsers for a while (default 60 s each) with libFuzzer where clang has it. A finding
# becomes tests/fuzz/corpus/PARSER/what-was-wrong.
# usage: tests/fuzz/run.sh build/asan [SECONDS]
set -eu
seconds=${2:-60}
out=build/fuzz
mkdir -p $out
if ! command -v clang >/dev/null; then
    echo "fuzz: clang is not installed (apt-get install clang libclang-rt-14-dev): nothing fuzzed" >&2
    exit 1
fi
make --no-print-directory CC=clang B=$out/objects CFLAGS='-O1 -g -fsanitize=fuzzer-no-link,address,undefined' $out/objects/fuzz-replay
objects=$(find $out/objects -name '*.o' -not -path '*/cli/*' -not -path '*/tests/unit/*' -not -path '*/samples/*' -not -name replay.o)
# shellcheck disable=SC2086,SC2046
clang -fsanitize=fuzzer,address,undefined -pthread -o $out/fuzz-parsers $objects \
    -Wl,--exclude-libs,libevt.a -l:libevt.a \
    $(pkg-config --libs libzstd zlib libdeflate libcrypto libxxhash sqlite3 libevtx libbfio) -lm
mkdir -p $out/corpus
# libevtx leaks a little of what it cannot read
printf 'leak:libevtx.so\n' >$out/known-leaks
LSAN_OPTIONS=suppressions=$out/known-leaks exec $out/fuzz-parsers -max_total_time="$seconds" -max_len=140000 -rss_limit_mb=2048 $out/corpus
