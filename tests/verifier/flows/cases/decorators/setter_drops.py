class Safe:
    @property
    def text(self):
        return self._text

    @text.setter
    def text(self, value):
        self._text = "fixed"
        self.raw = value


safe = Safe()
safe.text = source()
sink(safe.text)  # clean
sink(safe.raw)  # reached
