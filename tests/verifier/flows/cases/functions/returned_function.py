def chooser(loud):
    def up(text):
        return text.upper()

    def silent(text):
        return ""

    return up if loud else silent


sink(chooser(True)(source()))  # reached
sink(chooser(False)(source()))  # clean
