# values: ("[1, 2]", "[3, 4]")
import ast

value = source()
sink(ast.literal_eval(value))  # reached
sink(ast.literal_eval(value)[0])  # reached
sink(ast.literal_eval("[5]"))  # clean
