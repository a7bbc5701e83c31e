"""report.html in a real browser, on a wide and on a narrow window."""

import pytest

from img2vox.reporting.compare import compare, read_results
from img2vox.reporting.report import write_reports
from tests.browser import open_browser
from tests.reporting.example import CATEGORIES, HOW, LEAKS


@pytest.fixture(scope="module")
def browser():
    with open_browser() as found:
        yield found


@pytest.mark.parametrize(("width", "height"), [(1400, 1000), (390, 844)])
def test_the_report_opens_without_a_request_and_fits_the_window(tree, browser, width, height):
    found = read_results(tree, CATEGORIES)
    write_reports(tree, found, compare(found, **HOW), LEAKS, "sample")
    address = (tree.reports / "report.html").as_uri()
    page = browser.new_page(viewport={"width": width, "height": height})
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(address)
    assert page.title() == "img2vox: results"
    assert [url for url in asked if not url.startswith("data:")] == [address]
    assert said == []
    # Wide tables and charts scroll by themselves, the page does not.
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    assert page.locator("details[open]").count() == 0
    page.get_by_role("link", name="bag", exact=True).click()
    assert page.locator("details[open]").count() == 1  # the link opens the category that it leads to
    assert page.locator("details[open] img").first.is_visible()
    page.close()
