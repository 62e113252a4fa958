import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_page_leads_to_its_document_and_back_through_the_menu(server, page):
    page.goto(f"{server.url}/train")
    page.get_by_test_id("stMain").get_by_role("link", name="Help").click()
    expect(page.get_by_role("heading", name="Train a model")).to_be_visible()
    assert "topic=how-to" in page.url
    page.get_by_role("button", name="Segment images", exact=True).click()
    expect(page.get_by_role("heading", name="Segment images")).to_be_visible()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Train").click()
    expect(page.get_by_role("heading", name="Train", exact=True)).to_be_visible()


def test_pictures_are_loaded_in_the_colours_of_the_page(server, page):
    shown = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(f"{server.url}/help?topic=tutorial/first-cells")
        picture = page.get_by_role("img", name="The page Start: what to do next")
        picture.scroll_into_view_if_needed()
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.naturalWidth") > 600
        shown.append(picture.get_attribute("src"))
    assert shown[0] != shown[1]


def test_an_address_with_a_heading_shows_that_heading(server, page):
    page.goto(f"{server.url}/help?topic=how-to/import-data#public-datasets")
    heading = page.get_by_role("heading", name="Public datasets")
    expect(heading).to_be_in_viewport()


def test_a_link_in_a_document_names_the_other_document(server, page):
    page.goto(f"{server.url}/help?topic=how-to/train")
    link = page.get_by_role("link", name="The two recipes")
    expect(link).to_have_attribute("href", "?topic=explanation/recipes")
    page.goto(f"{server.url}/help{link.get_attribute('href')}")
    expect(page.get_by_role("heading", name="The two recipes")).to_be_visible()
