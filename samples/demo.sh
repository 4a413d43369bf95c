#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job on the sample incident: makes its files, builds the case, says where the report is.
# usage: samples/demo.sh build/release
set -eu
out=build/demo
rm -rf $out
mkdir -p $out
"$1/incident" $out/incident
# db01 writes its times without a zone; its clock shows Japan.
"$1/ashiato" timeline $out/incident/evidence -o $out/case --title "Sample incident" \
    --zone 'Asia/Tokyo:*/db01/*'
echo
echo "Open $(pwd)/$out/case/report.html in a browser."
