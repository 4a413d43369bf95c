#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job on the sample incident: makes its files, builds the case, says where the report is.
# usage: samples/demo.sh build/release
set -eu
out=build/demo
rm -rf $out
mkdir -p $out
"$1/incident" $out/incident
"$1/ashiato" timeline $out/incident/evidence -o $out/case --title "Sample incident"
echo
echo "Open $(pwd)/$out/case/report.html in a browser."
