#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Replays inputs that once went wrong, the golden inputs with every prefix, and a sample of the
# corpora, under the sanitizers.
# usage: tests/fuzz/replay.sh build/asan
set -u
replay=$1/fuzz-replay
log=$1/fuzz.log
passed=0 failed=0 skipped=0

try() { # label, command...
    local label=$1; shift
    if timeout 300 "$@" 2>"$log"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL fuzz $label:"
        tail -30 "$log"
    fi
}

for file in tests/fuzz/corpus/*/*; do
    [ -f "$file" ] && try "$file" "$replay" "$(basename "$(dirname "$file")")" "$file"
done
for input in tests/golden/parser-*/*; do
    case $(basename "$input") in args | expected.*) continue ;; esac
    parser=$(basename "$(dirname "$input")" | cut -d- -f2 | tr _ -)
    [ -f "$input" ] && try "$input" "$replay" "$parser" "$input"
done
corpora=../shared/corpora
if [ -d $corpora ]; then
    # every 23rd small file, whatever it is, through every parser
    mapfile -t files < <(find $corpora -type f -size -24k -not -name 'SOURCES*' | LC_ALL=C sort | awk 'NR % 23 == 0' | head -60)
    for parser in evtx evtx-raw evt auditd packages syslog journal journal-json journal-export utmp lastlog squid weblog winjson plain; do
        try "corpora as $parser" "$replay" $parser "${files[@]}"
    done
else
    echo "SKIP fuzz corpora: ../shared/corpora is not there"
    skipped=1
fi
echo "fuzz: $passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
