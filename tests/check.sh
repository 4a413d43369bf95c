#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs every suite and adds up what they print: each ends with "NAME: N passed, N failed, N skipped".
# A suite that ends otherwise (crashed, hung, a leak at the end) counts as one failure more.
# usage: tests/check.sh build/asan [SUITE...]
#        tests/check.sh build/release compare     the suites of `make compare` alone
set -u
build=$1; shift
wanted=" $* "
[ "$*" != compare ] || wanted="  " # all of that branch
export ASHIATO=$build/ashiato INCIDENT=$build/incident
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
log=$build/check.log
# selenium comes from Debian's packages: the interpreter they are for
python=python3
[ -x /usr/bin/python3 ] && python=/usr/bin/python3
passed=0 failed=0 skipped=0

suite() { # name, command...
    local name=$1 status count p=0 f=0 s=0 began=$SECONDS; shift
    [ "$wanted" = "  " ] || [[ $wanted == *" $name "* ]] || return 0
    echo "== $name"
    timeout -k 10 900 "$@" </dev/null 2>&1 | tee "$log" | grep -v '^PASS'
    status=${PIPESTATUS[0]}
    count=$(grep -aE "^$name: [0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$" "$log" | tail -1)
    [ -n "$count" ] && read -r p f s < <(tr -dc '0-9 \n' <<<"${count#*:}")
    if [ -z "$count" ] || { [ "$status" != 0 ] && [ "$f" = 0 ]; }; then
        echo "FAIL $name: ended with status $status${count:+ behind its count}"
        f=$((f + 1))
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    [ $((SECONDS - began)) -lt 60 ] || echo "($name took $((SECONDS - began)) s)"
}

least=1
if [ "$*" = compare ]; then # beside other readers; none of them need be installed
    least=0
    suite compare $python tests/evtx_compare.py
    suite evtx-records $python tests/evtx_compare_record.py
else
suite unit "$build/unit-tests"
suite fuzz bash tests/fuzz/replay.sh "$build"
suite golden bash tests/golden.sh
suite replay $python tests/replay/incident.py
suite badinput $python tests/badinput/run.py
suite evtx $python tests/evtx_differential.py
suite expected $python tests/expected/run.py
suite times $python tests/times.py
suite recover $python tests/recover.py
suite journal $python tests/journal.py
suite logons $python tests/logons.py
suite numbers $python tests/numbers.py
suite browser $python tests/browser/report_test.py
suite lint bash tests/lint.sh "$build"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -ge $least ]
