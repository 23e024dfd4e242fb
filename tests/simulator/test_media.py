"""Files: uploaded, looked up, downloaded, deleted, expired."""

from __future__ import annotations

import base64
import hashlib
import io
import wave
from urllib.parse import urlencode

import httpx

from tests.simulator.bot import wait_for
from tests.simulator.conftest import PHONE

PDF = b"%PDF-1.4\n1 0 obj<</Type/Pages>>endobj 2 0 obj<</Type /Page>>endobj\n%%EOF"
FORM = {"messaging_product": "whatsapp", "type": "application/pdf"}


def upload(graph, stage, data=PDF, name="bill.pdf", **form):
    files = {"file": (name, data, "application/pdf")}
    return graph.post(f"/{stage.number}/media", data={**FORM, **form}, files=files)


def test_upload_lookup_download_delete(graph, stage):
    media_id = upload(graph, stage).json()["id"]
    facts = graph.get(f"/{media_id}").json()
    assert facts["mime_type"] == "application/pdf"
    assert facts["file_size"] == len(PDF)
    assert facts["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert graph.get(facts["url"]).content == PDF
    assert httpx.get(facts["url"]).status_code == 401
    assert graph.delete(f"/{media_id}").json() == {"success": True}
    assert graph.get(f"/{media_id}").json()["error"]["error_subcode"] == 33
    assert graph.get(facts["url"]).status_code == 404


def test_upload_refuses_what_meta_refuses(graph, stage):
    assert upload(graph, stage, type="text/html").json()["error"]["code"] == 100
    assert upload(graph, stage, messaging_product="x").json()["error"]["code"] == 100
    assert graph.post(f"/{stage.number}/media", data=FORM).json()["error"]["code"] == 100


def test_url_lives_five_minutes_and_cannot_be_forged(web, graph, stage):
    media_id = upload(graph, stage).json()["id"]
    url = graph.get(f"/{media_id}").json()["url"]
    forged = url.split("?")[0] + "?" + urlencode({"mid": media_id, "ext": 9999999999, "hash": "0"})
    assert graph.get(forged).status_code == 404
    web.patch("/__faults", json={"clock_offset_s": 301})
    assert graph.get(url).status_code == 404
    assert graph.get(graph.get(f"/{media_id}").json()["url"]).status_code == 200


def test_ids_live_30_days_from_upload_and_7_from_a_citizen(web, graph, stage):
    uploaded = upload(graph, stage).json()["id"]
    web.post("/__inbound", json={"citizen": PHONE, "type": "image"})
    sent = wait_for(lambda: stage.bot.values("messages"))[0]["image"]["id"]
    web.patch("/__faults", json={"clock_offset_s": 8 * 86400})
    assert graph.get(f"/{uploaded}").status_code == 200
    assert graph.get(f"/{sent}").status_code == 400


def test_document_by_id_shows_name_size_and_pages(web, graph, send, stage):
    media_id = upload(graph, stage).json()["id"]
    assert send("document", {"id": media_id, "filename": "బిల్లు.pdf"}).status_code == 200
    message = web.get("/__outbox").json()["citizens"][PHONE][0]
    assert message["media"]["pages"] == 1
    assert message["content"]["document"]["filename"] == "బిల్లు.pdf"
    shown = web.get(f"/chat/media/{message['media']['id']}")
    assert shown.content == PDF and shown.headers["x-content-type-options"] == "nosniff"


def test_document_by_dead_link_fails_by_status(send, stage):
    send("document", {"link": "http://127.0.0.1:9/a.pdf"})
    status = wait_for(lambda: stage.bot.values("statuses"))[0]
    assert (status["status"], status["errors"][0]["code"]) == ("failed", 131053)


def test_voice_note_reaches_the_bot_with_its_hash(web, graph, stage):
    files = {"file": ("note.ogg", b"OggS-sound", "audio/ogg; codecs=opus")}
    web.post("/__inbound", data={"citizen": PHONE, "type": "audio"}, files=files)
    audio = wait_for(lambda: stage.bot.values("messages"))[0]["audio"]
    assert audio["voice"] is True
    digest = hashlib.sha256(b"OggS-sound").digest()
    assert audio["sha256"] == base64.b64encode(digest).decode()
    assert graph.get(graph.get(f"/{audio['id']}").json()["url"]).content == b"OggS-sound"
    assert graph.get(audio["url"]).content == b"OggS-sound"


def test_recording_of_a_browser_becomes_ogg_opus(web, graph, stage):
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(b"\x00\x10" * 16000)
    files = {"file": ("recording", sound.getvalue(), "audio/webm;codecs=opus")}
    form = {"citizen": PHONE, "type": "audio", "recorded": "true"}
    assert web.post("/__inbound", data=form, files=files).status_code == 200
    audio = wait_for(lambda: stage.bot.values("messages"))[0]["audio"]
    assert audio["mime_type"] == "audio/ogg; codecs=opus"
    data = graph.get(graph.get(f"/{audio['id']}").json()["url"]).content
    assert data.startswith(b"OggS") and b"OpusHead" in data[:64]


def test_recording_without_sound_is_refused(web):
    files = {"file": ("recording", b"nothing", "audio/webm")}
    form = {"citizen": PHONE, "type": "audio", "recorded": "true"}
    assert web.post("/__inbound", data=form, files=files).status_code == 422


def test_expired_and_corrupt_media_faults(web, graph, stage):
    media_id = upload(graph, stage).json()["id"]
    web.put("/__faults", json={"media_corrupt": True})
    assert graph.get(graph.get(f"/{media_id}").json()["url"]).content != PDF
    web.put("/__faults", json={"media_expired": True})
    assert graph.get(f"/{media_id}").status_code == 400
