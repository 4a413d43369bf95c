#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes with libFuzzer, where clang has it, for a while (default 60 s a target) and says how much
# processor time each took. README.md tells what to do with a finding.
# usage: tests/fuzz/run.sh [SECONDS [TARGET...]]     targets: parsers evtx evtx-made
set -eu
seconds=${1:-60}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- parsers evtx evtx-made
out=build/fuzz
if ! command -v clang >/dev/null; then
    echo "fuzz: clang is not installed (apt-get install clang libclang-rt-14-dev): nothing fuzzed" >&2
    exit 1
fi
make --no-print-directory -j2 CC=clang B=$out/objects $out/objects/fuzz-replay \
    CFLAGS='-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all'
objects=$(find $out/objects -name '*.o' -not -path '*/cli/*' -not -path '*/tests/unit/*' -not -path '*/samples/*' -not -name replay.o)
# libevtx leaks a little of what it cannot read
printf 'leak:libevtx.so\n' >$out/known-leaks
export LSAN_OPTIONS=suppressions=$out/known-leaks

for target; do
    # shellcheck disable=SC2086,SC2046
    clang -fsanitize=fuzzer,address,undefined -pthread -o "$out/fuzz-$target" $objects \
        "-Wl,--defsym=LLVMFuzzerTestOneInput=fuzz_${target//-/_}" \
        -Wl,--exclude-libs,libevt.a -l:libevt.a \
        $(pkg-config --libs libzstd zlib libdeflate libcrypto libxxhash sqlite3 libevtx libbfio liblz4 liblzma) -lm
    mkdir -p "$out/corpus-$target"
    kept=tests/fuzz/corpus/$target
    [ -d "$kept" ] || kept=
    # shellcheck disable=SC2086
    (TIMEFORMAT="fuzz: $target: %U s of processor time"
     time "$out/fuzz-$target" -max_total_time="$seconds" -max_len=140000 -timeout=20 \
        -rss_limit_mb=1024 -malloc_limit_mb=256 -print_final_stats=1 "$out/corpus-$target" $kept)
done
