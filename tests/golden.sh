#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Golden folders (tests/golden/README.md): runs `ashiato ARGS` of each in a scratch folder and
# compares what comes back, then once more with eight threads in another zone, which must give the
# same bytes. UPDATE=1 rewrites the expectations; git diff is the review.
# usage: tests/golden.sh [CASE...]
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
ashiato=$root/${ASHIATO:-build/asan/ashiato}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0

run() { # case folder, threads, zone -> files in $scratch/got
    rm -rf "$scratch/work" "$scratch/got"
    mkdir "$scratch/work" "$scratch/got"
    cp -r "$1"/. "$scratch/work"
    rm -f "$scratch"/work/expected.*
    cd "$scratch/work" || exit 2
    local args=() threads=()
    read -r -a args <"$1/args"
    case ${args[0]-} in timeline | parse) threads=("-j$2") ;; esac
    env TZ="$3" LC_ALL=C "$ashiato" "${args[@]}" "${threads[@]}" >../got/expected.stdout 2>../got/expected.stderr
    echo $? >../got/expected.status
    for file in "$1"/expected.case.*; do # files of the case folder
        [ -e "$file" ] || continue
        cp "case/${file##*/expected.case.}" "../got/${file##*/}" 2>/dev/null
    done
    cd "$root" || exit 2
}

for dir in "$root"/tests/golden/*/; do
    dir=${dir%/}
    name=$(basename "$dir")
    [ $# = 0 ] || [[ " $* " == *" $name "* ]] || continue
    run "$dir" 1 UTC
    if [ "${UPDATE:-}" = 1 ]; then
        for file in "$scratch"/got/expected.*; do
            if [ -s "$file" ]; then cp "$file" "$dir"; else rm -f "$dir/$(basename "$file")"; fi
        done
    fi
    bad=0
    for pass in first second; do
        [ $pass = first ] || run "$dir" 8 Asia/Tokyo
        for file in "$scratch"/got/expected.*; do
            want=$dir/$(basename "$file")
            [ -e "$want" ] || want=/dev/null
            cmp -s "$file" "$want" && continue
            bad=1
            echo "FAIL golden $name, $pass run, $(basename "$file"):"
            diff "$want" "$file" | head -10
        done
    done
    failed=$((failed + bad)) passed=$((passed + 1 - bad))
done
echo "golden: $passed passed, $failed failed, 0 skipped"
[ $failed = 0 ] && [ $passed -gt 0 ]
