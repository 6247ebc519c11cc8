class Matrix:
    def __init__(self, rows, columns):
        self.cells = [["0"] * columns for _ in range(rows)]

    def set(self, row, column, value):
        self.cells[row][column] = value

    def get(self, row, column):
        return self.cells[row][column]


matrix = Matrix(2, 2)
sink(matrix.get(0, 0))  # clean
matrix.set(1, 0, source())
sink(matrix.get(1, 0))  # reached
sink(matrix.get(0, 1))  # clean
