"""Codes that come by camera, picture or PDF."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import expect

from tests.verification.conftest import PHONE_SIZE, expect_state, launch, watch
from tests.verification.pictures import pdf, photo, video
from tests.verification.reading import data, expect_words_in_every_language

PAYMENT = "upi://pay?pa=shop@okbank&pn=Shop&am=100"
PAGE = data()["words"]["page"]


def test_a_forwarded_picture_is_read(office, open_page, tmp_path):
    page = open_page(office.origin, "home")
    text = office.issue()
    page.set_input_files("input[type=file]", photo(text, tmp_path))
    expect_state(page, "valid")
    assert page.url == text


def test_a_pdf_is_read(office, open_page, tmp_path):
    page = open_page(office.origin, "home")
    page.set_input_files("input[type=file]", pdf(office.issue(), tmp_path))
    expect_state(page, "valid")


def test_our_code_is_found_beside_another(office, open_page, tmp_path):
    page = open_page(office.origin, "home")
    page.set_input_files("input[type=file]", photo(PAYMENT, tmp_path, more=office.issue()))
    expect_state(page, "valid")


def test_a_picture_stays_on_the_phone(office, open_page, tmp_path):
    page = open_page(office.origin, "home")
    text = office.issue()
    posted = []
    page.on("request", lambda request: posted.append(request) if request.post_data else None)
    page.set_input_files("input[type=file]", photo(text, tmp_path))
    expect_state(page, "valid")
    assert posted == []
    assert all(text.partition("#")[2][:12] not in address for address in office.asked)
    assert all(address.startswith(office.origin) for address in office.asked)


LOOKALIKE = "p\u0430tram.example"  # with a Cyrillic letter
FORGED_SITES = [
    ("https://patram-ap.example/c/0123456789abcdef#AAAA", "patram-ap.example"),
    ("http://127.0.0.1.seva.example/c/0123456789abcdef#AAAA", "127.0.0.1.seva.example"),
    (f"https://{LOOKALIKE}/c/0123456789abcdef#AAAA", LOOKALIKE.encode("idna").decode()),
    ("https://certificates.example/view?id=7", "certificates.example"),
]


@pytest.mark.parametrize(("text", "domain"), FORGED_SITES, ids=lambda part: part[:30])
def test_a_code_of_another_web_site_names_both_domains(office, open_page, tmp_path, text, domain):
    page = open_page(office.origin, "home")
    page.set_input_files("input[type=file]", photo(text, tmp_path))
    expect_state(page, "other_site")
    expect(page.locator(".band p")).to_contain_text(domain)
    expect(page.locator(".band p")).to_contain_text(office.origin.removeprefix("http://"))
    expect_words_in_every_language(page, "other_site")
    assert page.url == office.origin + "/"


def test_a_true_credential_under_a_false_domain_is_refused(office, open_page, tmp_path):
    page = open_page(office.origin, "home")
    text = office.issue().replace(office.origin, "https://patram-ap.example")
    page.set_input_files("input[type=file]", photo(text, tmp_path))
    expect_state(page, "other_site")


@pytest.mark.parametrize("text", [PAYMENT, "WIFI:S:home;;", "javascript:alert(1)", "नमस्ते"])
def test_any_other_code_is_not_ours(office, open_page, tmp_path, text):
    page = open_page(office.origin, "home")
    page.set_input_files("input[type=file]", photo(text, tmp_path))
    expect_state(page, "not_ours")
    expect_words_in_every_language(page, "not_ours")


BROKEN = {
    "a picture without a code": None,
    "no picture": b"hello",
    "nothing": b"",
    "a broken PDF": b"%PDF-1.7\nrubbish",
    "a broken JPEG": b"\xff\xd8\xff\xe0" + bytes(100),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_read_is_said_to_be_unreadable(office, open_page, tmp_path, content):
    path = tmp_path / "x.jpg"
    if content is None:
        path = photo(None, tmp_path)
    else:
        path.write_bytes(content)
    page = open_page(office.origin, "home")
    page.set_input_files("input[type=file]", path)
    expect_state(page, "unreadable")
    expect_words_in_every_language(page, "unreadable")


def test_the_camera_reads_a_code(playwright, office, tmp_path):
    text = office.issue()
    browser = launch(
        playwright,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={video(text, tmp_path)}",
    )
    problems: list[str] = []
    page = browser.new_context(viewport=PHONE_SIZE, permissions=["camera"]).new_page()
    watch(page, problems)
    page.goto(office.origin)
    page.locator("button.large").first.click()
    expect_state(page, "valid")
    assert page.url == text
    expect(page.locator("dialog")).to_have_count(0)
    browser.close()
    assert problems == []


def test_a_phone_without_camera_says_what_to_do(office, open_page):
    page = open_page(office.origin, "home")
    page.locator("button.large").first.click()
    expect(page.get_by_role("alert")).to_have_text(PAGE["no_camera"]["te"])


def test_the_camera_can_be_closed(playwright, office):
    browser = launch(
        playwright, "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"
    )
    page = browser.new_context(locale="en-IN", permissions=["camera"]).new_page()
    page.goto(office.origin)
    page.get_by_role("button", name=PAGE["scan"]["en"]).click()
    page.get_by_role("button", name=PAGE["close"]["en"]).click()
    expect(page.locator("dialog")).to_have_count(0)
    assert page.locator("body").get_attribute("data-state") == "home"
    browser.close()


def test_a_picture_shared_by_another_app_is_read_and_forgotten(office, open_page, tmp_path):
    """Only an installed page is offered by Android; the service worker's half can be called."""
    page = open_page(office.origin, "home")
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    expect(page.locator("[data-keys='0']")).to_be_visible()
    page.reload()
    text = office.issue()
    content = base64.b64encode(photo(text, tmp_path).read_bytes()).decode()
    page.evaluate(
        """async (content) => {
          const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
          const form = new FormData();
          form.append("file", new File([bytes], "a.jpg", {type: "image/jpeg"}));
          await fetch("/share", {method: "POST", body: form, redirect: "manual"});
        }""",
        content,
    )
    page.goto(f"{office.origin}/?shared")
    expect_state(page, "valid")
    assert not page.evaluate("caches.has('seva-shared')")
    assert not [address for address in office.asked if address.endswith("/share")]


def test_a_pdf_without_internet_on_a_new_phone_says_what_is_missing(office, open_page, tmp_path):
    page = open_page(office.origin, "home")
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    expect(page.locator("[data-keys='0']")).to_be_visible()
    page.context.set_offline(True)
    page.set_input_files("input[type=file]", pdf(office.issue(), tmp_path))
    expect(page.get_by_role("alert")).to_have_text(PAGE["no_reader"]["te"])


def test_the_camera_stays_open_when_the_keys_arrive(playwright, office):
    browser = launch(
        playwright, "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"
    )
    page = browser.new_context(locale="en-IN", permissions=["camera"]).new_page()
    held = []
    page.route("**/keys.json", lambda route: held.append(route))
    page.goto(office.origin)
    page.get_by_role("button", name=PAGE["scan"]["en"]).click()
    expect(page.locator("dialog")).to_be_visible()
    held[0].continue_()
    expect(page.locator("[data-keys='0']")).to_be_attached()
    expect(page.locator("dialog")).to_be_visible()
    browser.close()
