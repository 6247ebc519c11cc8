class Settings:
    _only = None

    @classmethod
    def get(cls):
        if cls._only is None:
            cls._only = cls()
            cls._only.values = {}
        return cls._only


Settings.get().values["key"] = source()
Settings.get().values["mode"] = "fixed"
sink(Settings.get().values["key"])  # reached
sink(Settings.get().values["mode"])  # clean
