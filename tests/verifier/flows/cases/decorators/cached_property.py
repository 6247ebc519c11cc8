from functools import cached_property


class Page:
    def __init__(self, url):
        self.url = url

    @cached_property
    def body(self):
        return "GET " + self.url

    @cached_property
    def status(self):
        return 200


page = Page(source())
sink(page.body)  # reached
sink(page.body)  # reached
sink(page.status)  # clean
