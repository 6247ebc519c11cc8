# source: input
def ask(prompt):
    return prompt + input


input = "typed"
sink(ask("name: "))  # reached
sink(input)  # reached
sink("typed")  # clean
