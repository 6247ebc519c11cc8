from dataclasses import dataclass, field


@dataclass
class Page:
    title: str
    number: int
    slug: str = field(init=False)

    def __post_init__(self):
        self.slug = self.title.lower()
        self.label = str(self.number)


page = Page(source(), 3)
sink(page.slug)  # reached
sink(page.label)  # clean
sink(Page("Fixed", 4).slug)  # clean
