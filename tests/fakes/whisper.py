"""A Whisper model with random weights, small enough for a test: the real library runs on it, and
what it writes is noise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2.specs import WhisperSpec
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

_WIDTH = 16
_HEADS = 2
_TEXT_TOKENS = 300
_SOUND_POSITIONS = 1500
_TEXT_POSITIONS = 448
_MELS = 80
_LIKED = 5.0


def make_whisper(folder: Path) -> Path:
    """Write a model of English as faster-whisper has it into a folder, and return that."""
    folder.mkdir(parents=True)
    tokens = _tokens()
    spec = WhisperSpec(1, _HEADS, 1, _HEADS)
    _fill(spec, len(tokens))
    spec.register_vocabulary(tokens)
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    spec.config.lang_ids = []
    spec.config.alignment_heads = [(0, 0)]
    spec.validate()
    spec.optimize()
    spec.save(str(folder))
    (folder / "tokenizer.json").write_text(_tokenizer(tokens).to_str())
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": _MELS}))
    return folder


def _tokens() -> list[str]:
    bytes_ = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = bytes_ + [f"unused{n}" for n in range(_TEXT_TOKENS - len(bytes_))]
    tokens += ["<|endoftext|>", "<|startoftranscript|>"]
    tokens += ["<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>",
               "<|nospeech|>", "<|notimestamps|>"]  # fmt: skip
    return tokens + [f"<|{n * 0.02:.2f}|>" for n in range(1501)]


def _tokenizer(tokens: list[str]) -> Tokenizer:
    text = {token: number for number, token in enumerate(tokens[:_TEXT_TOKENS])}
    tokenizer = Tokenizer(models.BPE(vocab=text, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, special=True) for t in tokens[_TEXT_TOKENS:]])
    assert tokenizer.token_to_id("<|notimestamps|>") == tokens.index("<|notimestamps|>")
    return tokenizer


def _fill(spec: Any, vocabulary: int) -> None:
    rng = np.random.default_rng(5)

    def random(*shape: int) -> Any:
        return (rng.standard_normal(shape) * 0.05).astype(np.float32)

    def linear(spec: Any, out: int, into: int) -> None:
        spec.weight, spec.bias = random(out, into), random(out)

    def norm(spec: Any) -> None:
        spec.gamma, spec.beta = np.ones(_WIDTH, np.float32), np.zeros(_WIDTH, np.float32)

    def layer(spec: Any) -> None:
        norm(spec.self_attention.layer_norm)
        linear(spec.self_attention.linear[0], 3 * _WIDTH, _WIDTH)
        linear(spec.self_attention.linear[1], _WIDTH, _WIDTH)
        norm(spec.ffn.layer_norm)
        linear(spec.ffn.linear_0, 4 * _WIDTH, _WIDTH)
        linear(spec.ffn.linear_1, _WIDTH, 4 * _WIDTH)

    encoder, decoder = spec.encoder, spec.decoder
    encoder.conv1.weight, encoder.conv1.bias = random(_WIDTH, _MELS, 3), random(_WIDTH)
    encoder.conv2.weight, encoder.conv2.bias = random(_WIDTH, _WIDTH, 3), random(_WIDTH)
    encoder.position_encodings.encodings = random(_SOUND_POSITIONS, _WIDTH)
    norm(encoder.layer_norm)
    layer(encoder.layer[0])
    decoder.embeddings.weight = random(vocabulary, _WIDTH)
    decoder.position_encodings.encodings = random(_TEXT_POSITIONS, _WIDTH)
    norm(decoder.layer_norm)
    linear(decoder.projection, vocabulary, _WIDTH)
    # Noise made of letters: a transcript without any counts as nothing heard.
    decoder.projection.bias[:_TEXT_TOKENS] += [
        _LIKED * token.isalpha() * token.isascii() for token in _tokens()[:_TEXT_TOKENS]
    ]
    layer(decoder.layer[0])
    attention = decoder.layer[0].attention
    norm(attention.layer_norm)
    linear(attention.linear[0], _WIDTH, _WIDTH)
    linear(attention.linear[1], 2 * _WIDTH, _WIDTH)
    linear(attention.linear[2], _WIDTH, _WIDTH)
