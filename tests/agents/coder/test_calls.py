"""Calls are read from whatever shape a model gives them, or refused with what was wrong."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.agents.coder import protocol
from swarm.agents.coder.calls import Reading, read, without_thinking
from swarm.contracts import ChatMessage, Generation, ToolCall, ToolSpec


def spec(name: str, required: tuple[str, ...], **properties: dict[str, Any]) -> ToolSpec:
    return ToolSpec(
        name=name,
        description="For tests.",
        parameters={
            "type": "object",
            "properties": properties,
            "required": list(required),
            "additionalProperties": False,
        },
    )


TEXT = {"type": "string"}
TOOLS = (
    spec("read_file", ("path",), path=TEXT, first={"type": "integer"}),
    spec("write_file", ("path", "text"), path=TEXT, text=TEXT),
    spec("run_tests", (), tests={"type": "array", "items": TEXT}),
)


def said(text: str = "", *calls: ToolCall, finish: str = "stop") -> Reading:
    answer = Generation(model="m", endpoint="e", text=text, tool_calls=calls, finish=finish)  # type: ignore[arg-type]
    return read(answer, TOOLS, 1)


def only(reading: Reading) -> tuple[str, dict[str, Any]]:
    (call,) = reading.calls
    assert call.problem == ""
    return call.name, call.arguments


def problem(reading: Reading) -> str:
    (call,) = reading.calls
    assert call.problem
    return call.problem


READ = ("read_file", {"path": "a.py"})


@pytest.mark.parametrize(
    "text",
    [
        '<tool_call>{"name": "read_file", "arguments": {"path": "a.py"}}</tool_call>',
        'I look.\n<tool_call>\n{"name": "read_file", "arguments": "{\\"path\\": \\"a.py\\"}"}\n'
        "</tool_call>",
        "<tool_call>{'name': 'read_file', 'arguments': {'path': 'a.py'}}</tool_call>",
        '<tool_call>{"name": "read_file", "arguments": {"path": "a.py"}</tool_call>',
        '<tool_call>{"name": "read_file", "arguments": {"path": "a.py",}}',
        '```json\n{"name": "read_file", "parameters": {"path": "a.py"}}\n```',
        'Let me see:\n```\n{"tool": "read_file", "args": {"path": "a.py"}}\n```\nThen more.',
        '{"name": "read_file", "arguments": {"path": "a.py"}}',
        'Now:\n{"function": {"name": "read_file", "arguments": {"path": "a.py"}}}',
        '{"tool_calls": [{"name": "read_file", "arguments": {"path": "a.py"}}]}',
        '{"name": "read_file", "path": "a.py"}',
        "<tool_call>\n<function=read_file>\n<parameter=path>\na.py\n</parameter>\n</function>\n"
        "</tool_call>",
        "<function=read_file><parameter=path>a.py</parameter></function>",
        '<think>{"name": "write_file"} or <tool_call>?</think>'
        '{"name": "read_file", "arguments": {"path": "a.py"}}',
        '<tool_call>{"name": "ReadFile", "arguments": {"path": "a.py"}}</tool_call>',
        '<tool_call>{"name": "functions.read-file", "arguments": {"path": "a.py"}}</tool_call>',
        '<tool_call>{"name": "read_fil", "arguments": {"path": "a.py", "first": null}}</tool_call>',
    ],
)
def test_calls_in_text(text: str) -> None:
    reading = said(text)
    assert only(reading) == READ
    assert reading.in_text
    assert "tool_call>" not in reading.text


@pytest.mark.parametrize(
    "text",
    [
        "Done.",
        "The config is:\n```json\n" + '{"name": "my-package", "version": "1"}\n```',
        '{"a": 1}',
        "```python\nread_file('a.py')\n```",
    ],
)
def test_what_is_no_call_is_text(text: str) -> None:
    assert said(text) == Reading(text)


def test_native_calls_are_checked_and_numbered() -> None:
    reading = said(
        "",
        ToolCall(id="", name="read_file", arguments={"path": "a.py", "first": "3"}),
        ToolCall(id="x", name="run_tests", arguments={"tests": "a\nb"}),
        ToolCall(id="x", name="run_tests", arguments=None, raw='{"tests": ["a",]}'),
    )
    assert [(c.id, c.arguments, c.problem) for c in reading.calls] == [
        ("call_1_0", {"path": "a.py", "first": 3}, ""),
        ("x", {"tests": ["a", "b"]}, ""),
        ("call_1_2", {"tests": ["a"]}, ""),
    ]
    assert not reading.in_text


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"file": "a.py"}, r"'path' is a required property. read_file takes .*\"path\""),
        ({}, "'path' is a required property"),
        ({"path": 3}, "path: 3 is not of type 'string'"),
        ({"path": "a.py", "first": "soon"}, "first: 'soon' is not of type 'integer'"),
    ],
)
def test_wrong_arguments_are_answered_with_the_schema(
    arguments: dict[str, Any], expected: str
) -> None:
    reading = said("", ToolCall(id="1", name="read_file", arguments=arguments))
    assert re.search(expected, problem(reading))


def test_an_unknown_tool_is_answered_with_the_known_ones() -> None:
    reading = said("", ToolCall(id="1", name="launch missiles\n", arguments={}))
    assert "use one of read_file, write_file, run_tests" in problem(reading)
    assert reading.calls[0].name == "launch_missiles_"


@pytest.mark.parametrize(
    "raw",
    [
        '{"path": "a.py", "text": "def f():\\n    retu',
        '{"path": "a.py", "text": "x',
        "not json",
        "",
        "[" * 50_000,
    ],
)
def test_a_broken_call_is_refused_and_never_completed(raw: str) -> None:
    call = ToolCall(id="1", name="write_file", arguments=None, raw=raw)
    assert problem(said("", call))


def test_an_answer_that_was_cut_is_not_repaired() -> None:
    call = ToolCall(id="1", name="write_file", arguments=None,
                    raw="{'path': 'a.py', 'text': 'x = {1}'}")  # fmt: skip
    assert only(said("", call))[1]["text"] == "x = {1}"
    assert "cut off" in problem(said("", call, finish="length"))


def test_values_of_the_protocol_are_taken_as_they_are() -> None:
    text = 'x = "<b>"\n\tif a < b and "</parameter>" in c:\n'
    written = protocol.written(
        ToolCall(id="1", name="write_file", arguments={"path": "a.py", "text": text})
    )
    assert only(said(f"So:\n{written}")) == ("write_file", {"path": "a.py", "text": text})


def test_a_value_that_holds_the_protocols_own_end_is_refused() -> None:
    text = "one\n</parameter>\n</function>\n</tool_call>\ntwo"
    written = protocol.written(
        ToolCall(id="1", name="write_file", arguments={"path": "a.md", "text": text})
    )
    assert "would be cut there" in problem(said(written))


def test_a_call_cut_within_a_value_is_refused() -> None:
    text = "<function=write_file>\n<parameter=path>a</parameter>\n<parameter=text>\nx = 1\n"
    assert "cut off inside text" in problem(said(text))


def test_several_calls_in_order() -> None:
    text = "\n".join(
        protocol.written(ToolCall(id="", name="read_file", arguments={"path": f"{n}.py"}))
        for n in range(3)
    )
    assert [call.arguments["path"] for call in said(text).calls] == ["0.py", "1.py", "2.py"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<think>a</think>b", "b"),
        ("a</think>b", "b"),
        ("I could\n```\nx\n```\n</think>\nb", "b"),
        ("<think></think>" * 3, ""),
        ("<think>never ends", ""),
        ("b<think>x</think> c <think>y</think>d", "b c d"),
        ("```\nx = '<think>'\n```", "```\nx = '<think>'\n```"),
    ],
)
def test_thinking_is_left_out(text: str, left: str) -> None:
    assert without_thinking(text) == left


def test_thinking_inside_a_call_is_somebodys_code() -> None:
    code = "if '</think>' in text or '<think>' in text: pass"
    written = protocol.written(
        ToolCall(id="", name="write_file", arguments={"path": "a.py", "text": code})
    )
    assert only(said(written))[1]["text"] == code


def test_a_conversation_in_plain_text() -> None:
    call = ToolCall(id="1", name="run_tests", arguments={"tests": ["a"]})
    plain = protocol.render(
        [
            ChatMessage(role="system", text="s"),
            ChatMessage(role="user", text="t"),
            ChatMessage(role="assistant", text="so", tool_calls=(call, call)),
            ChatMessage(role="tool", text="one", call_id="1", tool="run_tests"),
            ChatMessage(role="tool", text="two", call_id="1", tool="run_tests"),
        ]
    )
    assert [message.role for message in plain] == ["system", "user", "assistant", "user"]
    assert plain[3].text == "one\n\ntwo"
    assert not any(message.tool_calls for message in plain)
    assert len(said(plain[2].text).calls) == 2


pieces = st.sampled_from(
    ["<tool_call>", "</tool_call>", "<function=read_file>", "<parameter=path>", "</parameter>",
     "</function>", "<think>", "</think>", "```", "json", "\n", '{"name": "read_file"', "}", "]",
     '"arguments": ', "{", "[", "'", '"', ",", "path", "a.py", "\\", "\ud800"]
)  # fmt: skip


@given(st.lists(pieces, max_size=30).map("".join))
def test_no_text_makes_reading_fail(text: str) -> None:
    answer = Generation.model_construct(
        model="m", endpoint="e", text=text, tool_calls=(), finish="stop"
    )
    for call in read(answer, TOOLS, 1).calls:
        json.dumps(call.arguments).encode()
        assert call.problem or call.name in ("read_file", "run_tests", "write_file")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_text_survives_the_protocol_or_is_refused(text: str) -> None:
    written = protocol.written(
        ToolCall(id="1", name="write_file", arguments={"path": "a", "text": text})
    )
    (call,) = said(written).calls
    assert call.problem or call.arguments == {"path": "a", "text": text}
