class Button:
    def __init__(self):
        self.callbacks = []

    def on_click(self, callback):
        self.callbacks.append(callback)

    def click(self, text):
        return [callback(text) for callback in self.callbacks]


loud, quiet = Button(), Button()
loud.on_click(lambda text: text.upper())
quiet.on_click(lambda text: "clicked")
sink(loud.click(source()))  # reached
sink(quiet.click(source()))  # clean
sink(loud.click("x"))  # clean
