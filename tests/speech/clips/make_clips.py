"""Speaks the clips of this folder and `data/demo/voice-*.ogg` anew: `python make_clips.py`.

Needs Debian's festival, festvox-te-nsk, festvox-hi-nsk (with festival-te, festival-hi) and flite;
the tests need none of them.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import av

HERE = Path(__file__).resolve().parent
DEMO = HERE.parents[2] / "data" / "demo"

FESTIVAL = (  # target file, voice, duration stretch, sentence
    (DEMO / "voice-te.ogg", "voice_telugu_NSK_diphone", 1.0, "నా కరెంటు బిల్లు చూడాలి"),
    (DEMO / "voice-hi.ogg", "voice_hindi_NSK_diphone", 1.1, "मुझे अपना बिजली का बिल देखना है"),
    (
        HERE / "te-bus.ogg",
        "voice_telugu_NSK_diphone",
        1.1,
        "విజయవాడ నుంచి హైదరాబాద్ కి బస్సు టికెట్ బుక్ చేయాలి",
    ),
    (
        HERE / "te-bill-slang.ogg",
        "voice_telugu_NSK_diphone",
        1.1,
        "ఈసారి కరెంటు వాళ్ళు ఎంత కొట్టారో చూడు",
    ),
)
FLITE = (
    (DEMO / "voice-en.ogg", "How much is my electricity bill?"),
    (HERE / "en-yes.ogg", "Yes"),
)
# The voices abort without an intonation method (Festival 2.5).
SCHEME = (
    "(set! duffint_params '((start 135)(end 105)))(Parameter.set 'Int_Method 'DuffInt)({voice})"
    "(Parameter.set 'Duration_Stretch {stretch})"
    '(set! u (utt.synth (Utterance Text "{text}")))(utt.save.wave u "{wave}" \'riff)'
)


def encode(wave: Path, target: Path) -> None:
    """Writes a voice note as WhatsApp does: OGG/Opus, mono, 48 kHz, 16 kbit/s."""
    with av.open(str(wave)) as source, av.open(str(target), "w", format="ogg") as out:
        stream = out.add_stream("libopus", rate=48000)
        stream.bit_rate = 16000
        stream.layout = "mono"
        stream.options = {"application": "voip", "frame_duration": "60"}
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48000)
        for frame in [*source.decode(audio=0), None]:
            for resampled in resampler.resample(frame):
                out.mux(stream.encode(resampled))
        out.mux(stream.encode(None))


def main() -> None:
    """Makes every clip."""
    with tempfile.TemporaryDirectory() as folder:
        wave, scheme = Path(folder) / "clip.wav", Path(folder) / "clip.scm"
        for target, voice, stretch, text in FESTIVAL:
            scheme.write_text(
                SCHEME.format(voice=voice, stretch=stretch, text=text, wave=wave), encoding="utf-8"
            )
            subprocess.run(["festival", "-b", str(scheme)], check=True)
            encode(wave, target)
        for target, text in FLITE:
            subprocess.run(["flite", "-voice", "slt", "-t", text, str(wave)], check=True)
            encode(wave, target)


if __name__ == "__main__":
    main()
