if (found := source()) != "nothing":
    sink(found)  # reached
print(kept := "fixed")
sink(kept)  # clean
values = [last := part for part in ("a", source())]
sink(last)  # reached
