#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""report.html in Chromium: nothing on the console, nothing on the network, hostile text inert,
filters, rows, keys, languages, narrow windows, no script.

usage: tests/browser/report_test.py [REPORT.html...] [PART-OF-A-TEST-NAME...]
Without a report it makes one from the sample incident, with hostile lines added to its logs."""
import json
import os
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
reports = [a for a in sys.argv[1:] if a.endswith('.html')]
sys.argv[1:] = [a for a in sys.argv[1:] if not a.endswith('.html')]
from suite import INCIDENT, Suite, ashiato, tail  # noqa: E402

suite = Suite('browser')
CHROMIUM, DRIVER = shutil.which('chromium'), shutil.which('chromedriver')


def skip_all(why):
    print('SKIP browser: %s' % why)
    suite.skipped += 1
    suite.end()


try:
    from selenium import webdriver
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    skip_all('python3-selenium is not installed')
if not CHROMIUM or not DRIVER:
    skip_all('chromium or chromium-driver is not installed')


def browser(script):
    options = Options()
    options.binary_location = CHROMIUM
    for flag in ('--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
                 '--lang=en-US'):
        options.add_argument(flag)
    if not script:
        options.add_experimental_option('prefs', {'profile.default_content_setting_values.javascript': 2})
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL', 'performance': 'ALL'})
    return webdriver.Chrome(service=Service(DRIVER), options=options)


def wait(test, what, seconds=60):
    end = time.time() + seconds
    while time.time() < end:
        value = test()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError('waited %d s in vain for %s' % (seconds, what))


drivers = {}  # with and without script: starting a browser takes longer than a test


class Page:
    def __init__(self, path, width=1600, script=True):
        if script not in drivers:
            drivers[script] = browser(script=script)
        self.driver = drivers[script]
        self.driver.set_window_size(width, 1200)
        self.driver.get('about:blank')
        self.complaints(), self.requests()  # of the page before
        self.driver.get('file://' + os.path.abspath(path))
        if script:
            wait(lambda: self.js('return document.documentElement.dataset.ready'), 'the page')

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        pass

    def js(self, text, *args):
        return self.driver.execute_script(text, *args)

    def press(self, *keys):
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def count(self):
        return self.js('return view.shown.length')

    def text(self, css):
        return self.js('const e = document.querySelector(arguments[0]); return e && e.textContent', css)

    def complaints(self):
        return [m['message'] for m in self.driver.get_log('browser') if m['level'] in ('SEVERE', 'WARNING')]

    def requests(self):
        urls = []
        for entry in self.driver.get_log('performance'):
            message = json.loads(entry['message'])['message']
            if message['method'] == 'Network.requestWillBeSent':
                urls.append(message['params']['request']['url'])
        return urls


def use_everything(page):
    """Every control once, so that a message on the console has its chance."""
    page.js("for (const key of Object.keys(KEYS)) if (key !== '?') KEYS[key]()")
    page.js("selectRow(0); for (const key of ['c', 's', 'b', 'f', 'F', 'y', 'x', 'Enter']) KEYS[key]()")
    page.js("document.querySelectorAll('details.facet').forEach(d => { d.open = true; })")
    page.js("document.querySelectorAll('#evidence tr.sourcerow').forEach(r => r.click())")
    page.js("showKeys(); showKeys(); beforePrint(); afterPrint(); clearFilters(); setRange(null)")


def test_console_and_network_are_silent(path):
    with Page(path) as page:
        if page.js('return rows.n'):
            use_everything(page)
        time.sleep(0.3)
        assert page.complaints() == [], page.complaints()[:3]
        foreign = [u for u in page.requests() if not u.startswith(('file://' + os.path.abspath(path), 'blob:'))]
        assert foreign == [], foreign[:3]


def test_policy_forbids_what_is_not_in_the_page(path):
    with Page(path) as page:
        page.js("const s = document.createElement('script'); s.textContent = 'window.broken = 1';"
                "document.body.append(s)")
        page.js("const i = new Image(); i.src = 'https://example.invalid/x.png'; document.body.append(i)")
        page.js("const d = document.createElement('div'); d.setAttribute('style', 'color: red');"
                "d.setAttribute('onclick', 'window.broken = 2'); document.body.append(d); d.click()")
        assert page.js('return window.broken') is None
        wait(lambda: any('Content Security Policy' in c for c in page.complaints()), 'a refusal', 5)


def test_hostile_text_is_inert(path):
    with open(path, encoding='utf-8') as f:
        html = f.read()
    assert html.count('<script') == html.count('</script>')
    assert ' style="' not in html and '<img' not in html.split('<script')[0]
    with Page(path) as page:
        for i in range(min(page.js('return rows.n'), 400)):
            if page.js("return /[<>]/.test(rows.message[arguments[0]] + rows.detail[arguments[0]])", i):
                page.js('openRow(arguments[0])', i)
        found = page.js("return [...document.querySelectorAll('*')].filter(e => e.getAttributeNames()"
                        ".some(n => n.startsWith('on') || n === 'style' && !e.closest('#lines, #pane, html'))"
                        " || ['IMG', 'IFRAME', 'OBJECT', 'EMBED', 'LINK', 'BASE'].includes(e.tagName)).length")
        assert found == 0, '%d elements that the page does not make' % found
        assert page.js("return document.querySelectorAll('script:not([type])').length") == 1
        assert page.js("return document.body.textContent.match(/[\\u202a-\\u202e\\u2066-\\u2069\\u001b]/)"
                       " === null || 'raw'") is True


def test_filters_count_right(path):
    with Page(path) as page:
        total = page.js('return rows.n')
        host = page.js("const c = facetCounts('host'); return [c[0][0], c[0][1], hosts.values[c[0][0]]]")
        page.js("toggleFacet('host', arguments[0])", host[0])
        assert page.count() == host[1], (page.count(), host)
        assert page.text('#chips').find(host[2]) >= 0
        page.js('clearFilters()')
        box = page.driver.find_element(By.ID, 'search')
        box.send_keys('host:"%s"' % host[2])
        wait(lambda: page.count() < total or host[1] == total, 'the search')
        with_host = page.count()
        assert with_host >= host[1]
        box.clear()
        box.send_keys('-host:"%s"' % host[2])
        wait(lambda: page.count() == total - with_host, 'the search without', 5)
        box.clear()
        box.send_keys('no-such-word-anywhere-4711')
        wait(lambda: page.count() == 0, 'nothing found', 5)
        page.js('clearFilters()')
        assert page.count() == total
        assert page.js("let s = 0; for (const [, n] of facetCounts('severity')) s += n; return s") == total


def test_search_finds_original_fields(path):
    with Page(path) as page:
        i = page.js("for (let i = 0; i < rows.n; i++) { const f = JSON.parse(rows.detail[i]).fields.find("
                    "f => /^[A-Za-z]+$/.test(f[0]) && /^[\\w.\\\\:-]{4,40}$/.test(f[1])); if (f) return [i, f[0], f[1]]; }")
        if i:
            page.js('view.query = arguments[0]; refresh()', '%s:"%s"' % (i[1], i[2]))
            assert page.js('return view.shown.includes(arguments[0])', i[0]), i


def test_row_opens_with_all_its_fields(path):
    with Page(path) as page:
        page.press('j', Keys.ENTER)
        wait(lambda: page.text('#lines .detail'), 'the opened row', 5)
        row = page.js('return view.open')
        assert row >= 0
        names = page.js("return JSON.parse(rows.detail[arguments[0]]).fields.map(f => f[0]).filter(n => n !== 'message')", row)
        shown = page.js("return [...document.querySelectorAll('.detail .fields dt')].map(e => e.textContent)")
        assert [n or '–' for n in names if n in shown or not n] == shown, (names, shown)
        source = page.js('return data.sources[JSON.parse(rows.detail[arguments[0]]).places[0]]', row)
        assert source['sha256'] in page.text('.detail'), 'the hash of the file'
        page.press(Keys.ESCAPE)
        assert page.js('return view.open') == -1


def test_keys_walk_the_rows(path):
    with Page(path) as page:
        page.press('j', 'j', 'k')
        assert page.js("return view.selected === table.lines.find(l => l.type === 'row').i")
        page.press('?')
        assert page.js("return document.querySelector('dialog').open")
        page.press(Keys.ESCAPE)
        page.press('/')
        assert page.js("return document.activeElement.id") == 'search'


def test_few_rows_are_in_the_page(path):
    with Page(path) as page:
        assert page.js("return document.querySelectorAll('#lines > *').length") <= 90
        page.js("const p = document.getElementById('pane'); p.scrollTop = p.scrollHeight")
        time.sleep(0.2)
        last = page.js("return table.lines.length === Math.max(...[...document.querySelectorAll('#lines > *')]"
                       ".map(e => Number(e.getAttribute('aria-rowindex'))))")
        assert last, 'the last line is not reached'


def test_languages_and_colours_switch(path):
    with Page(path) as page:
        page.driver.find_element(By.ID, 'lang-ja').click()
        assert page.js('return document.documentElement.lang') == 'ja'
        assert '攻撃の時系列' in page.text('#timeline h2') and '誰が侵入したか' in page.text('#answers')
        page.driver.find_element(By.ID, 'lang-en').click()
        assert 'Who came in' in page.text('#answers')
        before = page.js('return getComputedStyle(document.body).backgroundColor')
        page.driver.find_element(By.ID, 'dark').click()
        assert before != page.js('return getComputedStyle(document.body).backgroundColor')
        missing = page.js("return Object.entries(TEXT).filter(([, v]) => v.length !== 2 || !v[0] || !v[1]).map(([k]) => k)")
        assert missing == [], missing


def test_narrow_windows_do_not_overflow(path):
    for width in (1600, 1100, 700):
        with Page(path, width=width) as page:
            # a resized window is drawn anew after a moment, later on a busy machine
            def wide():
                return page.js("const r = document.documentElement, w = r.clientWidth; return r.scrollWidth <= w + 1 ? [] : "
                               "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > w + 1)"
                               ".map(e => e.tagName + '.' + e.getAttribute('class')).slice(0, 5)")
            try:
                wait(lambda: wide() == [], 'a page that fits', 10)
            except AssertionError:
                raise AssertionError('too wide at %d: %s' % (width, wide()))
            assert page.complaints() == []


def test_every_hop_is_in_graph_and_list(path):
    with Page(path) as page:
        hops = page.js('return data.hops.length')
        assert page.js("return document.querySelectorAll('#movement tr[data-edge]').length") == hops
        pairs = page.js("return new Set(data.hops.map(e => endName(e, 'src') + '>' + endName(e, 'dst'))).size")
        assert page.js("return document.querySelectorAll('#movement .pair').length") == pairs or hops > 30
        if hops:
            page.press('J')
            wait(lambda: page.text('#movement .hopopen'), 'the hop', 5)


def test_brush_filters_every_view(path):
    with Page(path) as page:
        total, lanes = page.count(), page.driver.find_element(By.CSS_SELECTOR, 'svg.lanes')
        width = lanes.size['width']
        page.js('arguments[0].scrollIntoView()', lanes)
        mouse = ActionChains(page.driver)
        mouse.move_to_element_with_offset(lanes, int(-width / 2 + 160), -20).click_and_hold()
        mouse.move_by_offset(int(width * 0.15), 0).release().perform()
        low, high = wait(lambda: page.js('return view.range'), 'a range', 5)
        inside = page.js('return [...rows.t].filter(t => t >= arguments[0] && t <= arguments[1]).length', low, high)
        assert page.count() == inside, (page.count(), inside)
        assert str(inside) in page.text('#count').replace(',', '')
        page.js("document.querySelector('svg.lanes').dispatchEvent(new MouseEvent('dblclick', {bubbles: true}))")
        assert page.count() == total


def test_replay_ends_with_all_hops(path):
    with Page(path) as page:
        if not page.js('return data.hops.length'):
            return
        page.js('view.hop = 0; drawMovement()')
        assert page.js("return document.querySelectorAll('#movement tr.later').length") == page.js('return data.hops.length')
        page.js('replayTimer = 0; view.hop = data.hops.length - 1; replay()')
        assert page.js("return document.querySelectorAll('#movement tr.later').length") == 0


def test_answers_stand_without_script(path):
    with Page(path, script=False) as page:
        text = page.driver.find_element(By.TAG_NAME, 'body').text
        for question in ('Who came in', 'How they moved', 'What left', 'When the damage was done', 'What we cannot see'):
            assert question in text, question
        assert 'Evidence and coverage' in text and 'does not run here' in text
        assert page.complaints() == [], page.complaints()[:2]


HOSTILE = ['<script>alert(1)</script>', '"><img src=x onerror=alert(2)>', "=cmd|' /C calc'!A0", '</script><svg onload=alert(3)>',
           '\u202egpj.exe\u2066 \x1b[31mred']


def sample_report():
    folder = suite.path('incident')
    subprocess.run([INCIDENT, folder], check=True, stdout=subprocess.DEVNULL)
    evidence, logs = os.path.join(folder, 'evidence'), 0
    for where, _, names in os.walk(evidence):
        for name in names:
            if 'auth' in name or name == 'secure':
                logs += 1
                with open(os.path.join(where, name), 'rb') as f:
                    stamp = f.read().rstrip(b'\n').split(b'\n')[-1][:15]
                with open(os.path.join(where, name), 'ab') as f:
                    for text in HOSTILE:
                        f.write(stamp + b' x sshd[99]: Accepted password for ' + text.encode().replace(b' ', b'_')
                                + b' from 198.51.100.66 port 4711 ssh2\n')
    assert logs, 'the incident has no log of logons'
    result = ashiato('timeline', evidence, '--zone', 'Asia/Tokyo', '-o', suite.path('case'))
    assert result.returncode in (0, 1), 'exit %d: %s' % (result.returncode, tail(result))
    return suite.path('case', 'report.html')


def main():
    paths = reports
    if not paths:
        try:
            paths = [sample_report()]
        except (AssertionError, OSError) as why:
            print('FAIL sample: %s' % why)
            suite.failed += 1
            suite.end()
    tests = [test for name, test in globals().items() if name.startswith('test_')]
    for path in paths:
        with Page(path) as page:
            empty = not page.js('return rows.n')
        for test in tests:
            if not empty or test in (test_console_and_network_are_silent, test_languages_and_colours_switch,
                                     test_narrow_windows_do_not_overflow, test_answers_stand_without_script):
                suite.run(test, path, label='%s %s' % (test.__name__.removeprefix('test_'), os.path.basename(path)))
    for driver in drivers.values():
        driver.quit()
    suite.end()


main()
