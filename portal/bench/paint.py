"""How soon text is painted on a slow network: cold, on a phone's screen, over the running portal.

Chromium's emulation delays each answer but not the opening of the connection, which costs a real
reader one more round trip over http and two over https (TLS 1.3): told in columns of their own.
"""

import shutil
import statistics

from portal.bench import addresses, running
from portal.bench.table import Output
from publishing.languages import LANGUAGES

CHROMIUM = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chromium-headless-shell",
)
ROUND_TRIP = 400  # ms
BYTES_A_SECOND = 400_000 / 8
SCREEN = {"width": 360, "height": 740}
PROMISE = 2000  # ms
NAMES = ("home", "list", "practice", "search")
PAINTED = """() => new Promise(done => {
  const seen = performance.getEntriesByName('first-contentful-paint')[0];
  if (seen) return done(seen.startTime);
  new PerformanceObserver((list) => {
    for (const entry of list.getEntriesByName('first-contentful-paint')) done(entry.startTime);
  }).observe({type: 'paint', buffered: true});
})"""
LOADED = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .map(one => [one.name, one.transferSize, one.responseEnd])"""


def add_arguments(parser) -> None:
    parser.add_argument("--runs", type=int, default=3, help="cold views of each page (3)")


def run(options, out: Output) -> None:
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is None:
        out.write("First paint: skipped, there is no Chromium (apt-get install chromium).\n")
        return
    out.progress("Starting a portal with demo content …")
    with running.portal() as portal:
        running.wait_until_idle()
        paths = {}
        for language in LANGUAGES:
            of_all = addresses.pages(language)
            paths |= {f"{name}, {language}": of_all[name] for name in NAMES}
        rows = []
        # Imported late: it comes with what the tests need, and that only where Chromium is.
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium,
                args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
            )
            for name, path in paths.items():
                out.progress(f"{name} …")
                views = [view(browser, portal.url, path) for _run in range(options.runs)]
                painted, loaded, size = map(statistics.median, zip(*views, strict=True))
                with_tls = painted + 2 * ROUND_TRIP
                rows.append(
                    (name, painted, painted + ROUND_TRIP, with_tls, loaded, f"{size / 1024:.1f}")
                )
            browser.close()
    head = ("ms", "painted", "reckoned, http", "reckoned, https", "loaded", "KB with headers")
    out.table(
        f"First paint at 400 kbit/s and {ROUND_TRIP} ms, median of {options.runs}", head, rows
    )
    out.write(f"Promised: {PROMISE:,} ms, with the opening of the connection.\n")


def view(browser, url: str, path: str) -> tuple[float, float, int]:
    """One cold view: ms until text is painted, ms until all is loaded, bytes with headers."""
    context = browser.new_context(viewport=SCREEN, device_scale_factor=2)
    try:
        page = context.new_page()
        page.goto(f"{url}/robots.txt")  # the process of the page starts before the clock does
        slow_down(page)
        page.goto(url + path, wait_until="load", timeout=60_000)
        painted = page.evaluate(PAINTED)
        parts = page.evaluate(LOADED)
        return painted, max(end for *_, end in parts), sum(size for _name, size, _end in parts)
    finally:
        context.close()


def slow_down(page) -> None:
    """From now on the page has a villager's network."""
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": ROUND_TRIP,
            "downloadThroughput": BYTES_A_SECOND,
            "uploadThroughput": BYTES_A_SECOND,
        },
    )
