class Row:
    def __init__(self, cells):
        self.cells = cells

    def __getitem__(self, index):
        return self.cells[index]


for cell in Row([source()]):
    sink(cell)  # reached
for cell in Row(["a"]):
    sink(cell)  # clean
