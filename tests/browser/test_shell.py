import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PAGES = {
    "datasets": "Datasets",
    "train": "Train",
    "segment": "Segment",
    "results": "Results",
    "models": "Models",
    "help": "Help",
}


def test_the_first_request_of_a_fresh_server_may_be_a_deep_link(server, page):
    page.goto(f"{server.url}/train?run=never-was")
    expect(page.get_by_role("heading", name="Train", exact=True)).to_be_visible()
    expect(page.get_by_test_id("stSidebarNav").get_by_role("link")).to_have_count(7)
    expect(page.get_by_text("There is no training run never-was")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_every_page_opens_by_its_address_and_by_the_menu(server, page):
    outside = []
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((server.url, "data:", "blob:"))
            else outside.append(request.url)
        ),
    )
    for name, title in PAGES.items():
        page.goto(f"{server.url}/{name}")
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
        expect(page).to_have_title(f"{title} · cellseg")
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Start").click()
    expect(page.get_by_role("button", name="Create sample dataset")).to_be_visible()
    assert page.url == f"{server.url}/"
    assert not outside


def test_start_has_its_name_as_an_address_too(server, page):
    page.goto(f"{server.url}/start")
    expect(page.get_by_role("button", name="Create sample dataset")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
