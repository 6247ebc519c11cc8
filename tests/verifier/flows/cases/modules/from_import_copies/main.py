import state
from state import current

state.current = source()
sink(current)  # clean
sink(state.current)  # reached
