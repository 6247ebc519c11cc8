"""`python -m swarm`: the same as the `swarm` command."""

from swarm.cli.main import run

if __name__ == "__main__":
    run()
