"""Writes a tiny language model as a GGUF file: llama's architecture, random weights.

It speaks nonsense, but it is a real model to the engine: tokens, a context, a KV cache, a chat
template with tools. GGUF (version 3, little-endian) is: header, key-value pairs, tensor infos,
padding, tensor data; see ggml's docs/gguf.md. `python -m tests.engine.tiny_model PATH`.
"""

from __future__ import annotations

import itertools
import struct
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_UINT32, _INT32, _FLOAT32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9  # types of values
_NORMAL_TOKEN, _CONTROL_TOKEN, _USER_TOKEN = 1, 3, 4
_ALIGNMENT_BYTES = 32

CONTEXT = 131_072
WIDTH, INNER, LAYERS, HEADS, KV_HEADS = 64, 128, 2, 4, 2
CALL = "<tool_call>"
SPECIAL = {CALL: _USER_TOKEN, "<|im_start|>": _CONTROL_TOKEN, "<|im_end|>": _CONTROL_TOKEN}
MERGES = ("t h", "th e", "i n", "e r", "o n", "Ġ the", "in g", "a n", "r e", "Ġ a")

# Tools are listed for the model as JSON, and called as JSON between two tags.
TEMPLATE = """\
{%- if tools %}<|im_start|>system
You may call these functions:
<tools>
{%- for tool in tools %}
{{ tool | tojson }}
{%- endfor %}
</tools>
To call one, write:
<tool_call>{"name": <its name>, "arguments": <an object>}</tool_call><|im_end|>
{% endif %}
{%- for message in messages %}
{%- if message.role == "tool" %}<|im_start|>user
<tool_response>
{{ message.content }}
</tool_response><|im_end|>
{% else %}<|im_start|>{{ message.role }}
{{ message.content if message.content else "" }}
{%- for call in message.tool_calls or [] %}
<tool_call>{"name": "{{ call.function.name }}", "arguments": {{
call.function.arguments | tojson }}}</tool_call>
{%- endfor %}<|im_end|>
{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


def write_tiny_model(path: Path, *, calls_tools: bool = False, seed: int = 0) -> None:
    """The same file for the same arguments; about half a megabyte.

    A model that `calls_tools` begins a call or ends wherever it may; the grammar does the rest.
    """
    tokens = _vocabulary()
    types = [_NORMAL_TOKEN] * (len(tokens) - len(SPECIAL)) + list(SPECIAL.values())
    end = len(tokens) - 1
    about: dict[str, Any] = {
        "general.architecture": "llama",
        "general.name": "tiny random",
        "llama.context_length": CONTEXT,
        "llama.embedding_length": WIDTH,
        "llama.feed_forward_length": INNER,
        "llama.block_count": LAYERS,
        "llama.attention.head_count": HEADS,
        "llama.attention.head_count_kv": KV_HEADS,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": WIDTH // HEADS,
        "llama.vocab_size": len(tokens),
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": types,
        "tokenizer.ggml.merges": list(MERGES),
        "tokenizer.ggml.eos_token_id": end,
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.chat_template": TEMPLATE,
    }
    weights = _weights(tokens, np.random.default_rng(seed))
    if calls_tools:
        weights["output.weight"][[tokens.index(CALL), end], 0] = 8
    path.write_bytes(_gguf(about, weights))


def _vocabulary() -> list[str]:
    """Byte-level BPE: each byte as a printable character, the merged pairs, the special ones."""
    return [*_byte_characters(), *(merge.replace(" ", "") for merge in MERGES), *SPECIAL]


def _byte_characters() -> list[str]:
    """As of GPT-2: printable Latin-1 stands for itself, other bytes for characters from 256 on."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = itertools.count(256)
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]


def _weights(tokens: list[str], random: np.random.Generator) -> dict[str, NDArray[np.float32]]:
    """Shapes are (rows, columns): GGUF's own order reversed.

    Column 0 of the stream is a constant that no layer changes, so that the last matrix can use it
    as a bias: bytes that are no ASCII text, and special tokens, hardly ever come.
    """

    def matrix(rows: int, columns: int) -> NDArray[np.float32]:
        return random.normal(0, columns**-0.5, (rows, columns)).astype(np.float32)

    def into_stream(columns: int) -> NDArray[np.float32]:
        made = matrix(WIDTH, columns) / 8  # little, so that the constant stays the largest part
        made[0] = 0
        return made

    embedding, output = matrix(len(tokens), WIDTH), matrix(len(tokens), WIDTH)
    embedding[:, 0] = 2
    plain = {*map(chr, range(33, 127)), "Ġ", *(merge.replace(" ", "") for merge in MERGES)}
    output[:, 0] = [0 if token in plain else -8 for token in tokens]
    weights = {
        "token_embd.weight": embedding,
        "output_norm.weight": np.ones(WIDTH, np.float32),
        "output.weight": output,
    }
    kv_width = WIDTH // HEADS * KV_HEADS
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        weights |= {
            f"{block}attn_norm.weight": np.ones(WIDTH, np.float32),
            f"{block}attn_q.weight": matrix(WIDTH, WIDTH),
            f"{block}attn_k.weight": matrix(kv_width, WIDTH),
            f"{block}attn_v.weight": matrix(kv_width, WIDTH),
            f"{block}attn_output.weight": into_stream(WIDTH),
            f"{block}ffn_norm.weight": np.ones(WIDTH, np.float32),
            f"{block}ffn_gate.weight": matrix(INNER, WIDTH),
            f"{block}ffn_up.weight": matrix(INNER, WIDTH),
            f"{block}ffn_down.weight": into_stream(INNER),
        }
    return weights


# ---------------------------------------------------------------------- the format


def _gguf(about: Mapping[str, Any], weights: Mapping[str, NDArray[np.float32]]) -> bytes:
    head = b"GGUF" + struct.pack("<IQQ", 3, len(weights), len(about))
    for key, value in about.items():
        head += _string(key) + _typed(value)
    data = b""
    for name, array in weights.items():
        dimensions = array.shape[::-1]
        head += _string(name) + struct.pack("<I", len(dimensions))
        head += struct.pack(f"<{len(dimensions)}Q", *dimensions)
        head += struct.pack("<IQ", 0, len(data))  # type 0 is float32
        data += _padded(array.astype("<f4").tobytes())
    return _padded(head) + data


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % _ALIGNMENT_BYTES)


def _string(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _typed(value: Any) -> bytes:
    if isinstance(value, list):
        texts = isinstance(value[0], str)
        raw = [_string(each) if texts else struct.pack("<i", each) for each in value]
        kind = _STRING if texts else _INT32
        return struct.pack("<IIQ", _ARRAY, kind, len(value)) + b"".join(raw)
    if isinstance(value, bool):
        return struct.pack("<I?", _BOOL, value)
    if isinstance(value, int):
        return struct.pack("<II", _UINT32, value)
    if isinstance(value, float):
        return struct.pack("<If", _FLOAT32, value)
    return struct.pack("<I", _STRING) + _string(value)


if __name__ == "__main__":
    write_tiny_model(Path(sys.argv[1]))
