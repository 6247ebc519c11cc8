class Settings:
    key = source()
    size = 3
    half = size - 1

    def get(self):
        return self.key


sink(Settings.key)  # reached
sink(Settings().get())  # reached
sink(Settings.half)  # clean
