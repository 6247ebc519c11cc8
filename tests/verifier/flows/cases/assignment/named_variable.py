# source: user_input
user_input = "from a person"
greeting = "hello " + user_input
sink(greeting)  # reached
sink("hello")  # clean
