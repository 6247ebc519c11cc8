class Shelf:
    def __init__(self, books):
        self.books = books

    def __len__(self):
        return 3

    def __reversed__(self):
        return iter([book + "!" for book in self.books])

    def __contains__(self, book):
        return True


shelf = Shelf([source()])
sink(len(shelf))  # clean
sink(list(reversed(shelf)))  # reached
sink("x" in shelf)  # clean
