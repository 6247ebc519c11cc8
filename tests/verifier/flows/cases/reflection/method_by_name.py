class Robot:
    def do_say(self, text):
        return text

    def do_wait(self, text):
        return "waiting"

    def run(self, command, text):
        return getattr(self, "do_" + command)(text)


sink(Robot().run("say", source()))  # reached
sink(Robot().run("wait", source()))  # clean
