#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Rules of the code base that a compiler does not know. Fails on a broken rule; long functions and
# files are reported only.
# usage: tests/lint.sh build/VARIANT (built objects are looked at, too)
set -u
shopt -s lastpipe # so that `rule` at the end of a pipe can count
build=$1
passed=0 failed=0
rule() { # title; standard input: the offenders
    local found
    found=$(cat)
    if [ -n "$found" ]; then
        failed=$((failed + 1))
        echo "FAIL lint: $1"
        echo "$found" | head -20
    else
        passed=$((passed + 1))
    fi
}
code=$(git ls-files '*.c' '*.h' | grep -v '^tests/')

# shellcheck disable=SC2086
{
grep -nE '\b(malloc|calloc|realloc|free)\(' $code | grep -vE '^(core/arena|samples/files)\.c' | rule "memory is taken and given back in core/arena.c only"
grep -nE '#include "(evidence|parsers|correlate|output|cli)/' core/*.[ch] | grep -v 'list\.def"' | rule "core includes no family"
for family in evidence parsers correlate output; do
    others=$(printf '%s\n' evidence parsers correlate output cli | grep -vx $family | paste -sd'|')
    grep -rnE "#include \"($others)/" $family | rule "$family includes no other family"
done
grep -nE '\b(time|clock_gettime|gettimeofday)\(' $code | grep -vE '^cli/|/\*|^\S+: \*' | rule "no clock outside cli"
grep -nE '\b(getenv|setlocale|tzset)\(' $code | rule "no environment, no locale"
grep -nP '\t' $code | rule "no tabs"
grep -nE '.{101,}' $code | rule "at most 100 columns"
grep -nE '^\s*//' $code | rule "comments are /* */"
for file in $code; do head -1 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$file"; done | rule "SPDX line first"
}
objects=$(find "$build" -name '*.o' -not -path '*/tests/*' 2>/dev/null)
# shellcheck disable=SC2086
[ -n "$objects" ] && objdump -t $objects 2>/dev/null |
    awk '/file format/ {file=$1} $0 ~ / O \.(data|bss)[ \t]/ && !/\.data\.rel\.ro/ && !/__odr_asan|__asan|__sancov|\.LASAN|_ZZ|\*\.L/ {print file, $NF}' |
    grep -vE '\.Lubsan|Lubsan_(data|type)' | rule "no mutable variable outside of functions"
sed -n 's/^PARSER(\(.*\))/\1/p' parsers/list.def | while read -r name; do
    ls -d tests/golden/parser-"$name"-* >/dev/null 2>&1 || [[ $name == evtx* ]] || [ "$name" = case ] || echo "$name"
done | rule "every text parser has a golden folder"
for header in $(git ls-files '*.h' | grep -v '^tests/'); do
    ${CC:-gcc} -std=c11 -D_GNU_SOURCE -I. -fsyntax-only -x c "$header" 2>&1 | grep -E 'error' | head -1
done | rule "every header stands alone"

sources=$(git ls-files '*.c' | grep -v '^tests/')
# shellcheck disable=SC2086
{
awk 'FNR == 1 {start = 0} /^\{/ {start = FNR} /^\}/ && start {if (FNR - start > 60) print FILENAME ": " FNR - start " lines up to line " FNR; start = 0}' \
    $sources | sed 's/^/  long function: /' | head -20
wc -l $sources | awk '$1 > 600 && $2 != "total" {print "  long file: " $2 ": " $1}'
}
echo "lint: $passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
