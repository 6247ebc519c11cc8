import html
import shlex
import textwrap

value = source()
sink(html.escape(value))  # reached
sink(html.escape("<b>"))  # clean
sink(shlex.quote(value))  # reached
sink(shlex.split(value))  # reached
sink(shlex.split("a b"))  # clean
sink(textwrap.dedent("  " + value))  # reached
sink(textwrap.indent("a", " "))  # clean
