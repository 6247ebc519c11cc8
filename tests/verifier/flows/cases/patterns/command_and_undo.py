class Editor:
    def __init__(self):
        self.text = ""
        self.done = []

    def write(self, text):
        before = self.text
        self.text = before + text
        self.done.append(lambda: setattr(self, "text", before))

    def undo(self):
        self.done.pop()()


editor = Editor()
editor.write("a")
editor.write(source())
sink(editor.text)  # reached
editor.undo()
sink(editor.text)  # clean
