#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Replays inputs that once went wrong, the golden inputs with every prefix, and a sample of the
# corpora, under the sanitizers, on all processors.
# usage: tests/fuzz/replay.sh build/asan
set -u
export replay=$1/fuzz-replay
log=$1/fuzz.log
corpora=../shared/corpora
skipped=0

try() { # parser, file... -> a line that tells how it ended, behind what went wrong
    local said
    if said=$(timeout 300 "$replay" "$@" 2>&1 >/dev/null); then
        echo "passed $1"
    else
        printf 'FAIL fuzz %s:\n%s\n' "$*" "$(tail -30 <<<"$said")"
    fi
}
export -f try

inputs() { # lines of parser and files
    local file parser
    for file in tests/fuzz/corpus/*/*; do
        [ -f "$file" ] && echo "$(basename "$(dirname "$file")") $file"
    done
    for file in tests/golden/parser-*/*; do
        case $(basename "$file") in args | expected.*) continue ;; esac
        parser=$(basename "$(dirname "$file")" | cut -d- -f2 | tr _ -)
        [ -f "$file" ] && echo "$parser $file"
    done
    [ -d $corpora ] || return
    # twenty small files from all over, whatever they are, through every parser
    mapfile -t file < <(find $corpora -type f -size -24k -not -name 'SOURCES*' -not -path '* *' |
        LC_ALL=C sort | awk '{ f[NR] = $0 } END { for (i = 1; i <= 20; i++) print f[int(NR * i / 20)] }')
    for parser in $(sed -n 's/^PARSER(\(.*\))/\1/p' parsers/list.def | tr _ - | grep -v -e '^case$' -e libevtx); do
        echo "$parser ${file[*]}"
    done
}

if [ ! -d $corpora ]; then
    echo "SKIP fuzz corpora: $corpora is not there"
    skipped=1
fi
inputs | xargs -P "$(nproc 2>/dev/null || echo 1)" -d '\n' -I{} bash -c 'try $1' _ {} >"$log"
grep -v '^passed' "$log"
passed=$(grep -c '^passed' "$log") failed=$(grep -c '^FAIL fuzz' "$log")
echo "fuzz: $passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
