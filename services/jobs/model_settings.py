"""Which models actions ask, and what a person may spend on them."""

from dataclasses import dataclass
from typing import Annotated

from chassis.settings import Rule
from services.jobs.domain_model import ChatModel
from services.jobs.embedder import Address
from services.jobs.model_http import HttpChatModel
from services.jobs.speech_http import HttpSpeech

Seconds = Annotated[float, Rule(lambda seconds: seconds > 0, "must be above 0")]
Tokens = Annotated[int, Rule(lambda number: number >= 0, "must be 0 or more")]


@dataclass(frozen=True)
class ModelSettings:
    """The chat model, and budgets."""

    # A server that speaks as OpenAI's /chat/completions; without it the embedded rules are used.
    chat_url: Address = ""
    chat_key: str = ""
    chat_model: str = "gpt-4o-mini"
    chat_timeout_seconds: Seconds = 60.0
    # The model of that server that looks at pictures; without it they get no caption.
    vision_model: str = ""
    # What a person may spend in a UTC day, answers and questions together; 0: as much as they like.
    model_daily_tokens: Tokens = 0


@dataclass(frozen=True)
class SpeechSettings:
    """The model that hears."""

    # A server that speaks as OpenAI's /audio/transcriptions; without it the embedded one is used.
    speech_url: Address = ""
    speech_key: str = ""
    speech_model: str = "whisper-1"
    speech_timeout_seconds: Seconds = 300.0
    # The longest recording that is written down.
    audio_seconds: Seconds = 7200.0


def chat_model(settings: ModelSettings) -> ChatModel | None:
    """The model that the settings ask for, if any."""
    if not settings.chat_url:
        return None
    return HttpChatModel(settings.chat_url, settings.chat_key, settings.chat_model, settings.chat_timeout_seconds)


def vision_model(settings: ModelSettings) -> ChatModel | None:
    """The model that looks at pictures, if the settings ask for one."""
    if not (settings.chat_url and settings.vision_model):
        return None
    return HttpChatModel(settings.chat_url, settings.chat_key, settings.vision_model, settings.chat_timeout_seconds)


def speech_server(settings: SpeechSettings) -> HttpSpeech | None:
    """The server that hears which the settings ask for, if any."""
    if not settings.speech_url:
        return None
    return HttpSpeech(settings.speech_url, settings.speech_key, settings.speech_model, settings.speech_timeout_seconds)
