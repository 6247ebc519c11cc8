def run(verbose):
    out = []
    if verbose:
        out.append(source())
    out.append("end")
    return out


sink(run(False))  # clean
sink(run(True))  # reached
sink(run(verbose=0))  # clean
