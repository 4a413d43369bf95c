#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what ashiato reads from the test data with what its own projects expect. One module a
source (common.py); each prints a table of agreements and fails below its floor. With the argument
-v SOURCE the differences are listed."""
import importlib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import common  # noqa: E402
from suite import Skip, Suite  # noqa: E402

SOURCES = ['fail2ban', 'loghub', 'elastic', 'crowdsec', 'sekoia']
verbose = '-v' in sys.argv
sys.argv = [a for a in sys.argv if a != '-v']
suite = Suite('expected')


def check(source):
    if not os.path.isdir(source.FOLDER):
        raise Skip('%s is not there' % os.path.relpath(source.FOLDER, common.ROOT))
    table = common.compare(source.samples(), source.OPTIONS, suite.path(source.NAME))
    table.show(source.NAME)
    if verbose:
        print('\n'.join(table.differences))
    for key, floor in source.FLOOR.items():
        share, good, bad = table.share(key)
        assert good, 'nothing was compared: %s' % key
        assert share >= floor, '%s: %.1f %% agree, not %.1f; the first difference: %s' % (
            key, share, floor, next(d for d in table.differences if ' %s: ' % key in d))


for name in SOURCES:
    suite.run(check, importlib.import_module(name), label=name)
suite.end()
