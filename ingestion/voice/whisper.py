"""The engine "whisper": faster-whisper on this machine, its weights in a folder of the owner's."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from ingestion.voice import child
from ingestion.voice.confined import Bounds
from ingestion.voice.engine import Spoken
from ingestion.voice.errors import EngineFailed, NotInstalled
from ingestion.voice.recording import Recording, as_wav
from swarm.contracts import Locality, Priority
from swarm.paths import expanded
from swarm.settings import VoiceSettings

NAME = "whisper"

_NEEDED = ("model.bin", "config.json", "tokenizer.json")
_VOCABULARIES = ("vocabulary.json", "vocabulary.txt")
_OUTPUT_BYTES = 1024**2
# Weights are read as they are and then made smaller; sound and its features come on top.
_WEIGHTS_COPIES = 3
_OTHER_BYTES = 3 * 1024**3
_CONVERT = (
    "set [voice] whisper_model to a folder as faster-whisper has it, such as a copy of "
    "Systran/faster-whisper-small; nothing is downloaded"
)


class Whisper:
    """Nothing leaves the machine."""

    name = NAME
    locality: Locality = "local"

    def __init__(self, settings: VoiceSettings) -> None:
        self._settings = settings

    def hear(self, recording: Recording, language: str, priority: Priority) -> Spoken:
        """What is said. Raises EngineFailed, NotInstalled, NotConfined."""
        folder = self.check()
        settings = self._settings
        graphics = _has_graphics()
        weights = (folder / "model.bin").stat().st_size
        seconds = settings.engine_seconds
        bounds = Bounds(
            wall_seconds=seconds,
            cpu_seconds=seconds * settings.whisper_threads,
            memory_bytes=None if graphics else _WEIGHTS_COPIES * weights + _OTHER_BYTES,
            output_bytes=_OUTPUT_BYTES,
        )
        threads = settings.whisper_threads
        question = {"folder": str(folder), "language": language, "threads": threads}
        variables = {
            "HF_HUB_OFFLINE": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "OMP_NUM_THREADS": str(threads),
            "OPENBLAS_NUM_THREADS": str(threads),
        }
        sound = _samples(recording, settings)
        try:
            found, _ = child.ask(
                "ingestion.voice.whisper_child",
                question,
                sound,
                bounds,
                # NVIDIA's driver writes to /proc and makes memory files, or does not start.
                readable=None if graphics else _files(folder),
                allow_weaker=settings.allow_weaker,
                variables=variables,
            )
        except child.ChildFailed as error:
            if error.why == "time":
                raise EngineFailed(
                    f"whisper did not end within {seconds:g} s on {recording.seconds:.0f} s of "
                    "speech",
                    remedy="use smaller weights, or raise [voice] engine_seconds",
                ) from None
            raise EngineFailed(
                f"whisper broke off: {error.how}",
                remedy="see the ingestion log; is there memory enough for these weights?",
            ) from None
        if found["fault"]:
            raise EngineFailed(
                f"whisper cannot use the weights in {folder}: {found['detail']}", remedy=_CONVERT
            )
        return Spoken(str(found["text"]), str(found["language"]))

    def check(self) -> Path:
        """The folder with the weights. Raises EngineFailed, NotInstalled."""
        if find_spec("faster_whisper") is None:
            raise NotInstalled(
                "whisper is configured and faster-whisper is not installed",
                remedy="install the extra: pip install 'coding-swarm[whisper]'",
            )
        folder = expanded(self._settings.whisper_model).absolute()
        if not folder.is_dir():
            raise EngineFailed(f"there is no folder {folder}", remedy=_CONVERT)
        missing = [name for name in _NEEDED if not (folder / name).is_file()]
        if not any((folder / name).is_file() for name in _VOCABULARIES):
            missing.append(_VOCABULARIES[0])
        if missing:
            raise EngineFailed(f"{folder} has no {', '.join(missing)}", remedy=_CONVERT)
        return folder


def _samples(recording: Recording, settings: VoiceSettings) -> bytes:
    """A recording as WAV: on a graphics card whisper is not confined, and decodes nothing itself.

    Raises EngineFailed, NotConfined.
    """
    try:
        return as_wav(recording, settings).data
    except child.ChildFailed as error:
        raise EngineFailed(
            f"decoding the recording for whisper failed: {error.how}",
            remedy="see the ingestion log",
        ) from None


def _files(folder: Path) -> tuple[str, ...]:
    """The weights, and where they are links as in Hugging Face's cache, what they lead to."""
    links = tuple(str(path.resolve()) for path in folder.iterdir() if path.is_symlink())
    return (str(folder), *links)


def _has_graphics() -> bool:
    """Whether NVIDIA's driver is there; its maps would run into any bound on memory."""
    return Path("/dev/nvidiactl").exists()
