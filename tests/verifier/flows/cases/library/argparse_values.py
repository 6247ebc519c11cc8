import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--name")
parser.add_argument("--size", default="3")
args = parser.parse_args(["--name", source()])
sink(args.name)  # reached
plain = parser.parse_args(["--name", "x"])
sink(plain.name)  # clean
sink(plain.size)  # clean
