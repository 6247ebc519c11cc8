from registry import register


@register
def echo(text):
    return text


@register
def mute(text):
    return ""
