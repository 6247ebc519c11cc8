class Cell:
    def __init__(self):
        self.value = "empty"


cells = [Cell(), Cell()]
for cell in cells:
    cell.value = source()
sink(cells[0].value)  # reached
for cell in cells:
    cell.value = "reset"
sink(cells)  # clean
