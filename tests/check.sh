#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs every suite and adds up what they print: each ends with "NAME: N passed, N failed, N skipped".
# usage: tests/check.sh build/asan [SUITE...]
set -u
build=$1; shift
export ASHIATO=$build/ashiato INCIDENT=$build/incident
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
log=$build/check.log
# selenium comes from Debian's packages: the interpreter they are for
python=python3
[ -x /usr/bin/python3 ] && python=/usr/bin/python3
passed=0 failed=0 skipped=0

suite() { # name, command...
    local name=$1 line rc; shift
    [ ${#wanted[@]} = 0 ] || [[ " ${wanted[*]} " == *" $name "* ]] || return 0
    echo "== $name"
    "$@" 2>&1 | tee "$log" | grep -v '^PASS'
    rc=${PIPESTATUS[0]}
    line=$(grep -E "[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped" "$log" | tail -1)
    if [ -z "$line" ]; then
        echo "$name: no count (exit $rc)"
        failed=$((failed + 1))
        return
    fi
    p=$(echo "$line" | grep -oE '[0-9]+ passed' | cut -d' ' -f1)
    f=$(echo "$line" | grep -oE '[0-9]+ failed' | cut -d' ' -f1)
    s=$(echo "$line" | grep -oE '[0-9]+ skipped' | cut -d' ' -f1)
    [ "$rc" = 0 ] || [ "$f" -gt 0 ] || { echo "$name: exit $rc"; f=1; }
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

wanted=("$@")
suite unit "$build/unit-tests"
[ -x "$build/fuzz-replay" ] && suite fuzz bash tests/fuzz/replay.sh "$build"
[ -e tests/golden.sh ] && suite golden bash tests/golden.sh
[ -e tests/replay/incident.py ] && suite replay $python tests/replay/incident.py
[ -e tests/badinput/run.py ] && suite badinput $python tests/badinput/run.py
[ -e tests/evtx_differential.py ] && suite evtx python3 tests/evtx_differential.py
[ -e tests/browser/report_test.py ] && suite browser $python tests/browser/report_test.py
[ -e tests/lint.sh ] && suite lint bash tests/lint.sh "$build"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
