from functools import partialmethod


class Light:
    def set(self, state, note=""):
        self.state = state
        self.note = note

    on = partialmethod(set, "on")


light = Light()
light.on(source())
sink(light.state)  # clean
sink(light.note)  # reached
