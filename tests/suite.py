# SPDX-License-Identifier: Apache-2.0
"""What the test scripts share: tests are functions that assert; one line each, a count at the end.

The last line is "NAME: N passed, N failed, N skipped" (tests/check.sh adds them up) and the exit
status is 1 when something failed."""
import os
import shutil
import subprocess
import sys
import tempfile
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ASHIATO = os.path.abspath(os.environ.get('ASHIATO', os.path.join(ROOT, 'build/asan/ashiato')))
INCIDENT = os.path.abspath(os.environ.get('INCIDENT',
                                          os.path.join(os.path.dirname(ASHIATO), 'incident')))


class Skip(Exception):
    """Raised by a test that cannot run here; its text says why."""


class Suite:
    def __init__(self, name):
        self.name, self.passed, self.failed, self.skipped = name, 0, 0, 0
        self.folder = tempfile.mkdtemp(prefix='ashiato-' + name + '-')
        self.wanted = sys.argv[1:]

    def run(self, test, *args, label=None):
        label = label or test.__name__.removeprefix('test_')
        if self.wanted and not any(w in label for w in self.wanted):
            return
        try:
            test(*args)
        except Skip as why:
            self.skipped += 1
            print('SKIP %s: %s' % (label, why))
        except AssertionError as why:
            self.failed += 1
            line = traceback.extract_tb(why.__traceback__)[-1].lineno
            print('FAIL %s (line %d): %s' % (label, line, why))
        except Exception as why:  # a broken test, or output so wrong that it cannot be read
            self.failed += 1
            line = traceback.extract_tb(why.__traceback__)[-1].lineno
            print('FAIL %s (line %d): %s: %s' % (label, line, type(why).__name__, why))
        else:
            self.passed += 1
            print('PASS %s' % label)
        sys.stdout.flush()

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, data):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as file:
            file.write(data)
        return path

    def end(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        print('%s: %d passed, %d failed, %d skipped'
              % (self.name, self.passed, self.failed, self.skipped))
        sys.exit(1 if self.failed else 0)


def ashiato(*args, env=None, timeout=300, **more):
    """Runs the tool; the result has returncode, stdout and stderr (bytes)."""
    return subprocess.run([ASHIATO, *args], capture_output=True, timeout=timeout,
                          env={**os.environ, **(env or {})}, **more)


def tail(result):
    return result.stderr.decode('utf-8', 'replace')[-600:]
