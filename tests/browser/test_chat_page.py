"""The chat page in a real browser, with a bot behind real webhooks."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
from playwright.sync_api import Page, expect

from tests.simulator.bot import wait_for

DESKTOP = {"width": 1360, "height": 860}
NARROW = {"width": 360, "height": 640}


def say(page: Page, text: str) -> None:
    page.locator("#composer textarea").fill(text)
    page.locator("#composer textarea").press("Enter")


def bubbles(page: Page, text: str):
    return page.locator(".theirs .bubble", has_text=text)


def choose_phone(page: Page, phone: str) -> None:
    page.locator(f"[data-phone='{phone}']").click()


def test_typed_telugu_is_answered_and_ticks_turn_blue(open_page, stage):
    page = open_page()
    say(page, "నా కరెంటు బిల్లు ఎంత?")
    mine = page.locator(".row.mine")
    expect(mine).to_have_attribute("data-state", "read")
    expect(page.locator(".bar .now")).to_have_text("టైప్ చేస్తోంది…")
    expect(bubbles(page, "మీ సర్వీస్ నంబర్ ఎంత?")).to_be_visible()
    expect(page.locator(".theirs strong")).to_have_text("సర్వీస్ నంబర్")
    expect(page.locator(".theirs .bubble")).to_have_attribute("lang", "te")
    expect(page.locator(".bar .now")).to_have_text("ఆన్‌లైన్")
    assert stage.bot.seen[0].text == "నా కరెంటు బిల్లు ఎంత?"
    wait_for(lambda: [s for _, s in stage.bot.statuses] == ["sent", "delivered", "read"])


def test_ticks_count_what_really_happened(open_page, stage):
    page = open_page()
    httpx.put(f"{stage.url}/__faults", json={"delay_ms": 1500})
    say(page, "ఇది ఎవరూ జవాబివ్వని మాట")
    expect(page.locator(".ticks")).to_have_attribute("data-state", "sent")
    expect(page.locator(".ticks")).to_have_attribute("data-state", "read")
    expect(page.locator(".ticks")).to_have_attribute("aria-label", "చదివారు")


def test_buttons_document_and_link(open_page, stage):
    page = open_page()
    say(page, "6123401005678")
    page.get_by_role("button", name="అవును, చెల్లిస్తా").click()
    expect(page.locator(".mine .quote").last).to_contain_text("కరెంటు బిల్లు")
    link = page.get_by_role("link", name="https://pay.example.in/o/EN-84512")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    document = page.locator("a.document")
    expect(document).to_contain_text("2 పేజీలు")
    expect(page.locator(".replies .chosen")).to_have_text("అవును, చెల్లిస్తా")
    pdf = httpx.get(stage.url + str(document.get_attribute("href")))
    assert pdf.content.startswith(b"%PDF")
    assert stage.bot.seen[-1].button_id == '/answer{"value": "yes"}'


def test_list_is_chosen_with_the_keyboard_alone(open_page, stage):
    page = open_page()
    say(page, "మెనూ")
    opener = page.get_by_role("button", name="శాఖలు చూడండి")
    opener.press("Enter")
    sheet = page.get_by_role("dialog", name="శాఖలు చూడండి")
    expect(sheet.get_by_role("radio")).to_have_count(6)
    expect(sheet.get_by_role("button", name="పంపు")).to_be_disabled()
    sheet.get_by_role("radio").first.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(sheet).to_have_count(0)
    expect(page.locator(".mine .bubble").last).to_contain_text("టికెట్లు, బస్సు ఎక్కడుందో, రద్దు")
    expect(bubbles(page, "ఎక్కడి నుంచి ఎక్కడికి")).to_be_visible()
    assert stage.bot.seen[-1].button_id == "apsrtc"


def test_sheet_closes_on_escape_and_gives_the_focus_back(open_page):
    page = open_page()
    say(page, "మెనూ")
    opener = page.get_by_role("button", name="శాఖలు చూడండి")
    opener.click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()


def test_voice_file_is_uploaded_and_plays(open_page, stage):
    page = open_page()
    page.get_by_role("button", name="జోడించు").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="ఆడియో ఫైల్").click()
    sound = Path("shared/audio/synthetic/fest_te01.ogg")
    sound = sound if sound.exists() else make_sound()
    chooser.value.set_files(sound)
    expect(page.locator(".mine .voice")).to_be_visible()
    expect(page.locator(".voice .length")).not_to_have_text("0:00")
    expect(bubbles(page, "విన్నాను")).to_be_visible()
    media = wait_for(lambda: stage.bot.seen[-1].media)
    assert media.voice and media.mime_type.startswith("audio/ogg")
    page.get_by_role("button", name="వినిపించు").click()
    expect(page.get_by_role("button", name="ఆపు")).to_be_visible()


def make_sound() -> Path:
    """A second of tone as OGG/Opus."""
    import io
    import math
    import struct
    import tempfile
    import wave

    from api.demo.simulator.voice import to_voice_note

    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        tone = (int(8000 * math.sin(n / 9)) for n in range(24000))
        file.writeframes(b"".join(struct.pack("<h", value) for value in tone))
    path = Path(tempfile.mkdtemp()) / "note.ogg"
    path.write_bytes(to_voice_note(sound.getvalue()))
    return path


def test_held_microphone_sends_a_voice_note(open_page, stage):
    page = open_page()
    button = page.get_by_role("button", name="వాయిస్ రికార్డ్ చేయి")
    box = button.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    expect(page.locator(".recording time")).to_have_text("0:01")
    page.mouse.up()
    expect(page.locator(".mine .voice")).to_be_visible()
    media = wait_for(lambda: stage.bot.seen and stage.bot.seen[-1].media)
    assert (media.voice, media.mime_type) == (True, "audio/ogg; codecs=opus")


def test_pressed_microphone_waits_and_can_be_discarded(open_page, stage):
    page = open_page()
    page.get_by_role("button", name="వాయిస్ రికార్డ్ చేయి").press("Enter")
    expect(page.get_by_role("status", name="రికార్డ్ అవుతోంది")).to_be_visible()
    page.get_by_role("button", name="తొలగించు").click()
    expect(page.locator("#composer textarea")).to_be_visible()
    assert stage.bot.seen == []


def test_location_and_picture(open_page, stage):
    page = open_page()
    page.get_by_role("button", name="జోడించు").click()
    page.get_by_role("button", name="లొకేషన్").click()
    page.get_by_role("button", name="నేను ఉన్న చోటు పంపు").click()
    expect(page.locator(".mine .place")).to_contain_text("16.5062, 80.6480")
    page.get_by_role("button", name="జోడించు").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="ఫోటో").click()
    image = page.screenshot()
    chooser.value.set_files({"name": "bin.png", "mimeType": "image/png", "buffer": image})
    expect(page.locator(".mine .picture img")).to_be_visible()
    wait_for(lambda: [message.kind for message in stage.bot.seen] == ["location", "image"])


def test_history_and_phone_are_there_after_a_reload(open_page):
    page = open_page()
    say(page, "నమస్తే")
    expect(bubbles(page, "నేను సేవ")).to_be_visible()
    page.reload()
    expect(bubbles(page, "నేను సేవ")).to_be_visible()
    expect(page.locator(".day")).to_have_text("ఈరోజు")


def test_phones_are_apart_and_speak_their_language(open_page, stage):
    page = open_page(size=DESKTOP)
    choose_phone(page, "919885067890")
    say(page, "hello")
    expect(bubbles(page, "I am Seva")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="New phone").click()
    expect(page.locator(".phones li")).to_have_count(4)
    expect(page.locator(".thread .row")).to_have_count(0)
    assert {message.phone for message in stage.bot.seen} == {"919885067890"}
    page.get_by_role("radio", name="हिन्दी").click()
    expect(page.locator("textarea")).to_have_attribute("placeholder", "संदेश")


def test_who_types_while_a_history_loads_keeps_cursor_and_words(open_page, stage):
    page = open_page(size={"width": 1360, "height": 900})
    line = page.locator("#composer textarea")
    expect(line).to_have_attribute("placeholder", "సందేశం")
    wait = []
    page.route("**/chat/*/messages", lambda route: wait.append(route))
    with page.expect_request("**/chat/*/messages"):
        choose_phone(page, "919000054321")
    line.focus()
    page.keyboard.insert_text("बिजली")
    while not wait:  # the request is there; its route is told a little later
        page.wait_for_timeout(10)
    assert len(wait) == 1
    wait[0].continue_()
    expect(line).to_have_attribute("placeholder", "संदेश")
    page.keyboard.insert_text(" चली गई")
    page.keyboard.press("Enter")
    expect(page.locator(".row.mine")).to_have_count(1)
    for _ in range(1000):  # the page shows the words before the bot has them
        if stage.bot.seen:
            break
        page.wait_for_timeout(10)
    assert [message.text for message in stage.bot.seen] == ["बिजली चली गई"]


def test_message_to_another_phone_is_counted(open_page, stage):
    page = open_page(size=DESKTOP)
    body = {"citizen": "919885067890", "text": "hello"}
    httpx.post(f"{stage.url}/__inbound", json=body)
    expect(page.locator("[data-phone='919885067890'] .count")).to_have_text("1")
    choose_phone(page, "919885067890")
    expect(page.locator(".count")).to_have_count(0)


def test_suggestions_start_the_conversation_in_five_ways(open_page, stage):
    page = open_page()
    expect(page.locator(".welcome .chip")).to_have_count(5)
    page.locator(".welcome .chip").first.click()
    expect(page.locator(".welcome")).to_have_count(0)
    expect(bubbles(page, "సర్వీస్ నంబర్")).to_be_visible()


def test_html_of_a_citizen_stays_text(open_page):
    page = open_page()
    say(page, "<img src=x onerror=alert(1)> *<b>x</b>*")
    expect(page.locator(".mine .text")).to_have_text("<img src=x onerror=alert(1)> <b>x</b>")
    expect(page.locator(".mine .text img")).to_have_count(0)


def test_drawer_opens_on_a_phone_and_nothing_is_wider_than_the_screen(open_page):
    page = open_page(size=NARROW)
    say(page, "మెనూ")
    expect(page.get_by_role("button", name="శాఖలు చూడండి")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="మెనూ", exact=True).click()
    choose_phone(page, "919000054321")
    expect(page.locator("html")).to_have_attribute("lang", "hi")
    expect(page.locator(".desk.open")).to_have_count(0)


def test_webhook_state_and_wire_are_shown(open_page):
    page = open_page(size=DESKTOP)
    expect(page.locator(".hook .line")).to_have_attribute("data-state", "verified")
    say(page, "నమస్తే")
    expect(page.locator(".wire summary", has_text="messages: text")).to_be_visible()
    expect(page.locator(".wire .status").first).to_have_text(re.compile(r"200 · \d+ ms"))


def test_own_fonts_shape_the_scripts(open_page):
    page = open_page()
    say(page, "నమస్తే नमस्ते")
    loaded = page.evaluate(
        "document.fonts.ready.then(() => [...document.fonts]"
        ".filter((font) => font.status === 'loaded').map((font) => font.family))"
    )
    assert {"Seva Telugu", "Seva Devanagari", "Seva Latin"} <= {name.strip('"') for name in loaded}


def test_page_finds_back_to_a_restarted_simulator(open_page, stage):
    page = open_page()
    say(page, "నమస్తే")
    expect(bubbles(page, "నేను సేవ")).to_be_visible()
    stage.stop()
    expect(page.locator(".bar .now")).to_have_text("మళ్ళీ కనెక్ట్ అవుతోంది…")
    stage.start()
    expect(page.locator(".bar .now")).to_have_text("ఆన్‌లైన్", timeout=20_000)
    expect(page.locator(".thread .row")).to_have_count(0)
    say(page, "నమస్తే")
    expect(bubbles(page, "నేను సేవ")).to_be_visible()
    open_page.problems.clear()  # the browser reports the refused connections


def test_sticker_contact_and_reaction_are_sent(open_page, stage):
    page = open_page()
    say(page, "నమస్తే")
    expect(bubbles(page, "నేను సేవ")).to_be_visible()
    page.get_by_role("button", name="జోడించు").click()
    page.get_by_role("button", name="స్టిక్కర్").click()
    page.get_by_role("button", name="దీపం").click()
    expect(page.locator(".mine .picture img")).to_be_visible()
    page.get_by_role("button", name="జోడించు").click()
    page.get_by_role("button", name="కాంటాక్ట్").click()
    page.get_by_role("button", name="रमेश").click()
    expect(page.locator(".mine .contact")).to_contain_text("+919000054321")
    rows = page.locator(".thread .row").count()
    for left in (1, 0):  # the same once more takes it back
        page.locator(".theirs").hover()
        page.get_by_role("button", name="స్పందించు").click()
        page.get_by_role("button", name="👍").click()
        expect(page.locator(".theirs .reaction")).to_have_count(left)
    assert page.locator(".thread .row").count() == rows
    wait_for(lambda: len(stage.bot.seen) == 5)
    kinds = [message.kind for message in stage.bot.seen]
    assert kinds == ["text", "sticker", "contacts", "reaction", "reaction"]
    assert stage.bot.seen[1].media.mime_type == "image/webp"


def test_a_new_phone_is_at_the_top_also_after_a_reload(open_page):
    page = open_page(size=DESKTOP)
    known = [one.get_attribute("data-phone") for one in page.locator(".phones button").all()]
    page.get_by_role("button", name="కొత్త ఫోన్").click()
    expect(page.locator(".phones li")).to_have_count(4)
    first = page.locator(".phones li").first.locator("button")
    expect(first).to_have_attribute("aria-current", "true")
    new = first.get_attribute("data-phone")
    assert new not in known
    page.reload()
    expect(first).to_have_attribute("data-phone", str(new))
    choose_phone(page, "919885067890")
    say(page, "hello")
    expect(first).to_have_attribute("data-phone", "919885067890")


def test_the_console_is_a_link_away(open_page, stage):
    page = open_page(size=DESKTOP)
    link = page.get_by_role("link", name="కన్సోల్")
    expect(link).to_have_attribute("href", "http://127.0.0.1:8792")
